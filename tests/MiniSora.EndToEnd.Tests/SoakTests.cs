using System.Diagnostics;

namespace MiniSora.EndToEnd.Tests;

/// <summary>The soak's programs in short: what operators run for ten minutes holds for one, and the oracle is not blind.</summary>
public sealed class SoakTests
{
    [Fact]
    public async Task Runs_end_once_with_the_undisturbed_curve_however_often_processes_are_killed()
    {
        var (code, output) = await SoakAsync("chaos", "--workers", "0", "--minutes", "0.7", "--runs", "2", "--steps", "400", "--least-pause", "4", "--most-pause", "9");

        Assert.True(code == 0, output);
        Assert.Contains("killed: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_oracle_fires_on_a_seeded_bug()
    {
        var (code, output) = await SoakAsync("chaos", "--workers", "0", "--minutes", "0.1", "--runs", "1", "--steps", "40", "--least-pause", "3", "--most-pause", "3", "--seeded-bug");

        Assert.Equal(1, code);
        Assert.Contains("state Succeeded became Running", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> SoakAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = Repository.Root, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(Repository.Root, "artifacts", "bin", "MiniSora.Soak", "release", "MiniSora.Soak.dll"));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var text = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(9));
        return (process.ExitCode, string.Concat(await text));
    }
}
