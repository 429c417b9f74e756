using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Runs;

public class RunServiceTests
{
    [Fact]
    public async Task A_refusal_names_every_reason()
    {
        await using var backend = await Backend.StartAsync(null, ("Runs:MinFreeBytes", long.MaxValue.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        var spec = Backend.Training("") with { Data = new() { Dataset = "nowhere" } };
        var refused = Assert.IsType<Refused>(await backend.Runs.SubmitAsync(spec, new(), await backend.MemberAsync("mei"), CancellationToken.None));
        Assert.Equal(["spec.text_empty", "spec.dataset_unknown", "disk_nearly_full"], refused.Reasons.Select(r => r.Code));
        Assert.All(refused.Reasons, reason => Assert.DoesNotContain("{", RefusalTexts.Of(reason), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Broken_yaml_is_refused_with_its_line()
    {
        await using var backend = await Backend.StartAsync();
        var refused = Assert.IsType<Refused>(await backend.Runs.SubmitAsync("kind: training\nnmae: x\n", new(), await backend.MemberAsync("mei"), CancellationToken.None));
        Assert.Contains(refused.Reasons, r => r.Code == "spec.unknown_key" && r.Line == 2);
    }

    [Fact]
    public async Task A_visitor_cannot_submit()
    {
        await using var backend = await Backend.StartAsync();
        var refused = Assert.IsType<Refused>(await backend.Runs.SubmitAsync(Backend.Training(), new(), Viewer.Visitor, CancellationToken.None));
        Assert.Equal(["not_signed_in"], refused.Reasons.Select(r => r.Code));
    }

    [Fact]
    public async Task Somebody_elses_run_is_not_found_and_an_administrator_may_act()
    {
        await using var backend = await Backend.StartAsync();
        var id = await backend.SubmitAsync(await backend.MemberAsync("mei"));
        Assert.Equal("not_found", (await backend.Runs.CancelAsync(id, await backend.MemberAsync("tom"), CancellationToken.None))?.Code);
        Assert.Null(await backend.Runs.CancelAsync(id, await backend.MemberAsync("root", administrator: true), CancellationToken.None));
        Assert.Equal("run_over", (await backend.Runs.CancelAsync(id, await backend.MemberAsync("boss", administrator: true), CancellationToken.None))?.Code);
    }

    [Fact]
    public async Task A_training_run_that_failed_after_a_checkpoint_can_be_resumed()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (id, grant) = await backend.RunningAsync(mei);
        await backend.ReportAsync(grant, Backend.Step(1, 1, 1), await backend.FileAsync(grant, 2, "checkpoint", "step-1.safetensors", [1, 2, 3], step: 1),
            new RunFailed("disk_full", "No space left on device", new Dictionary<string, string>()) { Seq = 3 });
        await backend.EndAsync(grant, exitCode: 1);
        Assert.Equal(RunState.Failed, (await backend.RunAsync(id)).State);
        Assert.True((await backend.Runs.GetAsync(id, mei, CancellationToken.None))!.Actions.Resume);

        Assert.Null(await backend.Runs.ResumeAsync(id, mei, CancellationToken.None));

        var run = await backend.RunAsync(id);
        Assert.Equal((RunState.Queued, null, null), (run.State, run.FailureCode, run.EndedAt));
        Assert.Equal(2, Assert.IsType<RunGrant>(await backend.Ledger.ClaimAsync(id, "test", CancellationToken.None)).Attempt);
    }

    [Fact]
    public async Task On_a_full_disk_running_runs_end_with_the_reason_and_keep_their_checkpoint()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (id, grant) = await backend.RunningAsync(mei);
        await backend.ReportAsync(grant, await backend.FileAsync(grant, 1, "checkpoint", "step-1.safetensors", [1, 2, 3], step: 1));
        var stop = backend.Ledger.WaitForStopAsync(id, grant.Attempt, CancellationToken.None);

        Assert.Equal(1, await backend.Ledger.StopForFullDiskAsync(CancellationToken.None));

        Assert.Equal(StopRequest.Cancel, await stop);
        await backend.EndAsync(grant, exitCode: 130, cancelled: true);
        var details = (await backend.Runs.GetAsync(id, mei, CancellationToken.None))!;
        Assert.Equal((RunState.Failed, "disk_full", true), (details.Summary.State, details.Summary.FailureCode, details.Actions.Resume));
    }

    [Fact]
    public async Task A_run_that_failed_without_a_checkpoint_has_nothing_to_resume_from()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (id, grant) = await backend.RunningAsync(mei);
        await backend.ReportAsync(grant, new RunFailed("disk_full", "No space left on device", new Dictionary<string, string>()) { Seq = 1 });
        await backend.EndAsync(grant, exitCode: 1);

        Assert.False((await backend.Runs.GetAsync(id, mei, CancellationToken.None))!.Actions.Resume);
        Assert.Equal("not_paused", (await backend.Runs.ResumeAsync(id, mei, CancellationToken.None))?.Code);
    }

    [Fact]
    public async Task Cancelling_a_running_run_wakes_its_attempt_and_fences_it()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (id, grant) = await backend.RunningAsync(mei);
        var stop = backend.Ledger.WaitForStopAsync(id, grant.Attempt, CancellationToken.None);
        Assert.Null(await backend.Runs.CancelAsync(id, mei, CancellationToken.None));
        Assert.Equal(StopRequest.Cancel, await stop);
        Assert.Equal(ReportOutcome.Stale, await backend.ReportAsync(grant, Backend.Step(1, 1, 1)));
        await backend.EndAsync(grant, exitCode: 1, cancelled: true);
        Assert.Equal(RunState.Cancelled, (await backend.RunAsync(id)).State);
    }

    [Fact]
    public async Task A_paused_run_rests_until_it_is_resumed()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (id, grant) = await backend.RunningAsync(mei);
        Assert.Null(await backend.Runs.PauseAsync(id, mei, CancellationToken.None));
        Assert.Equal(StopRequest.Interrupt, await backend.Ledger.WaitForStopAsync(id, grant.Attempt, CancellationToken.None));
        await backend.ReportAsync(grant, new RunFinished("interrupted", 4, 1, 1, 1) { Seq = 1 });
        await backend.EndAsync(grant);
        Assert.Equal(RunState.Paused, (await backend.RunAsync(id)).State);
        Assert.Null(await backend.Runs.ResumeAsync(id, mei, CancellationToken.None));
        Assert.Equal(RunState.Queued, (await backend.RunAsync(id)).State);
    }

    [Fact]
    public async Task A_stop_that_the_process_did_not_live_to_hear_is_told_to_the_next_one()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (id, grant) = await backend.RunningAsync(mei);
        await backend.Runs.StopAndKeepAsync(id, mei, CancellationToken.None);
        await backend.EndAsync(grant, exitCode: 137);
        grant = (await backend.Ledger.ClaimAsync(id, "test", CancellationToken.None))!;
        Assert.Equal(StopRequest.StopAndKeep, await backend.Ledger.WaitForStopAsync(id, grant.Attempt, CancellationToken.None));
    }

    [Fact]
    public async Task A_deleted_run_takes_its_points_and_files_along()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (id, grant) = await backend.RunningAsync(mei);
        var file = await backend.FileAsync(grant, 2, "preview", "p.mp4", [5]);
        await backend.ReportAsync(grant, Backend.Step(1, 1, 1), file);
        Assert.Equal("run_not_over", (await backend.Runs.DeleteAsync(id, mei, CancellationToken.None))?.Code);
        await backend.Runs.CancelAsync(id, mei, CancellationToken.None);
        Assert.Equal("run_busy", (await backend.Runs.DeleteAsync(id, mei, CancellationToken.None))?.Code);
        await backend.EndAsync(grant, cancelled: true);
        // Files on the disk have real times, the clock here is a false one: make it much later than either.
        backend.Clock.Advance(TimeSpan.FromDays(3650));
        Assert.Null(await backend.Runs.DeleteAsync(id, mei, CancellationToken.None));
        Assert.False(await backend.Get<Web.Artifacts.ArtifactStore>().HasAsync(file.Sha256, CancellationToken.None));
        Assert.False(Directory.Exists(grant.Folder));
        Assert.Null(await backend.Get<MetricReader>().ReadAsync(id, [], 100, CancellationToken.None));
    }

    [Fact]
    public async Task Old_checkpoints_go_and_those_that_are_sampled_stay()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (id, grant) = await backend.RunningAsync(mei);
        var first = await backend.FileAsync(grant, 1, "checkpoint", "1.safetensors", [1], step: 1);
        await backend.ReportAsync(grant, first);
        var sampling = new SamplingSpec { Name = "s", Checkpoint = first.Sha256, Prompt = "a red circle" };
        Assert.IsType<Submitted>(await backend.Runs.SubmitAsync(sampling, new(id), mei, CancellationToken.None));
        for (var i = 2; i <= 5; i++)
            await backend.ReportAsync(grant, await backend.FileAsync(grant, i, "checkpoint", $"{i}.safetensors", [(byte)i], step: i));
        var details = await backend.Runs.GetAsync(id, mei, CancellationToken.None);
        Assert.Equal([1, 4, 5], details!.Artifacts.Select(a => a.Step));
        Assert.Equal(5, details.Checkpoint!.Step);
        Assert.Single(details.Children);
    }

    [Fact]
    public async Task Pages_of_runs_follow_each_other_without_gap()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        for (var i = 0; i < 5; i++)
            await backend.SubmitAsync(mei, $"Run {i}");
        var first = await backend.Runs.ListAsync(new(Take: 2), CancellationToken.None);
        var second = await backend.Runs.ListAsync(new(Take: 10, Before: first.Next), CancellationToken.None);
        Assert.Equal([5, 4, 3, 2, 1], first.Runs.Concat(second.Runs).Select(r => r.Number));
        Assert.Null(second.Next);
        Assert.Equal([1, 2, 3, 4, 5], first.Runs.Concat(second.Runs).Reverse().Select(r => r.QueuePosition));
        Assert.Single((await backend.Runs.ListAsync(new(Text: "run 3"), CancellationToken.None)).Runs);
    }

    /// <summary>The form keys its lists by the file: the same twice ended the page.</summary>
    [Fact]
    public async Task Two_runs_that_end_at_the_same_weights_are_one_choice_and_the_members_own_comes_first()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        foreach (var member in new[] { mei, tom })
        {
            var (_, grant) = await backend.RunningAsync(member);
            await backend.ReportAsync(grant, await backend.FileAsync(grant, 1, "checkpoint", "step-1.safetensors", [1, 2, 3], step: 1));
            // A run that went on from an older checkpoint writes this one again.
            await backend.ReportAsync(grant, await backend.FileAsync(grant, 2, "checkpoint", "step-1.safetensors", [1, 2, 3], step: 1));
            await backend.EndAsync(grant);
        }

        var choice = Assert.Single(await backend.Runs.CheckpointsAsync(mei, 10, CancellationToken.None));
        Assert.Equal("mei", choice.OwnerName);
        Assert.Single(await backend.Runs.CheckpointsOfAsync(choice.RunId, CancellationToken.None));
    }
}
