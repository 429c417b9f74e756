using System.Text.Json;
using MiniSora.Model.Native;
using MiniSora.Model.Verification;

namespace MiniSora.Model.Tests.Verification;

/// <summary>Outputs of the original DiT and Latte on random weights, recomputed.</summary>
public sealed class NetworkFixturesTests : TorchTests
{
    [Theory]
    [InlineData("dit")]
    [InlineData("latte")]
    public void Every_recorded_output_is_reproduced(string family)
    {
        var manifest = FixtureManifest.Load(Folder(family));
        var results = Verifier.Run(manifest, Placement.Cpu, CancellationToken.None).ToList();
        Assert.Equal(manifest.Entries.Count, results.Count);
        Assert.All(results, result => Assert.True(result.Passed, $"{result.File}: {string.Join("; ", result.Failures)}"));
    }

    [Theory]
    [InlineData("dit", "out.forward")]
    [InlineData("dit", "blocks.1.mlp.fc2.weight")]
    [InlineData("dit", "grad.blocks.0.attn.qkv.weight")]
    [InlineData("latte", "out.forward")]
    [InlineData("latte", "temp_embed")]
    public void A_changed_number_fails(string family, string tensor)
    {
        using var folder = new TemporaryFolder();
        var manifest = FixtureManifest.Load(Folder(family));
        var entry = manifest.Entries.Single(entry => entry.File.Contains("train_grads", StringComparison.Ordinal));
        var bytes = File.ReadAllBytes(Path.Combine(manifest.Folder, entry.File));
        var header = (int)BitConverter.ToInt64(bytes, 0);
        using var names = JsonDocument.Parse(bytes.AsMemory(8, header));
        var start = 8 + header + names.RootElement.GetProperty(tensor).GetProperty("data_offsets")[0].GetInt32();
        BitConverter.GetBytes(BitConverter.ToSingle(bytes, start) + 1).CopyTo(bytes, start);
        File.WriteAllBytes(folder[entry.File], bytes);
        var result = Assert.Single(Verifier.Run(manifest with { Folder = folder.Path, Entries = [entry] }, Placement.Cpu, CancellationToken.None));
        Assert.False(result.Passed);
    }

    private static string Folder(string family) => Path.Combine(AppContext.BaseDirectory, "Fixtures", family);
}
