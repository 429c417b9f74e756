using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Queue;
using MiniSora.Web.Runs;
using MiniSora.Web.Runs.Sweeps;

namespace MiniSora.Web.Tests.Runs;

public class SweepTests
{
    private static readonly string[] Two = ["training.learning_rate=1e-4, 3e-4", "training.batch=4，8"];

    [Fact]
    public async Task A_grid_is_queued_whole_with_names_that_say_what_is_different()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");

        var sweep = await SubmitAsync(backend, mei, null, Two);

        var runs = await Task.WhenAll(sweep.RunIds.Select(backend.RunAsync));
        Assert.Equal(
            [(1e-4, 4), (1e-4, 8), (3e-4, 4), (3e-4, 8)],
            runs.Select(run => ((TrainingSpec)SpecYaml.Read(run.SpecYaml).Spec!).Training).Select(training => (training.LearningRate, training.Batch)));
        Assert.Equal("Shapes · learning_rate 0.0001 · batch 4", runs[0].Name);
        Assert.All(runs, run => Assert.Equal((sweep.SweepId, RunState.Queued), (run.SweepId, run.State)));
        var view = (await backend.Get<SweepService>().FindAsync(sweep.SweepId, Viewer.Visitor, CancellationToken.None))!;
        Assert.Equal((4, 4, false), (view.Waiting, view.Open, view.MayAct));
        Assert.Equal(sweep.RunIds, view.RunIds);
    }

    [Fact]
    public async Task Every_reason_against_a_grid_is_said_where_it_was_typed_and_nothing_is_queued()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        async Task<IEnumerable<(string, string)>> ReasonsAsync(double? budget, params string[] settings) =>
            Assert.IsType<Refused>(await backend.Get<SweepService>().SubmitAsync(Backend.Training(), new(settings, budget), new(), mei, CancellationToken.None)).Reasons.Select(reason => (reason.Path, reason.Code)).Order();

        Assert.Equal(
            [("sweep.1", "spec.sweep_setting"), ("sweep.2", "spec.wrong_type"), ("sweep.2", "spec.wrong_type"), ("sweep.3", "spec.sweep_values"), ("sweep.budget", "sweep_budget")],
            await ReasonsAsync(-1, "trainin.batch=1,2", "training.batch=x,4,y", "training.learning_rate=1e-4"));
        Assert.Equal([("sweep.2", "spec.sweep_twice")], await ReasonsAsync(null, "training.batch=2,4", "training.batch=8,16"));
        Assert.Equal([("sweep", "spec.sweep_runs")], await ReasonsAsync(null, "training.batch=1,2,3,4", "training.warmup_steps=1,2,3,4"));
        Assert.Equal([("sweep", "spec.sweep_settings")], await ReasonsAsync(null));
        // A value out of range is said at its row with the value; something that all share at its own field.
        Assert.Equal([("sweep.1", "sweep_value")], await ReasonsAsync(null, "training.learning_rate=1e-4,5"));
        Assert.Equal([("sweep.budget", "sweep_budget_small")], await ReasonsAsync(1e-3, Two));
        await using var db = await backend.DbAsync();
        Assert.Equal((0, 0), (await db.Runs.CountAsync(), await db.Set<Sweep>().CountAsync()));
    }

    [Fact]
    public async Task A_grid_that_is_more_than_a_member_may_have_open_is_refused_as_one()
    {
        await using var backend = await Backend.StartAsync(null, ("Runs:MaxOpenRunsPerMember", "3"));
        var mei = await backend.MemberAsync("mei");

        var refused = Assert.IsType<Refused>(await backend.Get<SweepService>().SubmitAsync(Backend.Training(), new(Two, null), new(), mei, CancellationToken.None));
        Assert.Equal("too_many_runs", Assert.Single(refused.Reasons).Code);
        await SubmitAsync(backend, mei, null, "training.batch=4,8,16");
    }

    [Fact]
    public async Task Beyond_its_budget_no_further_run_of_a_sweep_starts_until_it_is_raised()
    {
        await using var backend = await Backend.StartAsync(null, ("Runs:Execute", "true"), ("Runs:Slots", "4"), ("urls", "http://127.0.0.1:0"));
        var mei = await backend.MemberAsync("mei");
        var sweep = await SubmitAsync(backend, mei, 250, "training.learning_rate=1e-4,2e-4,3e-4");
        await ForecastAsync(backend, sweep.RunIds, 100);

        // Two fit with 100 s each, the third would need 300 s.
        Assert.Equal(2, await backend.Get<RunScheduler>().LookAsync(CancellationToken.None));
        var entry = (await backend.Get<QueueBoard>().PlaceOfAsync(sweep.RunIds[2], CancellationToken.None))!;
        Assert.Equal((new WaitCause(WaitReason.Budget, 50), null), (entry.Causes[0], entry.StartsIn));

        // The first takes a quarter of what was expected: now there is room for the third.
        var grant = (await backend.Ledger.ClaimAsync(sweep.RunIds[0], "test", CancellationToken.None))!;
        await backend.Ledger.ClaimAsync(sweep.RunIds[1], "test", CancellationToken.None);
        backend.Clock.Advance(TimeSpan.FromSeconds(25));
        await backend.ReportAsync(grant, new RunFinished("completed", 10, 25, 1, 1) { Seq = 1 });
        await backend.EndAsync(grant);
        backend.Get<RunSlots>().Free(sweep.RunIds[0]);
        var view = (await backend.Get<SweepService>().FindAsync(sweep.SweepId, mei, CancellationToken.None))!;
        Assert.Equal((50, 0, true), (Math.Round(view.UsedSeconds), view.KeptBack, view.MayAct));
        Assert.Equal(1, await backend.Get<RunScheduler>().LookAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_run_that_takes_longer_than_expected_leaves_when_the_budget_is_used_up_and_goes_on_when_it_is_raised()
    {
        await using var backend = await Backend.StartAsync(null, ("Runs:Execute", "true"), ("Runs:Slots", "4"), ("urls", "http://127.0.0.1:0"));
        var mei = await backend.MemberAsync("mei");
        var sweep = await SubmitAsync(backend, mei, 60, "training.learning_rate=1e-4,2e-4");
        await ForecastAsync(backend, sweep.RunIds, 50);
        var (run, look) = (sweep.RunIds[0], backend.Get<RunScheduler>());
        Assert.Equal(1, await look.LookAsync(CancellationToken.None));
        var grant = (await backend.Ledger.ClaimAsync(run, "test", CancellationToken.None))!;
        async Task PassAsync(int seconds)
        {
            backend.Clock.Advance(TimeSpan.FromSeconds(seconds));
            await backend.Ledger.HeartbeatAsync(run, grant.Attempt, CancellationToken.None);
            await look.LookAsync(CancellationToken.None);
        }

        await PassAsync(30);
        await PassAsync(29);
        Assert.Null((await backend.RunAsync(run)).StopRequested);
        await PassAsync(2);
        Assert.Equal(StopRequest.Budget, await backend.Ledger.WaitForStopAsync(run, grant.Attempt, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10)));

        await backend.ReportAsync(grant, new RunFinished("interrupted", 4, 30, 1, 1) { Seq = 1 });
        await backend.EndAsync(grant);
        backend.Get<RunSlots>().Free(run);
        Assert.Equal(RunState.Queued, (await backend.RunAsync(run)).State);
        Assert.Equal(0, await look.LookAsync(CancellationToken.None));
        Assert.Equal(new WaitCause(WaitReason.Budget, 0), (await backend.Get<QueueBoard>().PlaceOfAsync(run, CancellationToken.None))!.Causes[0]);
        Assert.Equal(2, (await backend.Get<SweepService>().FindAsync(sweep.SweepId, mei, CancellationToken.None))!.KeptBack);

        Assert.Null(await backend.Get<SweepService>().SetBudgetAsync(sweep.SweepId, 70, mei, CancellationToken.None));

        Assert.Equal(1, await look.LookAsync(CancellationToken.None));
        Assert.Equal(2, (await backend.Ledger.ClaimAsync(run, "test", CancellationToken.None))!.Attempt);
        Assert.Null((await backend.RunAsync(run)).StopRequested);
    }

    [Fact]
    public async Task A_raised_budget_lets_the_rest_start_and_a_stranger_cannot_raise_it()
    {
        await using var backend = await Backend.StartAsync(null, ("Runs:Execute", "true"), ("Runs:Slots", "4"), ("urls", "http://127.0.0.1:0"));
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var sweeps = backend.Get<SweepService>();
        var sweep = await SubmitAsync(backend, mei, 150, "training.learning_rate=1e-4,2e-4");
        await ForecastAsync(backend, sweep.RunIds, 100);
        Assert.Equal(1, await backend.Get<RunScheduler>().LookAsync(CancellationToken.None));
        Assert.Equal("not_found", (await sweeps.SetBudgetAsync(sweep.SweepId, null, tom, CancellationToken.None))!.Code);
        Assert.Equal("sweep_budget", (await sweeps.SetBudgetAsync(sweep.SweepId, double.NaN, mei, CancellationToken.None))!.Code);
        Assert.Equal(0, await backend.Get<RunScheduler>().LookAsync(CancellationToken.None));

        Assert.Null(await sweeps.SetBudgetAsync(sweep.SweepId, 200, mei, CancellationToken.None));

        Assert.Equal(1, await backend.Get<RunScheduler>().LookAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_whole_sweep_is_cancelled_by_its_owner_only()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var sweeps = backend.Get<SweepService>();
        var sweep = await SubmitAsync(backend, mei, null, Two);
        await backend.Ledger.ClaimAsync(sweep.RunIds[0], "test", CancellationToken.None);
        Assert.Equal("not_found", (await sweeps.CancelAsync(sweep.SweepId, tom, CancellationToken.None))!.Code);

        Assert.Null(await sweeps.CancelAsync(sweep.SweepId, mei, CancellationToken.None));

        Assert.All(await Task.WhenAll(sweep.RunIds.Select(backend.RunAsync)), run => Assert.Equal(RunState.Cancelled, run.State));
        Assert.Equal("run_over", (await sweeps.CancelAsync(sweep.SweepId, mei, CancellationToken.None))!.Code);
    }

    [Fact]
    public async Task The_estimate_of_a_grid_is_the_sum_of_its_runs()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");

        var (reasons, estimate) = await backend.Get<SweepService>().CheckAsync(Backend.Training(), new(["training.steps=1000,2000"], null), mei, CancellationToken.None);

        Assert.Empty(reasons);
        var each = new[] { 1000, 2000 }.Select(steps => Backend.Training() with { Training = new() { Steps = steps } }).Select(spec => RunEstimator.Estimate(spec, Calibration.Load(backend.Root), null, null)).ToList();
        Assert.Equal(2, estimate!.Runs);
        Assert.Equal(each.Sum(e => e.SecondsMid), estimate.SecondsMid, 1e-6);
        Assert.Equal(each.Sum(e => e.Flops), estimate.Flops, 1e3);
    }

    private static async Task<SubmittedSweep> SubmitAsync(Backend backend, Viewer viewer, double? budget, params string[] settings)
    {
        var result = await backend.Get<SweepService>().SubmitAsync(Backend.Training(), new(settings, null), new(), viewer, CancellationToken.None);
        var sweep = Assert.IsType<SubmittedSweep>(result);
        if (budget is not null)
            Assert.Null(await backend.Get<SweepService>().SetBudgetAsync(sweep.SweepId, budget, viewer, CancellationToken.None));
        return sweep;
    }

    private static async Task ForecastAsync(Backend backend, IReadOnlyList<Guid> runs, double seconds)
    {
        await using var db = await backend.DbAsync();
        await db.Set<RunForecast>().Where(forecast => runs.Contains(forecast.RunId)).ExecuteUpdateAsync(set => set.SetProperty(forecast => forecast.SecondsMid, seconds));
    }
}
