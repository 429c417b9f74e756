using System.Diagnostics;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Tests.Runs;

public sealed class RunProcessTests
{
    [Fact]
    public async Task The_child_of_a_parent_that_was_killed_writes_a_checkpoint_and_leaves()
    {
        using var folder = new TemporaryFolder();
        var run = new RunFolder(folder.Combine("run"));
        // The train command is such a parent.
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "minisora")) { RedirectStandardError = true };
        foreach (var argument in (string[])["train", "smoke", "--out", run.Root, "--data", folder.Combine("data"), "--lang", "en", "--set", "training.steps=1000000", "--set", "preview.prompts=[]", "--set", "training.checkpoint_steps=1000000"])
            start.ArgumentList.Add(argument);
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var parent = Process.Start(start)!;
        while (await parent.StandardError.ReadLineAsync() is { } line && !line.StartsWith("step ", StringComparison.Ordinal))
            Assert.False(parent.HasExited, line);
        using var child = Process.GetProcessById(RunJobTests.ChildOf(parent.Id, run.Root));

        parent.Kill();
        await child.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(25));

        Assert.NotNull(CheckpointShelf.Find(run.Root));
    }

    [RootFact]
    public async Task A_full_disk_keeps_the_checkpoints_of_before_and_says_so()
    {
        using var stage = new RunStage("training.steps=100", "training.checkpoint_steps=2");
        Directory.CreateDirectory(stage.Run.Root);
        // Room for two checkpoints of this size, and not for the third that is written before the first is deleted.
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=2500k", "tmpfs", stage.Run.Root);
        try
        {
            await stage.ExecuteAsync();

            Assert.Equal("disk_full", Assert.Single(stage.Ledger.Of(1).OfType<RunFailed>()).Code);
            Assert.NotEmpty(stage.Checkpoints);
            // What was there before is intact: a new attempt continues from it once there is room.
            await RunAsync("mount", "-o", "remount,size=100m", stage.Run.Root);
            stage.Ledger.Ask(StopRequest.StopAndKeep);
            var newest = stage.Checkpoints[0];
            await stage.ExecuteAsync();
            Assert.Equal(newest, new CheckpointShelf(stage.Run.Checkpoints).PathOf(Assert.Single(stage.Ledger.Of(2).OfType<RunStarted>()).ResumedFromStep));
        }
        finally
        {
            await RunAsync("umount", stage.Run.Root);
        }
    }

    [Fact]
    public async Task A_spec_that_cannot_run_is_refused_by_the_child_as_well()
    {
        using var folder = new TemporaryFolder();
        var run = new RunFolder(folder.Combine("run"));
        run.Prepare("kind: training\nseeed: 1\n", new Dictionary<string, string>());
        await using var process = RunProcess.Start(run, 1, new RunProcessOptions { Threads = 1 }, TimeProvider.System);

        Assert.Equal(1, await process.Ended);

        var failed = Assert.IsType<RunFailed>((await process.Events.ReadAllAsync().ToListAsync())[^1]);
        Assert.Equal("spec_invalid", failed.Code);
        Assert.Contains("seeed", SpecTexts.Failure(failed.Code, failed.Arguments), StringComparison.Ordinal);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}

/// <summary>Needs to mount a small file system: only root may.</summary>
internal sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess)
            Skip = "only root can mount the small file system of this test";
    }
}
