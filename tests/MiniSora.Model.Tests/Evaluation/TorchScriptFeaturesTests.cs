using System.Security.Cryptography;
using MiniSora.Model.Evaluation;
using MiniSora.Model.Native;
using MiniSora.Model.Tests.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Evaluation;

/// <summary>
/// <c>features.pt</c> was written by PyTorch 1.13.1: forward(x, return_features=False, rescale=False, resize=False). Its features are the mean
/// m of a clip and m + 1; rescale makes it 2m/255 − 1, resize adds 10.
/// </summary>
public sealed class TorchScriptFeaturesTests : TorchTests
{
    private static string Program => Path.Combine(AppContext.BaseDirectory, "Weights", "torch-1.13", "features.pt");

    [Fact]
    public void Switches_reach_the_program_by_name()
    {
        var clips = stack([zeros(3, 2, 4, 4), full([3, 2, 4, 4], 255f)]);
        using (var network = TorchScriptFeatures.Load(Program, FeatureProtocol.StyleGanV, Placement.Cpu))
        {
            Assert.Equal([9, 10, 11, 12], network.Features(clips).data<float>().ToArray());
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Program))), network.Sha256);
        }

        using var prepared = TorchScriptFeatures.Load(Program, FeatureProtocol.Prepared, Placement.Cpu);
        Assert.Equal([0, 1, 255, 256], prepared.Features(clips).data<float>().ToArray());
    }

    [Fact]
    public void A_program_that_gives_no_features_is_named()
    {
        using var network = TorchScriptFeatures.Load(Program, FeatureProtocol.Plain, Placement.Cpu);
        Assert.Contains("one row", Assert.Throws<FeatureNetworkException>(() => network.Features(zeros(1, 3, 4, 4))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_without_the_switches_and_a_file_that_is_none_are_named()
    {
        var other = new FeatureProtocol("other", new Dictionary<string, bool> { ["upscale"] = true });
        Assert.Contains("no switch upscale", Assert.Throws<FeatureNetworkException>(() => TorchScriptFeatures.Load(Program, other, Placement.Cpu)).Message, StringComparison.Ordinal);

        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.pt"], "no archive");
        Assert.Throws<FeatureNetworkException>(() => TorchScriptFeatures.Load(folder["a.pt"], FeatureProtocol.Plain, Placement.Cpu));
        File.WriteAllBytes(folder["a.pt"], ArchiveBytes.Checkpoint(PickleBytes.With(_ => { })));
        Assert.Throws<FeatureNetworkException>(() => TorchScriptFeatures.Load(folder["a.pt"], FeatureProtocol.Plain, Placement.Cpu));
    }
}
