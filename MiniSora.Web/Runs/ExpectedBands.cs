using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Runs;

/// <summary>Where earlier runs of a recipe were. Empty lists where fewer than two are known: one run is no expectation.</summary>
/// <param name="Run">Number of the run that was asked about.</param>
/// <param name="Runs">Numbers of the earlier ones, the newest first.</param>
/// <param name="Steps">Ascending; the middle of what was averaged.</param>
/// <param name="Low">The least of the runs' means there.</param>
/// <param name="High">The greatest.</param>
public sealed record ExpectedBand(long Run, IReadOnlyList<long> Runs, IReadOnlyList<double> Steps, IReadOnlyList<double> Low, IReadOnlyList<double> High)
{
    internal static ExpectedBand None(long run) => new(run, [], [], [], []);
}

/// <summary>What a metric of a training run is expected to look like, from what earlier runs of the same recipe did.</summary>
public sealed class ExpectedBands(IDbContextFactory<MiniSoraDbContext> contexts, MetricReader metrics)
{
    /// <summary>Runs that a band is made of, the newest; older ones say less of the software of today.</summary>
    public const int MostRuns = 8;

    /// <summary>Runs of the same length that are looked at to find them.</summary>
    private const int MostLooked = 60;

    /// <summary>A curve is averaged over this share of its length, so that noise from step to step does not widen the band.</summary>
    private const int Parts = 50;

    /// <summary>The band of one metric; null when there is no such run.</summary>
    public async Task<ExpectedBand?> ReadAsync(Guid runId, string name, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var run = await context.Runs.AsNoTracking().Where(run => run.Id == runId)
            .Select(run => new { run.Number, run.Kind, run.TotalSteps, run.SpecYaml }).SingleOrDefaultAsync(cancellationToken);
        if (run is null)
            return null;
        if (run.Kind != RunKind.Training || run.TotalSteps == 0 || Recipe(run.SpecYaml) is not { } recipe)
            return ExpectedBand.None(run.Number);
        var candidates = await context.Runs.AsNoTracking()
            .Where(other => other.Kind == RunKind.Training && other.State == RunState.Succeeded && other.TotalSteps == run.TotalSteps && other.Step == other.TotalSteps && other.Number < run.Number)
            .OrderByDescending(other => other.Number).Take(MostLooked).Select(other => new { other.Id, other.Number, other.SpecYaml }).ToListAsync(cancellationToken);
        var width = Math.Max(1, (int)Math.Ceiling(run.TotalSteps / (double)Parts));
        var (used, curves) = (new List<long>(), new List<Dictionary<long, (double Step, double Value)>>());
        foreach (var other in candidates.Where(other => Recipe(other.SpecYaml) == recipe))
        {
            if (used.Count == MostRuns)
                break;
            if ((await metrics.ReadAsync(other.Id, [name], 4 * Parts, cancellationToken))?.Series is not [var series])
                continue;
            used.Add(other.Number);
            curves.Add(Averaged(series, width));
        }

        if (used.Count < 2)
            return ExpectedBand.None(run.Number);
        var parts = curves.SelectMany(curve => curve.Keys).Distinct().Order()
            .Select(part => curves.Where(curve => curve.ContainsKey(part)).Select(curve => curve[part]).ToList())
            .Where(values => values.Count > 1).ToList();
        return new(run.Number, used, [.. parts.Select(values => values.Average(value => value.Step))], [.. parts.Select(values => values.Min(value => value.Value))], [.. parts.Select(values => values.Max(value => value.Value))]);
    }

    private static string? Recipe(string yaml) => SpecYaml.Read(yaml).Spec is TrainingSpec spec ? SpecHash.OfRecipe(spec) : null;

    private static Dictionary<long, (double Step, double Value)> Averaged(MetricSeries series, int width) =>
        series.Steps.Zip(series.Mean).Concat(series.Tail.Steps.Zip(series.Tail.Values))
            .Where(point => point.Second is { } value && double.IsFinite(value))
            .GroupBy(point => Math.Max(0, point.First - 1) / width)
            .ToDictionary(part => part.Key, part => (part.Average(point => (double)point.First), part.Average(point => point.Second!.Value)));
}
