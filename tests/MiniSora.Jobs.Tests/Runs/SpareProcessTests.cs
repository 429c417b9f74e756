using System.Diagnostics;
using MiniSora.Jobs.Runs;

namespace MiniSora.Jobs.Tests.Runs;

public sealed class SpareProcessTests
{
    [Fact]
    public async Task A_run_begins_in_the_process_that_is_ready_and_gives_the_same_losses()
    {
        using var cold = new RunStage("training.steps=3");
        await cold.ExecuteAsync();
        using var warm = new RunStage("training.steps=3");
        await using var processes = new SpareProcess(warm.Options, keep: true, TimeProvider.System);
        processes.Prepare();
        var spare = await ChildAsync();

        await warm.ExecuteAsync(processes);

        Assert.True(spare.HasExited);
        Assert.Equal(Losses(cold), Losses(warm));
        Assert.Equal(3, Losses(warm).Count);
        Assert.Contains("right", Assert.Single(warm.Ledger.Of(1).OfType<RunStarted>()).Arithmetic, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ready_process_that_died_costs_no_attempt()
    {
        using var stage = new RunStage("training.steps=2");
        await using var processes = new SpareProcess(stage.Options, keep: true, TimeProvider.System);
        processes.Prepare();
        var spare = await ChildAsync();
        spare.Kill();
        await spare.WaitForExitAsync();

        await stage.ExecuteAsync(processes);

        Assert.Equal("completed", Assert.Single(stage.Ledger.Of(1).OfType<RunFinished>()).Reason);
        Assert.Equal(0, stage.Ledger.Ends.Single().End.ExitCode);
    }

    [Fact]
    public async Task A_ready_process_leaves_with_its_parent()
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "minisora"), ["execute", "--wait"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var waiting = Process.Start(start)!;

        waiting.StandardInput.Close();

        await waiting.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(0, waiting.ExitCode);
    }

    private static List<double> Losses(RunStage stage) =>
        [.. stage.Ledger.Of(1).OfType<RunStep>().SelectMany(step => step.Points).Where(point => point.Name == "loss").Select(point => point.Value)];

    /// <summary>The process of this one that waits for a run.</summary>
    private static async Task<Process> ChildAsync()
    {
        for (var look = 0; look < 100; look++)
        {
            if (RunJobTests.ChildOf(Environment.ProcessId, "--wait") is > 0 and var id)
                return Process.GetProcessById(id);
            await Task.Delay(50);
        }

        throw new InvalidOperationException("No process waits.");
    }
}
