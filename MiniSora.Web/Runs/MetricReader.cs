using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Runs;

/// <summary>Reads the points of a run for charts.</summary>
public sealed class MetricReader(IDbContextFactory<MiniSoraDbContext> contexts)
{
    /// <summary>Fewest and most buckets one may ask for.</summary>
    public const int LeastBuckets = 16, MostBuckets = 2000;

    /// <summary>History of the named metrics, or of all. Null when there is no such run.</summary>
    /// <param name="buckets">About how many entries a series may have; 16–2000.</param>
    public async Task<MetricHistory?> ReadAsync(Guid runId, IReadOnlyCollection<string> names, int buckets, CancellationToken cancellationToken)
    {
        buckets = Math.Clamp(buckets, LeastBuckets, MostBuckets);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        // One moment for the event number and the points.
        await using var snapshot = await context.SnapshotAsync(cancellationToken);
        var run = await context.Runs.AsNoTracking()
            .Where(r => r.Id == runId)
            .Select(r => new { r.Number, r.LastSeq, r.Step, r.TotalSteps })
            .SingleOrDefaultAsync(cancellationToken);
        if (run is null)
            return null;
        var metrics = await context.MetricNames.AsNoTracking().ToListAsync(cancellationToken);
        var series = new List<MetricSeries>();
        foreach (var metric in metrics.Where(m => names.Count == 0 || names.Contains(m.Name)).OrderBy(m => m.Name, StringComparer.Ordinal))
        {
            if (await SeriesAsync(context, run.Number, metric, Decimator.WidthFor(run.TotalSteps, buckets), cancellationToken) is { } found)
                series.Add(found);
        }

        return new(run.LastSeq, run.Step, run.TotalSteps, series);
    }

    private static async Task<MetricSeries?> SeriesAsync(
        MiniSoraDbContext context, long run, MetricName metric, long width, CancellationToken cancellationToken)
    {
        await using var command = context.Database.GetDbConnection().CreateCommand();
        command.Transaction = context.Database.CurrentTransaction?.GetDbTransaction();
        command.CommandText = """SELECT "Step", "Value" FROM "MetricPoints" WHERE "Run" = @run AND "Metric" = @metric ORDER BY "Step" """;
        foreach (var (name, number) in new[] { ("@run", run), ("@metric", metric.Id) })
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, number);
            command.Parameters.Add(parameter);
        }

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var decimator = new Decimator(metric.Name, width);
        var any = false;
        while (await reader.ReadAsync(cancellationToken))
        {
            any = true;
            decimator.Add(reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetDouble(1));
        }

        return any ? decimator.Finish() : null;
    }
}
