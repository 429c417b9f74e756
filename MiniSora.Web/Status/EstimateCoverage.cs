using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Queue;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Status;

/// <summary>What was expected beforehand, and what happened; seconds.</summary>
public sealed record Outcome(Guid RunId, long Number, string Name, Duration Expected, double Actual)
{
    /// <summary>It happened within the span that was given.</summary>
    public bool Inside => Actual >= Expected.Low && Actual <= Expected.High;
}

/// <summary>How often spans from the tenth to the ninetieth percentile held what happened: eight in ten when they are honest.</summary>
public sealed record Coverage(IReadOnlyList<Outcome> Outcomes)
{
    public int Inside => Outcomes.Count(outcome => outcome.Inside);

    /// <summary>Part of one; null when nothing can be said.</summary>
    public double? Share => Outcomes.Count == 0 ? null : (double)Inside / Outcomes.Count;

    /// <summary>Actual ÷ expected median, the median of it; above 1 the estimates are too short.</summary>
    public double? Bias
    {
        get
        {
            var ratios = Outcomes.Where(outcome => outcome.Expected.Mid > 0).Select(outcome => outcome.Actual / outcome.Expected.Mid).Order().ToList();
            return ratios.Count == 0 ? null : ratios[ratios.Count / 2];
        }
    }
}

/// <summary>Holds what was expected of runs against what happened.</summary>
internal sealed class EstimateReader(IDbContextFactory<MiniSoraDbContext> contexts)
{
    /// <summary>The newest so many runs count.</summary>
    public const int Most = 200;

    /// <summary>Length of runs that ran to their end in one attempt: what was stopped or interrupted says nothing.</summary>
    public async Task<Coverage> LengthsAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await (
            from run in context.Runs.AsNoTracking()
            where run.State == RunState.Succeeded && run.CurrentAttempt == 1
            join forecast in context.Set<RunForecast>() on run.Id equals forecast.RunId
            join attempt in context.Attempts on run.Id equals attempt.RunId
            where attempt.Outcome == "completed" && attempt.EndedAt != null
            orderby run.Number descending
            select new { run.Id, run.Number, run.Name, forecast.SecondsLow, forecast.SecondsMid, forecast.SecondsHigh, attempt.StartedAt, attempt.EndedAt })
            .Take(Most).ToListAsync(cancellationToken);
        return new([.. rows.Select(x => new Outcome(
            x.Id, x.Number, x.Name, new(x.SecondsLow, x.SecondsMid, x.SecondsHigh), (x.EndedAt!.Value - x.StartedAt).TotalSeconds))]);
    }

    /// <summary>Waits of runs for which a start was expected, from their submission to their first attempt.</summary>
    public async Task<Coverage> WaitsAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await (
            from forecast in context.Set<RunForecast>().AsNoTracking()
            where forecast.StartLow != null && forecast.StartHigh != null
            join run in context.Runs on forecast.RunId equals run.Id
            join attempt in context.Attempts on run.Id equals attempt.RunId
            where attempt.Number == 1
            orderby run.Number descending
            select new { run.Id, run.Number, run.Name, run.CreatedAt, forecast.StartLow, forecast.StartHigh, attempt.StartedAt })
            .Take(Most).ToListAsync(cancellationToken);
        return new([.. rows.Select(x =>
        {
            var (low, high) = ((x.StartLow!.Value - x.CreatedAt).TotalSeconds, (x.StartHigh!.Value - x.CreatedAt).TotalSeconds);
            return new Outcome(x.Id, x.Number, x.Name, new(low, Math.Sqrt(Math.Max(1, low) * Math.Max(1, high)), high), (x.StartedAt - x.CreatedAt).TotalSeconds);
        })]);
    }
}
