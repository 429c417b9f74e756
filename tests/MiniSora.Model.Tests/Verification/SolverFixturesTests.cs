using System.Text.Json;
using MiniSora.Model.Native;
using MiniSora.Model.Verification;

namespace MiniSora.Model.Tests.Verification;

public sealed class SolverFixturesTests : TorchTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Fixtures", "solver");

    private static readonly Placement Cpu = Placement.Cpu;

    public static TheoryData<string> Files => [.. FixtureManifest.Load(Folder).Entries.Select(entry => entry.File)];

    private static FixtureResult Verify(FixtureManifest manifest) => Verifier.Run(manifest, Cpu, CancellationToken.None).Single();

    private static FixtureManifest Only(string file, Func<string, string>? change = null)
    {
        var manifest = FixtureManifest.Load(Folder);
        var entry = manifest.Entries.Single(entry => entry.File == file);
        if (change is not null)
            entry = entry with { Config = JsonDocument.Parse(change(entry.Config.GetRawText())).RootElement };
        return manifest with { Entries = [entry] };
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_recorded_output_is_reproduced(string file) => Assert.Empty(Verify(Only(file)).Failures);

    [Fact]
    public void Another_option_than_recorded_is_noticed() =>
        Assert.Contains(Verify(Only("solver_unipc.safetensors", config => config.Replace("bh1", "bh2", StringComparison.Ordinal))).Failures, reason => reason.Contains("out.2.samples", StringComparison.Ordinal));

    [Theory]
    [InlineData("\"eta\": 0.3", "\"etta\": 0.3", "etta")]
    [InlineData("\"set_alpha_to_one\"", "\"set_beta_to_one\"", "set_beta_to_one")]
    [InlineData("\"v_prediction\"", "\"w_prediction\"", "w_prediction")]
    [InlineData("\"DDIMScheduler\"", "\"DDISScheduler\"", "DDISScheduler")]
    public void What_is_unknown_is_named(string known, string unknown, string name)
    {
        var change = Only("solver_ddim.safetensors", config =>
        {
            Assert.Contains(known, config, StringComparison.Ordinal);
            return config.Replace(known, unknown, StringComparison.Ordinal);
        });
        Assert.Contains(Verify(change).Failures, reason => reason.Contains(name, StringComparison.Ordinal));
    }
}
