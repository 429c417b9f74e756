using MiniSora.Model.Native;
using MiniSora.Model.Verification;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Model.Tests.Verification;

public sealed class T5FixturesTests : TorchTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Fixtures", "t5");

    public static TheoryData<string> Files => [.. FixtureManifest.Load(Folder).Entries.Select(entry => entry.File)];

    private static FixtureResult Verify(string folder, string file)
    {
        var manifest = FixtureManifest.Load(Folder);
        var entry = manifest.Entries.Single(entry => entry.File == file);
        return Verifier.Run(new FixtureManifest(folder, [entry]), Placement.Cpu, CancellationToken.None).Single();
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_originals_numbers_are_reproduced(string file) => Assert.Empty(Verify(Folder, file).Failures);

    [Theory]
    [InlineData("t5_relu_v10.safetensors", "encoder.final_layer_norm.weight")]
    [InlineData("t5_gated_gelu.safetensors", "out.last_hidden_state")]
    [InlineData("t5_parts.safetensors", "ff_gated.wi_1.weight")]
    [InlineData("t5_bucket_table.safetensors", "out.causal")]
    public void A_changed_number_is_noticed(string file, string name)
    {
        using var copy = new TemporaryFolder();
        using (var original = SafeTensors.Open(Path.Combine(Folder, file)))
        {
            var tensors = original.ReadAll("");
            tensors[name].flatten()[0].add_(1);
            SafeTensors.Write(copy[file], tensors.Select(item => (item.Key, item.Value)));
        }

        Assert.NotEmpty(Verify(copy.Path, file).Failures);
    }
}
