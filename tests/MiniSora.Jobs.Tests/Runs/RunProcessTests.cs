using System.Diagnostics;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Tests;

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

    [Fact]
    public async Task An_event_that_arrives_broken_is_asked_for_again_and_all_come_in_order()
    {
        using var folder = new TemporaryFolder();
        var run = new RunFolder(folder.Combine("run"));
        run.Prepare("kind: training\n", new Dictionary<string, string>());
        string Line(long seq) => RunEventJson.Write(new RunPhase("phase.train", seq / 10.0) { Seq = seq });
        var program = folder.Combine("child.sh");
        // The second line is cut by a stray one. The answer to "repeat 2" starts with what the parent has not got.
        await File.WriteAllTextAsync(program, $$"""
            #!/bin/bash
            echo '{{Line(1)}}'
            echo '{"broken": stray words'
            echo '{{Line(3)}}'
            read -r asked
            [ "$asked" = "repeat 2" ] || exit 9
            echo '{{Line(2)}}'
            echo '{{Line(3)}}'
            echo '{{Line(4)}}'
            """);
        await RunAsync("chmod", "+x", program);
        await using var process = RunProcess.Start(run, 1, new RunProcessOptions { Executable = program, Threads = 1 }, TimeProvider.System);

        Assert.Equal(0, await process.Ended.WaitAsync(TimeSpan.FromSeconds(20)));

        Assert.Equal([1L, 2, 3, 4], (await process.Events.ReadAllAsync().ToListAsync()).Select(happened => happened.Seq));
    }

    [Fact]
    public void The_child_says_again_what_it_is_asked_for()
    {
        using var folder = new TemporaryFolder();
        using var output = new MemoryStream();
        using var writer = new RunEventWriter(output, folder.Combine("log.txt"), TimeProvider.System, () => { });
        for (var i = 0; i < 5; i++)
            writer.Report(new RunPhase("phase.train", i / 10.0));
        var first = output.Length;

        writer.Repeat(4);

        var again = System.Text.Encoding.UTF8.GetString(output.ToArray()[(int)first..]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([4L, 5], again.Select(line => RunEventJson.Read(line).Seq));
    }

    [Fact]
    public async Task Nothing_but_events_can_reach_the_pipe_of_events()
    {
        using var stage = new RunStage("training.steps=1000000", "training.checkpoint_steps=1000000");
        var job = stage.ExecuteAsync();
        await stage.Ledger.SeenAsync<RunStarted>();
        var child = RunJobTests.ChildOf(Environment.ProcessId, stage.Run.Root);

        // Native code writes to descriptor 1 without asking .NET: there lies standard error.
        var (one, two) = (File.ResolveLinkTarget($"/proc/{child}/fd/1", false)!.Name, File.ResolveLinkTarget($"/proc/{child}/fd/2", false)!.Name);
        stage.Ledger.Ask(StopRequest.Cancel);
        await job;

        Assert.Equal(two, one);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
