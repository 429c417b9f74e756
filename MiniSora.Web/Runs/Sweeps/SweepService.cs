using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Runs.Sweeps;

/// <summary>What a member asks for: settings with their values, and how much it may cost.</summary>
/// <param name="Settings"><c>path=value,value</c> each.</param>
/// <param name="BudgetSeconds">Device seconds; null without a limit.</param>
public sealed record SweepWish(IReadOnlyList<string> Settings, double? BudgetSeconds);

/// <summary>All its runs are queued.</summary>
public sealed record SubmittedSweep(long SweepId, IReadOnlyList<Guid> RunIds) : SubmitResult;

/// <summary>What a sweep is expected to cost, one run after the other.</summary>
public sealed record SweepEstimate(int Runs, double SecondsLow, double SecondsMid, double SecondsHigh, double LongestMid, double Flops);

/// <summary>A sweep as its page shows it.</summary>
/// <param name="Waiting">Its runs that wait for a device.</param>
/// <param name="MayAct">The viewer may cancel it and change its budget.</param>
public sealed record SweepView(long Id, string Name, IReadOnlyList<string> Settings, double? BudgetSeconds, double UsedSeconds, IReadOnlyList<Guid> RunIds, int Waiting, int KeptBack, int Open, bool MayAct);

/// <summary>Submits grids of runs, says how they stand, cancels them.</summary>
public sealed class SweepService
{
    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunService runs;
    private readonly RunAdmission admission;
    private readonly RunWriting writing;
    private readonly RunWake wake;
    private readonly SweepBudgets budgets;
    private readonly TimeProvider clock;

    internal SweepService(IDbContextFactory<MiniSoraDbContext> contexts, RunService runs, RunAdmission admission, RunWriting writing, RunWake wake, SweepBudgets budgets, TimeProvider clock) =>
        (this.contexts, this.runs, this.admission, this.writing, this.wake, this.budgets, this.clock) = (contexts, runs, admission, writing, wake, budgets, clock);

    /// <summary>Every reason why this grid would be refused, and what it is expected to cost; null where it cannot be said.</summary>
    public async Task<(IReadOnlyList<Refusal> Reasons, SweepEstimate? Estimate)> CheckAsync(RunSpec basis, SweepWish wish, Viewer viewer, CancellationToken cancellationToken)
    {
        var grid = SweepGrid.Of(basis, wish.Settings);
        var reasons = grid.Problems.Select(Refusal.Of).ToList();
        if (wish.BudgetSeconds is { } seconds && !(seconds > 0 && double.IsFinite(seconds)))
            reasons.Add(new("sweep_budget", "sweep.budget", new Dictionary<string, string>()));
        if (grid.Points.Count == 0)
            return (reasons, null);

        foreach (var point in grid.Points)
            reasons.AddRange((await admission.CheckAsync(point.Spec, viewer, cancellationToken, grid.Points.Count)).Select(reason => At(reason, point)));
        reasons = [.. reasons.DistinctBy(reason => (reason.Code, reason.Path, string.Join('|', reason.Arguments.Values)))];
        var estimates = new List<RunEstimate>();
        foreach (var point in grid.Points)
            estimates.Add(await admission.EstimateAsync(point.Spec, cancellationToken));
        var estimate = new SweepEstimate(estimates.Count, estimates.Sum(e => e.SecondsLow), estimates.Sum(e => e.SecondsMid), estimates.Sum(e => e.SecondsHigh), estimates.Max(e => e.SecondsMid), estimates.Sum(e => e.Flops));
        // A budget in which nothing can start would leave them all waiting for ever.
        if (wish.BudgetSeconds is { } budget && budget > 0 && estimates.Min(e => e.SecondsMid) is var least && least > budget)
            reasons.Add(new("sweep_budget_small", "sweep.budget", new Dictionary<string, string> { ["minutes"] = Math.Ceiling(least / 60).ToString(CultureInfo.InvariantCulture) }));
        return (reasons, estimate);
    }

    /// <summary>Queues all runs of a grid, or none.</summary>
    public async Task<SubmitResult> SubmitAsync(RunSpec basis, SweepWish wish, Origin origin, Viewer viewer, CancellationToken cancellationToken)
    {
        var (reasons, _) = await CheckAsync(basis, wish, viewer, cancellationToken);
        var sweep = new Sweep
        {
            Name = basis.Name,
            Settings = string.Join('\n', wish.Settings.Select(setting => setting.ReplaceLineEndings(","))),
            BudgetSeconds = wish.BudgetSeconds,
            CreatedAt = clock.GetUtcNow(),
        };
        var (ids, refused) = await runs.QueueAsync([.. SweepGrid.Of(basis, wish.Settings).Points.Select(point => point.Spec)], sweep, [.. reasons], origin, viewer, cancellationToken);
        return ids is null ? new Refused(refused) : new SubmittedSweep(sweep.Id, ids);
    }

    /// <summary>A sweep; null when there is none, or all its runs were deleted.</summary>
    public async Task<SweepView?> FindAsync(long id, Viewer viewer, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await context.Set<Sweep>().AsNoTracking().SingleOrDefaultAsync(sweep => sweep.Id == id, cancellationToken) is not { } sweep)
            return null;
        var members = await context.Runs.AsNoTracking().Where(run => run.SweepId == id).OrderBy(run => run.Number).Select(run => new { run.Id, run.OwnerId, run.State }).ToListAsync(cancellationToken);
        if (members.Count == 0)
            return null;
        var use = await SweepBudgets.UseAsync(context, id, clock.GetUtcNow(), cancellationToken);
        var beyond = await budgets.BeyondAsync([], cancellationToken);
        return new(id, sweep.Name, sweep.Settings.Split('\n'), sweep.BudgetSeconds, use.Sum(run => run.Used), [.. members.Select(run => run.Id)],
            members.Count(run => run.State == RunState.Queued), members.Count(run => beyond.ContainsKey(run.Id)), members.Count(run => Run.CanMove(run.State, RunState.Cancelled)), viewer.MayActFor(members[0].OwnerId));
    }

    /// <summary>Gives up every run of it that is not over. Null when done, else why not.</summary>
    public async Task<Refusal?> CancelAsync(long id, Viewer viewer, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, viewer, cancellationToken) is not { MayAct: true } sweep)
            return new("not_found");
        if (sweep.Open == 0)
            return new("run_over");
        // Those that wait first: a device that becomes free must not be taken by one of them.
        foreach (var run in sweep.RunIds.Reverse())
            await runs.CancelAsync(run, viewer, cancellationToken);
        return null;
    }

    /// <summary>Sets how much it may cost from now on; null for no limit. Null when done, else why not.</summary>
    public async Task<Refusal?> SetBudgetAsync(long id, double? seconds, Viewer viewer, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, viewer, cancellationToken) is not { MayAct: true })
            return new("not_found");
        if (seconds is { } budget && !(budget > 0 && double.IsFinite(budget)))
            return new("sweep_budget", "sweep.budget", new Dictionary<string, string>());
        await writing.DoAsync(
            async write =>
            {
                (await write.Context.Set<Sweep>().SingleAsync(sweep => sweep.Id == id, cancellationToken)).BudgetSeconds = seconds;
                return true;
            },
            cancellationToken);
        wake.Now();
        return null;
    }

    /// <summary>Something wrong with one run is said where its value was typed; what is wrong with all of them, at its own field.</summary>
    private static Refusal At(Refusal reason, SweepPoint point)
    {
        var axis = point.Values.Select((value, i) => (value.Field, value.Value, Number: i + 1)).FirstOrDefault(value => value.Field.Path == reason.Path);
        return axis.Field is null ? reason : new("sweep_value", $"sweep.{axis.Number}", new Dictionary<string, string> { ["value"] = axis.Field.Format(axis.Value), ["reason"] = RefusalTexts.Of(reason) });
    }
}
