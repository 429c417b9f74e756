using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
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
        await context.Database.OpenConnectionAsync(cancellationToken);
        var connection = (SqliteConnection)context.Database.GetDbConnection();

        // Deferred: one snapshot for the event number and the points, and no writer waits for it.
        await using var snapshot = connection.BeginTransaction(deferred: true);
        await context.Database.UseTransactionAsync(snapshot, cancellationToken);
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
            if (await SeriesAsync(connection, snapshot, run.Number, metric, Decimator.WidthFor(run.TotalSteps, buckets), cancellationToken) is { } found)
                series.Add(found);
        }

        return new(run.LastSeq, run.Step, run.TotalSteps, series);
    }

    private static async Task<MetricSeries?> SeriesAsync(
        SqliteConnection connection, SqliteTransaction snapshot, long run, MetricName metric, long width, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = snapshot;
        command.CommandText = "SELECT Step, Value FROM MetricPoints WHERE Run = $run AND Metric = $metric ORDER BY Step";
        command.Parameters.AddWithValue("$run", run);
        command.Parameters.AddWithValue("$metric", metric.Id);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var decimator = new Decimator(metric.Name, width);
        var any = false;
        while (reader.Read())
        {
            any = true;
            decimator.Add(reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetDouble(1));
        }

        return any ? decimator.Finish() : null;
    }
}
