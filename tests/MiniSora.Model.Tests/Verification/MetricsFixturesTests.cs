using MiniSora.Model.Native;
using MiniSora.Model.Verification;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Model.Tests.Verification;

public sealed class MetricsFixturesTests : TorchTests
{
    private static string Recorded => Path.Combine(AppContext.BaseDirectory, "Fixtures", "metrics");

    [Fact]
    public void Every_recorded_output_is_reproduced()
    {
        var results = Verifier.Run(FixtureManifest.Load(Recorded), Placement.Cpu, CancellationToken.None).ToList();
        Assert.Equal(5, results.Count);
        Assert.All(results, result => Assert.Empty(result.Failures));
    }

    [Fact]
    public void A_changed_output_fails()
    {
        using var folder = new TemporaryFolder();
        foreach (var path in Directory.GetFiles(Recorded)) File.Copy(path, folder[Path.GetFileName(path)]);
        foreach (var entry in FixtureManifest.Load(Recorded).Entries)
        {
            using var file = SafeTensors.Open(Path.Combine(Recorded, entry.File));
            var changed = file.Entries.Keys.First(name => name.StartsWith("out.", StringComparison.Ordinal));
            SafeTensors.Write(folder[entry.File], file.Entries.Keys.Select(name => (name, name == changed ? file.Read(name) * 1.01 + 0.02 : file.Read(name))).ToList());
        }

        Assert.All(Verifier.Run(FixtureManifest.Load(folder.Path), Placement.Cpu, CancellationToken.None), result => Assert.False(result.Passed));
    }
}
