using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Training;
using MiniSora.Web.Account;
using MiniSora.Web.Queue;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Runs;

public sealed class RetryTests
{
    private static readonly TrainingSpec Spec = Backend.Training() with { Training = new() { Batch = 16, LearningRate = 1e-3, Steps = 1000 } };

    [Fact]
    public void Out_of_memory_suggests_half_the_clips_at_a_time_and_the_same_gradient()
    {
        var once = Retry.Of(Spec, FailureRemedy.HalveBatch, null);
        Assert.Equal((16, 2), (once.Training.Batch, once.Training.Accumulation));

        var one = Retry.Of(Spec with { Training = Spec.Training with { Accumulation = 16 } }, FailureRemedy.HalveBatch, null);
        Assert.Equal((8, 8), (one.Training.Batch, one.Training.Accumulation));
        var cascade = (TrainingSpec)Recipes.Find("cascade-shapes")!.Spec;
        Assert.Equal((cascade.Training.Batch / 2, 1), (Retry.Of(cascade, FailureRemedy.HalveBatch, null).Training.Batch, Retry.Of(cascade, FailureRemedy.HalveBatch, null).Training.Accumulation));
    }

    [Fact]
    public void Diverged_suggests_half_the_rate_from_the_last_checkpoint_or_from_the_start()
    {
        var fork = Retry.Of(Spec, FailureRemedy.LowerRate, ("c", 400));
        Assert.Equal(("c", Carry.Everything, 5e-4), (fork.Start.Checkpoint, fork.Start.Carry, fork.Training.LearningRate));
        var anew = Retry.Of(Spec, FailureRemedy.LowerRate, null);
        Assert.Equal(("", 5e-4), (anew.Start.Checkpoint, anew.Training.LearningRate));
        Assert.Same(Spec, Retry.Of(Spec, FailureRemedy.Retry, ("c", 400)));
    }

    [Theory]
    [InlineData("data_stall")]
    [InlineData("dataset_busy")]
    public async Task What_passes_by_itself_is_tried_again_later_each_time_and_fails_for_good_in_the_end(string code)
    {
        await using var backend = await Backend.StartAsync();
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));

        await FailAsync(backend, grant, code);
        var run = await backend.RunAsync(id);
        Assert.Equal((RunState.Queued, backend.Clock.GetUtcNow() + TimeSpan.FromSeconds(30), null), (run.State, run.RetryAt, run.FailureCode));
        var entry = (await backend.Get<QueueBoard>().PlaceOfAsync(id, CancellationToken.None))!;
        Assert.Contains(new WaitCause(WaitReason.Pause, 30), entry.Causes);
        await FailAsync(backend, (await backend.Ledger.ClaimAsync(id, "test", CancellationToken.None))!, code);
        Assert.Equal(backend.Clock.GetUtcNow() + TimeSpan.FromSeconds(120), (await backend.RunAsync(id)).RetryAt);
        await FailAsync(backend, (await backend.Ledger.ClaimAsync(id, "test", CancellationToken.None))!, code);

        run = await backend.RunAsync(id);
        Assert.Equal((RunState.Failed, code, null), (run.State, run.FailureCode, run.RetryAt));
        var details = (await backend.Runs.GetAsync(id, Viewer.Visitor, CancellationToken.None))!;
        Assert.True(details.Failure!.IsAutomatic);
        Assert.StartsWith("what it said", details.Attempts[0].LastError, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("out_of_memory", FailureClass.OutOfMemory)]
    [InlineData("diverged", FailureClass.Diverged)]
    [InlineData("disk_full", FailureClass.DiskFull)]
    [InlineData("software", FailureClass.Software)]
    public async Task What_would_fail_again_waits_for_a_person(string code, FailureClass kind)
    {
        await using var backend = await Backend.StartAsync();
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));

        await FailAsync(backend, grant, code);

        var details = (await backend.Runs.GetAsync(id, Viewer.Visitor, CancellationToken.None))!;
        Assert.Equal((RunState.Failed, kind), (details.Summary.State, details.Failure!.Class));
        // A sampling run has no batch and no rate: it is offered nothing that it does not have, and not the same again where that fails again.
        var sampling = details with { Summary = details.Summary with { Kind = RunKind.Sampling } };
        Assert.Equal(kind is FailureClass.OutOfMemory or FailureClass.Diverged ? FailureRemedy.ChangeSettings : details.Failure.Remedy, sampling.Failure!.Remedy);
    }

    [Fact]
    public async Task The_scheduler_leaves_a_run_alone_until_its_time_has_come()
    {
        await using var backend = await Backend.StartAsync(null, ("Runs:Execute", "true"), ("urls", "http://127.0.0.1:0"));
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        await FailAsync(backend, grant, "data_stall");
        backend.Get<RunSlots>().Free(id);

        Assert.Equal(0, await backend.Get<RunScheduler>().LookAsync(CancellationToken.None));
        backend.Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(1, await backend.Get<RunScheduler>().LookAsync(CancellationToken.None));
    }

    private static async Task FailAsync(Backend backend, RunGrant grant, string code)
    {
        await backend.ReportAsync(grant, new RunFailed(code, "what it said", new Dictionary<string, string>()) { Seq = 1 });
        await backend.EndAsync(grant, exitCode: 1);
    }
}
