using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Queue;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Runs.Sweeps;

/// <summary>
/// Whether a run of a sweep may still start: what its sweep has used, what its running runs are expected to use in all, and its own expected time must fit
/// into the budget. A run that has started once goes on to its end.
/// </summary>
internal sealed class SweepBudgets(IDbContextFactory<MiniSoraDbContext> contexts, TimeProvider clock)
{
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
