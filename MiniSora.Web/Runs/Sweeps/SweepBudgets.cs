using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Web.Queue;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Runs.Sweeps;

/// <summary>
/// Keeps a sweep within its budget. A run starts if what its sweep has used, what those that have started are expected to use in all, and its own expected
/// time fit into it. Expectations err: when the budget is used up, those that still run write a checkpoint and leave, and go on when it is raised.
/// </summary>
internal sealed class SweepBudgets(IDbContextFactory<MiniSoraDbContext> contexts, RunLedger ledger, TimeProvider clock)
{
    /// <summary>Asks the training runs of sweeps whose budget is used up to leave.</summary>
    public async Task EnforceAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var working = await context.Runs.AsNoTracking()
            .Where(run => run.State == RunState.Running && run.StopRequested == null && run.Kind == RunKind.Training && run.SweepId != null)
            .Join(context.Set<Sweep>(), run => run.SweepId, sweep => sweep.Id, (run, sweep) => new { run.Id, run.CurrentAttempt, Sweep = sweep.Id, sweep.BudgetSeconds })
            .Where(run => run.BudgetSeconds != null)
            .ToListAsync(cancellationToken);
        foreach (var sweep in working.GroupBy(run => (run.Sweep, run.BudgetSeconds)))
        {
            if ((await UseAsync(context, sweep.Key.Sweep, clock.GetUtcNow(), cancellationToken)).Sum(run => run.Used) < sweep.Key.BudgetSeconds)
                continue;
            foreach (var run in sweep)
                await ledger.AskToLeaveAsync(run.Id, run.CurrentAttempt, StopRequest.Budget, cancellationToken);
        }
    }

    /// <summary>The waiting runs that their budget keeps back, with the seconds that are left of it.</summary>
    public async Task<IReadOnlyDictionary<Guid, double>> BeyondAsync(IReadOnlyCollection<Guid> handedOver, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var limited = await context.Set<Sweep>()
            .Where(sweep => sweep.BudgetSeconds != null && context.Runs.Any(run => run.SweepId == sweep.Id && run.State == RunState.Queued))
            .ToDictionaryAsync(sweep => sweep.Id, sweep => sweep.BudgetSeconds!.Value, cancellationToken);
        var beyond = new Dictionary<Guid, double>();
        foreach (var (sweep, budget) in limited)
        {
            var runs = await UseAsync(context, sweep, clock.GetUtcNow(), cancellationToken);
            var left = budget - runs.Where(run => run.HasStarted || handedOver.Contains(run.Id)).Sum(run => run.Promised);
            foreach (var run in runs.Where(run => run is { State: RunState.Queued, HasStarted: false } && !handedOver.Contains(run.Id) && run.Expected > left))
                beyond[run.Id] = Math.Max(0, left);
            // What has begun is finished as long as there is anything left.
            if (runs.Sum(run => run.Used) >= budget)
            {
                foreach (var run in runs.Where(run => run is { State: RunState.Queued, HasStarted: true } && !handedOver.Contains(run.Id)))
                    beyond[run.Id] = 0;
            }
        }

        return beyond;
    }

    /// <summary>Device seconds that the runs of a sweep have used so far, and are expected to use.</summary>
    public static async Task<IReadOnlyList<SweepUse>> UseAsync(MiniSoraDbContext context, long sweep, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rows = await context.Runs.AsNoTracking()
            .Where(run => run.SweepId == sweep)
            .Select(run => new
            {
                run.Id,
                run.State,
                Expected = context.Set<RunForecast>().Where(forecast => forecast.RunId == run.Id).Select(forecast => (double?)forecast.SecondsMid).FirstOrDefault(),
                Attempts = context.Attempts.Where(attempt => attempt.RunId == run.Id).Select(attempt => new { attempt.StartedAt, attempt.EndedAt }).ToList(),
            })
            .ToListAsync(cancellationToken);
        return [.. rows.Select(row => new SweepUse(row.Id, row.State, row.Attempts.Count > 0, row.Attempts.Sum(attempt => ((attempt.EndedAt ?? now) - attempt.StartedAt).TotalSeconds), row.Expected ?? 0))];
    }
}

/// <summary>What one run of a sweep has used and is expected to need in all, in device seconds.</summary>
internal sealed record SweepUse(Guid Id, RunState State, bool HasStarted, double Used, double Expected)
{
    /// <summary>What the budget must hold for it: what it used when it is over, at least its estimate while it is not.</summary>
    public double Promised => Run.IsFinal(State) || State == RunState.Paused ? Used : Math.Max(Used, Expected);
}
