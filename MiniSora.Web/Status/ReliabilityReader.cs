using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Status;

/// <summary>Counts <see cref="Reliability"/> from runs, attempts and points. Counted at most every ten seconds, however many look.</summary>
internal sealed class ReliabilityReader(IDbContextFactory<MiniSoraDbContext> contexts, TimeProvider clock) : IDisposable
{
    /// <summary>Days that are looked back.</summary>
    public const int Days = 30;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim gate = new(1);

    /// <summary>The newest count; null before the first.</summary>
    public Reliability? Last { get; private set; }

    public async Task<Reliability> CountAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (Last is null || clock.GetUtcNow() - Last.At >= Fresh)
                Last = await ReadAsync(cancellationToken);
            return Last;
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    private async Task<Reliability> ReadAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var (since, silent) = (now.AddDays(-Days), now - RunLedger.Silence);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        // The checkpoint that ships was trained elsewhere: nothing of its run was seen here.
        var runs = context.Runs.AsNoTracking().Where(run => run.Number != StarterCheckpoint.Number);
        var submitted = await runs.CountAsync(run => run.CreatedAt >= since, cancellationToken);
        var ended = await runs.CountAsync(
            run => run.CreatedAt >= since && (run.State == RunState.Succeeded || run.State == RunState.Failed || run.State == RunState.Cancelled), cancellationToken);
        var lost = await runs.CountAsync(
            run => (run.State == RunState.Running || run.State == RunState.Interrupted)
                && !context.Attempts.Any(a => a.RunId == run.Id && a.Number == run.CurrentAttempt && a.EndedAt == null), cancellationToken);
        var late = await runs.CountAsync(
            run => run.State == RunState.Running
                && context.Attempts.Any(a => a.RunId == run.Id && a.Number == run.CurrentAttempt && a.EndedAt == null && a.LastHeardAt < silent), cancellationToken);
        // What a person gave up ended without a word too, and is not lost.
        var lostAttempts = await context.Attempts.AsNoTracking()
            .Where(a => a.EndedAt >= since && a.Outcome == null
                && !context.Runs.Any(run => run.Id == a.RunId && run.State == RunState.Cancelled && run.CurrentAttempt == a.Number))
            .Select(a => new
            {
                a.LastHeardAt,
                Next = context.Attempts.Where(b => b.RunId == a.RunId && b.Number == a.Number + 1).Select(b => (DateTimeOffset?)b.StartedAt).FirstOrDefault(),
            })
            .ToListAsync(cancellationToken);
        var recoveries = lostAttempts.Where(a => a.Next is not null).Select(a => Math.Max(0, (a.Next!.Value - a.LastHeardAt).TotalSeconds)).ToList();
        var (gaps, steps) = await GapsAsync(context, runs, since, cancellationToken);
        return new(
            now, Days, submitted, ended, lost, late, lostAttempts.Count, recoveries.Count,
            recoveries.Count == 0 ? null : recoveries.Average(), recoveries.Count == 0 ? null : recoveries.Max(), gaps, steps);
    }

    // Every step logs a loss, so a finished run has as many as it has steps, from where its first attempt began.
    private static async Task<(long Gaps, long Steps)> GapsAsync(MiniSoraDbContext context, IQueryable<Run> seen, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var runs = await seen
            .Where(run => run.Kind == RunKind.Training && run.State == RunState.Succeeded && run.EndedAt >= since)
            .Select(run => new
            {
                run.Number,
                run.Step,
                From = context.Attempts.Where(a => a.RunId == run.Id).OrderBy(a => a.Number).Select(a => a.ResumedFromStep).FirstOrDefault(),
            })
            .ToListAsync(cancellationToken);
        if (runs.Count == 0)
            return (0, 0);
        var first = runs.Min(run => run.Number);
        var points = (await context.Database.SqlQuery<PointCount>(
            $"""
            SELECT p."Run" AS "Run", COUNT(*) AS "Points" FROM "MetricPoints" p
            WHERE p."Metric" = (SELECT "Id" FROM "MetricNames" WHERE "Name" = 'loss') AND p."Run" >= {first} GROUP BY p."Run"
            """).ToListAsync(cancellationToken)).ToDictionary(count => count.Run, count => count.Points);
        return (runs.Sum(run => Math.Max(0, run.Step - run.From - points.GetValueOrDefault(run.Number))), runs.Sum(run => run.Step - run.From));
    }

    private sealed class PointCount
    {
        public long Run { get; set; }

        public long Points { get; set; }
    }
}
