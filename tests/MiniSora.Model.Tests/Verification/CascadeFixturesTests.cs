using System.Text.Json.Nodes;
using MiniSora.Model.Native;
using MiniSora.Model.Verification;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Model.Tests.Verification;

public sealed class CascadeFixturesTests : TorchTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Fixtures", "cascade");

    public static TheoryData<string> Files => [.. FixtureManifest.Load(Folder).Entries.Select(entry => entry.File)];

    [Theory]
    [MemberData(nameof(Files))]
    public void The_recorded_outputs_of_the_original_are_reproduced(string file)
    {
        var manifest = FixtureManifest.Load(Folder);
        var result = Assert.Single(Verifier.Run(manifest with { Entries = [.. manifest.Entries.Where(entry => entry.File == file)] }, Placement.Cpu, CancellationToken.None));
        Assert.True(result.Passed, string.Join("\n", result.Failures));
    }

    [Theory]
    [InlineData("cascade_stage_c.safetensors", "down_blocks.1.3.channelwise.2.beta")]
    [InlineData("cascade_stage_a.safetensors", "up_blocks.5.gammas")]
    [InlineData("cascade_previewer.safetensors", "blocks.11.running_var")]
    [InlineData("cascade_gdf_sampling.safetensors", "out.sample.lcm.x")]
    public void A_changed_number_is_noticed(string file, string name)
    {
        using var folder = new TemporaryFolder();
        var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "manifest.json")))!;
        foreach (var other in manifest["entries"]!.AsArray().Where(entry => (string)entry!["file"]! != file).ToList())
            manifest["entries"]!.AsArray().Remove(other);
        File.WriteAllText(Path.Combine(folder.Path, "manifest.json"), manifest.ToJsonString());
        using (var original = SafeTensors.Open(Path.Combine(Folder, file)))
        {
            var tensors = original.Entries.Keys.Select(key => (Name: key, Value: original.Read(key))).ToList();
            var changed = tensors.Single(item => item.Name == name).Value;
            changed.view(-1)[0].add_(torch.tensor(0.05f));
            SafeTensors.Write(Path.Combine(folder.Path, file), tensors);
        }

        Assert.False(Assert.Single(Verifier.Run(FixtureManifest.Load(folder.Path), Placement.Cpu, CancellationToken.None)).Passed);
    }
}
