using MiniSora.Jobs.Runs;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Runs;

public class RunLedgerTests
{
    [Fact]
    public async Task A_run_can_be_claimed_once()
    {
        await using var backend = await Backend.StartAsync();
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        Assert.Equal(1, grant.Attempt);
        Assert.Null(await backend.Ledger.ClaimAsync(id, "other", CancellationToken.None));
    }

    [Fact]
    public async Task Reports_of_an_older_attempt_bounce()
    {
        await using var backend = await Backend.StartAsync();
        var (id, old) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        await backend.EndAsync(old, exitCode: 137);
        var grant = Assert.IsType<RunGrant>(await backend.Ledger.ClaimAsync(id, "test", CancellationToken.None));
        Assert.Equal(2, grant.Attempt);
        Assert.Equal(ReportOutcome.Stale, await backend.ReportAsync(old, Backend.Step(1, 1, 9)));
        Assert.Equal(ReportOutcome.Stale, await backend.Ledger.HeartbeatAsync(id, 1, CancellationToken.None));
        Assert.Equal(ReportOutcome.Accepted, await backend.ReportAsync(grant, Backend.Step(1, 1, 2)));
    }

    [Fact]
    public async Task A_report_sent_twice_is_stored_once()
    {
        await using var backend = await Backend.StartAsync();
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        var line = new RunLog("info", "hello") { Seq = 1 };
        await backend.ReportAsync(grant, line);
        await backend.ReportAsync(grant, line, new RunLog("info", "again") { Seq = 2 });
        var details = await backend.Runs.GetAsync(id, Web.Account.Viewer.Visitor, CancellationToken.None);
        Assert.Equal(["hello", "again"], details!.Log.Select(l => l.Text));
    }

    [Fact]
    public async Task A_restarted_portal_queues_what_was_running_and_the_next_attempt_goes_on()
    {
        var root = Directory.CreateTempSubdirectory("minisora-web-").FullName;
        Guid id;
        await using (var first = await Backend.StartAsync(root))
            (id, _) = await first.RunningAsync(await first.MemberAsync("mei"));
        await using (var second = await Backend.StartAsync(root))
        {
            var run = await second.RunAsync(id);
            Assert.Equal((RunState.Queued, 0), (run.State, run.LostInARow));
            Assert.Equal(2, (await second.Ledger.ClaimAsync(id, "test", CancellationToken.None))!.Attempt);
        }

        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task A_run_that_finished_before_the_portal_died_is_not_done_again()
    {
        var root = Directory.CreateTempSubdirectory("minisora-web-").FullName;
        Guid id;
        await using (var first = await Backend.StartAsync(root))
        {
            (id, var grant) = await first.RunningAsync(await first.MemberAsync("mei"));
            await first.ReportAsync(grant, new RunFinished("completed", 10, 1, 1, 1) { Seq = 1 });
        }

        await using (var second = await Backend.StartAsync(root))
            Assert.Equal(RunState.Succeeded, (await second.RunAsync(id)).State);
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task A_process_lost_too_often_without_a_checkpoint_fails_the_run()
    {
        await using var backend = await Backend.StartAsync();
        var id = await backend.SubmitAsync(await backend.MemberAsync("mei"));
        for (var i = 1; i <= RunLedger.MostLosses; i++)
        {
            var grant = await backend.Ledger.ClaimAsync(id, "test", CancellationToken.None);
            Assert.NotNull(grant);
            await backend.EndAsync(grant, exitCode: 137);
        }

        var run = await backend.RunAsync(id);
        Assert.Equal((RunState.Failed, "process_lost"), (run.State, run.FailureCode));
    }

    [Fact]
    public async Task A_process_that_the_system_killed_for_want_of_memory_is_not_tried_again()
    {
        await using var backend = await Backend.StartAsync();
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        await backend.Ledger.EndAsync(id, grant.Attempt, new(137, "", false, OutOfMemory: true), CancellationToken.None);
        var run = await backend.RunAsync(id);
        Assert.Equal((RunState.Failed, "out_of_memory"), (run.State, run.FailureCode));
    }

    [Fact]
    public async Task A_new_checkpoint_forgives_earlier_losses()
    {
        await using var backend = await Backend.StartAsync();
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        await backend.EndAsync(grant, exitCode: 137);
        grant = (await backend.Ledger.ClaimAsync(id, "test", CancellationToken.None))!;
        await backend.ReportAsync(grant, await backend.FileAsync(grant, 1, "checkpoint", "step-1.safetensors", [1], step: 1));
        Assert.Equal(0, (await backend.RunAsync(id)).LostInARow);
    }

    [Fact]
    public async Task A_silent_attempt_is_taken_back()
    {
        await using var backend = await Backend.StartAsync();
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        backend.Clock.Advance(RunLedger.Silence - TimeSpan.FromSeconds(1));
        Assert.Equal(0, await backend.Ledger.ReapAsync(backend.Clock.GetUtcNow(), CancellationToken.None));
        backend.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, await backend.Ledger.ReapAsync(backend.Clock.GetUtcNow(), CancellationToken.None));
        Assert.Equal(RunState.Queued, (await backend.RunAsync(id)).State);
        Assert.Equal(StopRequest.Cancel, await backend.Ledger.WaitForStopAsync(id, grant.Attempt, CancellationToken.None));
    }

    [Theory]
    [InlineData("completed", RunState.Succeeded)]
    [InlineData("stopped", RunState.Succeeded)]
    [InlineData("interrupted", RunState.Queued)]
    public async Task What_the_process_said_decides_the_state(string reason, RunState expected)
    {
        await using var backend = await Backend.StartAsync();
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        await backend.ReportAsync(grant, new RunFinished(reason, 10, 3, 4, 5) { Seq = 1 });
        await backend.EndAsync(grant);
        Assert.Equal(expected, (await backend.RunAsync(id)).State);
    }

    [Fact]
    public async Task A_failure_keeps_its_code_and_arguments()
    {
        await using var backend = await Backend.StartAsync();
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        await backend.ReportAsync(grant, new RunFailed("disk_full", "No room.", new Dictionary<string, string> { ["folder"] = "/x" }) { Seq = 1 });
        await backend.EndAsync(grant, exitCode: 1);
        var details = await backend.Runs.GetAsync(id, Web.Account.Viewer.Visitor, CancellationToken.None);
        Assert.Equal((RunState.Failed, "disk_full", "/x"), (details!.Summary.State, details.Summary.FailureCode, details.FailureArguments["folder"]));
    }

    [Fact]
    public async Task A_file_that_is_not_what_its_report_says_is_not_taken()
    {
        await using var backend = await Backend.StartAsync();
        var (_, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        var honest = await backend.FileAsync(grant, 1, "video", "a.mp4", [1, 2, 3]);
        await Assert.ThrowsAsync<Web.Artifacts.ArtifactMismatchException>(() => backend.ReportAsync(grant, honest with { Sha256 = new('0', 64) }));
        await Assert.ThrowsAsync<InvalidOperationException>(() => backend.ReportAsync(grant, honest with { Path = "../../portal.db" }));
    }

    [Fact]
    public async Task A_file_made_again_by_a_later_attempt_is_listed_once()
    {
        await using var backend = await Backend.StartAsync();
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        await backend.ReportAsync(grant, await backend.FileAsync(grant, 1, "video", "a.mp4", [1]));
        await backend.EndAsync(grant, exitCode: 137);
        grant = (await backend.Ledger.ClaimAsync(id, "test", CancellationToken.None))!;
        await backend.ReportAsync(grant, await backend.FileAsync(grant, 1, "video", "a.mp4", [1]));
        var details = await backend.Runs.GetAsync(id, Web.Account.Viewer.Visitor, CancellationToken.None);
        Assert.Single(details!.Artifacts);
    }
}
