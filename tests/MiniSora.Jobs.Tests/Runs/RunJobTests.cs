using System.Diagnostics;
using MiniSora.Jobs.Runs;

namespace MiniSora.Jobs.Tests.Runs;

public sealed class RunJobTests
{
    private const string Endless = "training.steps=1000000";

    [Fact]
    public async Task While_files_cannot_be_stored_the_run_works_on_and_loses_nothing()
    {
        using var stage = new RunStage("training.steps=3");
        var started = Task.Run(async () =>
        {
            await stage.Ledger.SeenAsync<RunStarted>();
            // Longer than a busy database is waited for.
            stage.Ledger.AwaysToCome = 7;
        });

        await stage.ExecuteAsync();

        await started;
        var events = stage.Ledger.Of(1);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(next => next.Seq));
        Assert.Equal("completed", Assert.IsType<RunFinished>(events[^1]).Reason);
        Assert.True(stage.Ledger.AwaysToCome < 0);
    }

    [Fact]
    public async Task A_run_whose_files_cannot_be_fetched_now_is_claimed_later()
    {
        using var stage = new RunStage("training.steps=1");
        (stage.Ledger.AwaysToCome, stage.Ledger.Over) = (2, true);

        await stage.ExecuteAsync();

        Assert.Equal(-1, stage.Ledger.AwaysToCome);
        Assert.Empty(stage.Ledger.Ends);
    }

    [Fact]
    public async Task A_run_trains_in_its_child_and_reports_without_a_gap()
    {
        using var stage = new RunStage("training.steps=6", "training.checkpoint_steps=2", "preview.prompts=['a small red circle moves left']");
        // A database that is busy for a moment costs nothing.
        stage.Ledger.FailuresToCome = 2;

        await stage.ExecuteAsync();

        var events = stage.Ledger.Of(1);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(next => next.Seq));
        Assert.Equal(6, Assert.Single(events.OfType<RunStarted>()).TotalSteps);
        Assert.Equal(("completed", 6), (Assert.IsType<RunFinished>(events[^1]).Reason, (int)((RunFinished)events[^1]).Step));
        Assert.Equal(Enumerable.Range(1, 6).Select(step => (long)step), events.OfType<RunStep>().SelectMany(step => step.Points).Where(point => point.Name == "loss").Select(point => point.Step));
        Assert.Equal((1, 0, false), (stage.Ledger.Ends.Single().Attempt, stage.Ledger.Ends.Single().End.ExitCode, stage.Ledger.Ends.Single().End.Cancelled));
        Assert.Equal(["step-00000006.safetensors", "step-00000004.safetensors"], stage.Checkpoints.Select(Path.GetFileName));
        var artifacts = events.OfType<RunArtifact>().ToList();
        Assert.Equal(3, artifacts.Count(artifact => artifact.Kind == "checkpoint"));
        Assert.Contains(artifacts, artifact => artifact is { Kind: "preview", Step: 6, Prompt: "a small red circle moves left" });
        foreach (var artifact in artifacts.Where(artifact => File.Exists(Path.Combine(stage.Run.Root, artifact.Path))))
            Assert.Equal(artifact.Sha256, FileHash.Sha256(Path.Combine(stage.Run.Root, artifact.Path)));
    }

    [Fact]
    public async Task A_cancelled_run_is_gone_within_two_seconds_and_keeps_nothing_new()
    {
        using var stage = new RunStage(Endless, "training.checkpoint_steps=1000000");
        var job = stage.ExecuteAsync();
        await stage.Ledger.SeenAsync<RunStep>();
        var clock = Stopwatch.StartNew();

        stage.Ledger.Ask(StopRequest.Cancel);
        await job;

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"it took {clock.Elapsed}");
        Assert.True(stage.Ledger.Ends.Single().End.Cancelled);
        Assert.Empty(stage.Ledger.Of(1).OfType<RunFinished>());
        Assert.Empty(stage.Checkpoints);
    }

    [Fact]
    public async Task A_stopped_run_keeps_a_checkpoint_and_ends_well()
    {
        using var stage = new RunStage(Endless, "training.checkpoint_steps=1000000");
        var job = stage.ExecuteAsync();
        await stage.Ledger.SeenAsync<RunStep>();

        stage.Ledger.Ask(StopRequest.StopAndKeep);
        await job;

        var finished = Assert.Single(stage.Ledger.Of(1).OfType<RunFinished>());
        Assert.Equal("stopped", finished.Reason);
        Assert.Equal(new CheckpointShelf(stage.Run.Checkpoints).PathOf(finished.Step), Assert.Single(stage.Checkpoints));
    }

    [Fact]
    public async Task A_shutdown_interrupts_the_run_and_the_next_attempt_goes_on_from_its_checkpoint()
    {
        using var stage = new RunStage(Endless, "training.checkpoint_steps=1000000");
        using var shutdown = new CancellationTokenSource();
        var job = stage.ExecuteAsync(shutdown.Token);
        await stage.Ledger.SeenAsync<RunStep>();

        await shutdown.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => job);
        var left = Assert.Single(stage.Ledger.Of(1).OfType<RunFinished>());
        Assert.Equal("interrupted", left.Reason);

        stage.Ledger.Ask(StopRequest.StopAndKeep);
        await stage.ExecuteAsync();

        Assert.Equal(left.Step, Assert.Single(stage.Ledger.Of(2).OfType<RunStarted>()).ResumedFromStep);
    }

    [Fact]
    public async Task A_killed_child_costs_one_attempt_and_a_damaged_checkpoint_one_interval()
    {
        using var stage = new RunStage(Endless, "training.checkpoint_steps=3");
        var job = stage.ExecuteAsync();
        while (stage.Checkpoints.Count < 2)
            await Task.Delay(50);

        Assert.NotEqual(0, ChildOf(Environment.ProcessId, stage.Run.Root));
        Process.GetProcessById(ChildOf(Environment.ProcessId, stage.Run.Root)).Kill();
        await job;

        Assert.Equal(137, stage.Ledger.Ends.Single().End.ExitCode);
        var kept = stage.Checkpoints;
        using (var file = File.OpenWrite(kept[0]))
            file.SetLength(file.Length / 2);

        stage.Ledger.Ask(StopRequest.StopAndKeep);
        await stage.ExecuteAsync();

        var events = stage.Ledger.Of(2);
        Assert.Contains(events.OfType<RunLog>(), log => log.Level == "warning" && log.Text.Contains("set aside", StringComparison.Ordinal));
        Assert.Equal(kept[1], new CheckpointShelf(stage.Run.Checkpoints).PathOf(Assert.Single(events.OfType<RunStarted>()).ResumedFromStep));
        Assert.True(File.Exists(kept[0] + ".damaged"));
    }

    [Fact]
    public async Task An_overtaken_attempt_stops_its_child()
    {
        using var stage = new RunStage(Endless);
        var job = stage.ExecuteAsync();
        await stage.Ledger.SeenAsync<RunStarted>();

        stage.Ledger.Overtaken = true;
        await job;

        Assert.Equal(0, ChildOf(Environment.ProcessId, stage.Run.Root));
    }

    [Fact]
    public async Task A_killed_and_resumed_run_ends_with_the_same_bytes_as_an_undisturbed_one()
    {
        string[] changes = ["training.steps=400", "training.checkpoint_steps=20"];
        using var undisturbed = new RunStage(changes);
        await undisturbed.ExecuteAsync();

        using var killed = new RunStage(changes);
        var first = killed.ExecuteAsync();
        while (!Directory.Exists(killed.Run.Checkpoints) || killed.Checkpoints.Count == 0)
        {
            Assert.False(first.IsCompleted, "it ended before it could be killed");
            await Task.Delay(20);
        }

        Process.GetProcessById(ChildOf(Environment.ProcessId, killed.Run.Root)).Kill();
        await first;
        await killed.ExecuteAsync();

        Assert.InRange(Assert.Single(killed.Ledger.Of(2).OfType<RunStarted>()).ResumedFromStep, 20, 380);
        // Every tensor (weights, both averages, both moments, codec) and all that the header says.
        Assert.Equal(File.ReadAllBytes(undisturbed.Checkpoints[0]), File.ReadAllBytes(killed.Checkpoints[0]));
    }

    [Fact]
    public async Task A_run_that_is_over_or_held_is_left_alone()
    {
        using var stage = new RunStage();
        stage.Ledger.Over = true;

        await stage.ExecuteAsync();

        Assert.Empty(stage.Ledger.Ends);
        Assert.False(Directory.Exists(stage.Run.Root));
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_a_failure_with_a_reason()
    {
        using var stage = new RunStage();
        stage.Options.Executable = "/nowhere/minisora";

        await stage.ExecuteAsync();

        Assert.Contains("/nowhere/minisora", Assert.IsType<RunFailed>(Assert.Single(stage.Ledger.Of(1))).Message, StringComparison.Ordinal);
        Assert.Equal(127, stage.Ledger.Ends.Single().End.ExitCode);
    }

    [Fact]
    public async Task A_dataset_that_is_not_prepared_is_named()
    {
        using var stage = new RunStage("data.dataset=emoji");

        await stage.ExecuteAsync();

        var failed = Assert.Single(stage.Ledger.Of(1).OfType<RunFailed>());
        Assert.Equal(("dataset_missing", "emoji"), (failed.Code, failed.Arguments["dataset"]));
        Assert.Equal(1, stage.Ledger.Ends.Single().End.ExitCode);
    }

    /// <summary>Id of the run process of a folder that this process started, or 0.</summary>
    internal static int ChildOf(int parent, string folder)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)))
        {
            try
            {
                var status = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("PPid:", StringComparison.Ordinal));
                if (status.EndsWith($"\t{parent}", StringComparison.Ordinal) && File.ReadAllText($"/proc/{process}/cmdline").Contains(folder, StringComparison.Ordinal))
                    return int.Parse(process!, System.Globalization.CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // It ended while we looked.
            }
        }

        return 0;
    }
}
