using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Runs;

public sealed class ForkTests
{
    [Fact]
    public async Task A_fork_knows_where_it_starts_and_what_was_spent_until_there_and_its_process_gets_the_checkpoint()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (parent, sha256) = await TrainedAsync(backend, mei, 100, 200);

        var child = Assert.IsType<Submitted>(await backend.Runs.ForkAsync(parent, 100, ["training.learning_rate=5e-4"], mei, CancellationToken.None)).RunId;
        var grandchild = await GrandchildAsync(backend, mei, child);

        var run = await backend.RunAsync(child);
        Assert.Equal((100L, parent), (run.StartStep, run.ParentRunId));
        Assert.Equal(100 * PerStep, run.StartFlops, 1e-6 * PerStep);
        Assert.Equal(60, run.StartSeconds, 1.0);
        Assert.Equal(300 * PerStep, grandchild.StartFlops, 1e-6 * PerStep);
        var details = (await backend.Runs.GetAsync(child, mei, CancellationToken.None))!;
        Assert.Equal((parent, 100L), (details.ParentRun!.Id, details.StartStep));
        var back = (await backend.Runs.GetAsync(parent, mei, CancellationToken.None))!;
        Assert.Equal([100L], back.Children.Select(link => link.StartStep));
        Assert.Contains(sha256[100], run.SpecYaml, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_forked_is_said_with_every_reason_at_its_setting()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (parent, _) = await TrainedAsync(backend, mei, 100, 200);
        async Task<IEnumerable<(string, string)>> ReasonsAsync(Guid run, long? step, params string[] sets) =>
            Assert.IsType<Refused>(await backend.Runs.ForkAsync(run, step, sets, mei, CancellationToken.None)).Reasons.Select(reason => (reason.Path, reason.Code)).Order();

        Assert.Equal([("codec.channels", "spec.start_differs"), ("model.width", "spec.start_differs"), ("training.batch", "spec.out_of_range")], await ReasonsAsync(parent, 200, "model.width=64", "codec.channels=8", "training.batch=0"));
        Assert.Equal([("", "fork_step_missing")], await ReasonsAsync(parent, 150));
        Assert.Equal([("trainin.batch", "spec.unknown_key")], await ReasonsAsync(parent, 200, "trainin.batch=1"));
        Assert.Equal([("", "not_found")], await ReasonsAsync(Guid.NewGuid(), null));
        Assert.Equal([("", "fork_no_checkpoint")], await ReasonsAsync(await backend.SubmitAsync(mei), null));
        var gone = Backend.Training() with { Start = new() { Checkpoint = new string('a', 64) } };
        Assert.Equal("start.checkpoint", Assert.Single(Assert.IsType<Refused>(await backend.Runs.SubmitAsync(gone, new(), mei, CancellationToken.None)).Reasons).Path);
    }

    [Fact]
    public async Task The_checkpoint_of_a_fork_that_waits_outlives_newer_ones_and_its_own_run()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var (parent, grant, sha256) = await TrainingAsync(backend, mei, 100);
        var child = Assert.IsType<Submitted>(await backend.Runs.ForkAsync(parent, 100, [], tom, CancellationToken.None)).RunId;

        foreach (var (step, seq) in new[] { (200L, 2), (300L, 3), (400L, 4) })
            await backend.ReportAsync(grant, await backend.FileAsync(grant, seq, "checkpoint", $"step-{step}", [(byte)seq, 9], step: step));
        var left = (await backend.Runs.GetAsync(parent, mei, CancellationToken.None))!.Artifacts.Select(artifact => artifact.Step);
        Assert.Equal([100L, 300L, 400L], left.Order());

        await backend.ReportAsync(grant, new RunFinished("completed", 400, 60, 1, 1) { Seq = 5 });
        await backend.EndAsync(grant);
        // Old enough to be swept.
        File.SetLastWriteTimeUtc(backend.Get<ArtifactStore>().PathOf(sha256), DateTime.UnixEpoch);
        Assert.Null(await backend.Runs.DeleteAsync(parent, mei, CancellationToken.None));

        var claimed = (await backend.Ledger.ClaimAsync(child, "test", CancellationToken.None))!;
        Assert.True(File.Exists(claimed.Inputs[sha256]));
        Assert.Equal(100, (await backend.Runs.GetAsync(child, tom, CancellationToken.None))!.StartStep);
    }

    private static double PerStep => RunEstimator.EstimateTraining(Backend.Training(), Calibration.Uncalibrated).FlopsPerStep;

    private static async Task<Run> GrandchildAsync(Backend backend, Viewer mei, Guid child)
    {
        var grant = (await backend.Ledger.ClaimAsync(child, "test", CancellationToken.None))!;
        Assert.NotEmpty(grant.Inputs);
        await backend.ReportAsync(grant, await backend.FileAsync(grant, 1, "checkpoint", "step-300", [7, 7, 7], step: 300));
        return await backend.RunAsync(Assert.IsType<Submitted>(await backend.Runs.ForkAsync(child, null, ["start.carry=weights"], mei, CancellationToken.None)).RunId);
    }

    private static async Task<(Guid Run, Dictionary<long, string> Checkpoints)> TrainedAsync(Backend backend, Viewer member, params long[] steps)
    {
        var (id, grant) = await backend.RunningAsync(member);
        var files = new Dictionary<long, string>();
        foreach (var step in steps)
        {
            backend.Clock.Advance(TimeSpan.FromSeconds(60));
            var file = await backend.FileAsync(grant, files.Count + 1, "checkpoint", $"step-{step}", [1, (byte)step], step: step);
            files[step] = file.Sha256;
            await backend.ReportAsync(grant, file);
        }

        await backend.ReportAsync(grant, new RunFinished("completed", steps[^1], 60, 1, 1) { Seq = steps.Length + 1 });
        await backend.EndAsync(grant);
        return (id, files);
    }

    private static async Task<(Guid Run, RunGrant Grant, string Sha256)> TrainingAsync(Backend backend, Viewer member, long step)
    {
        var (id, grant) = await backend.RunningAsync(member);
        var file = await backend.FileAsync(grant, 1, "checkpoint", $"step-{step}", [1, (byte)step], step: step);
        await backend.ReportAsync(grant, file);
        return (id, grant, file.Sha256);
    }
}
