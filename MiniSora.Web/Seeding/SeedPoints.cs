using System.Data;
using Microsoft.EntityFrameworkCore;
using MiniSora.Model;
using MiniSora.Web.Storage;
using Npgsql;

namespace MiniSora.Web.Seeding;

/// <summary>Many points at once: a prepared statement on SQLite, COPY on PostgreSQL.</summary>
internal static class SeedPoints
{
    /// <summary>Metrics that a training run reports.</summary>
    public static readonly IReadOnlyList<string> Metrics = ["loss", "grad_norm", "learning_rate"];

    /// <summary>Writes a run's curves: the first steps of every metric, <paramref name="count"/> points altogether.</summary>
    public static async Task WriteAsync(MiniSoraDbContext context, IReadOnlyList<int> metrics, IReadOnlyList<(long Run, long Count)> runs, ulong seed, CancellationToken cancellationToken)
    {
        await context.Database.OpenConnectionAsync(cancellationToken);
        if (context.IsSqlite())
            await ToSqliteAsync(context, Points(metrics, runs, seed), cancellationToken);
        else
            await ToPostgresAsync((NpgsqlConnection)context.Database.GetDbConnection(), Points(metrics, runs, seed), cancellationToken);
    }

    private static IEnumerable<(long Run, int Metric, long Step, double Value)> Points(IReadOnlyList<int> metrics, IReadOnlyList<(long Run, long Count)> runs, ulong seed)
    {
        foreach (var (run, count) in runs)
        {
            for (var metric = 0; metric < metrics.Count; metric++)
            {
                // What is left over by the division belongs to the first ones.
                var steps = count / metrics.Count + (metric < count % metrics.Count ? 1 : 0);
                var random = SplitMix64.For(seed, SeedLane.Points, (ulong)run, (ulong)metric);
                for (long step = 1; step <= steps; step++)
                    yield return (run, metrics[metric], step, Value(metric, step, steps, ref random));
            }
        }
    }

    // A loss that falls and trembles, a norm that settles, a rate that warms up and fades.
    private static double Value(int metric, long step, long steps, ref SplitMix64 random) => metric switch
    {
        0 => 0.12 + 1.1 * Math.Pow(step + 1, -0.35) * (0.9 + 0.2 * random.NextDouble()),
        1 => 0.4 + 2 * Math.Pow(step + 1, -0.25) * (0.8 + 0.4 * random.NextDouble()),
        _ => 0.012 * Math.Min(1, step / 100.0) * (1 - 0.99 * step / Math.Max(1, steps)),
    };

    private static async Task ToSqliteAsync(MiniSoraDbContext context, IEnumerable<(long Run, int Metric, long Step, double Value)> points, CancellationToken cancellationToken)
    {
        var connection = context.Database.GetDbConnection();
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = """INSERT INTO "MetricPoints" ("Run", "Metric", "Step", "Value") VALUES (@run, @metric, @step, @value)""";
        IDbDataParameter Add(string name, DbType type)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.DbType) = (name, type);
            command.Parameters.Add(parameter);
            return parameter;
        }

        var (run, metric, step, value) = (Add("@run", DbType.Int64), Add("@metric", DbType.Int32), Add("@step", DbType.Int64), Add("@value", DbType.Double));
        await command.PrepareAsync(cancellationToken);
        foreach (var point in points)
        {
            (run.Value, metric.Value, step.Value, value.Value) = (point.Run, point.Metric, point.Step, point.Value);
            // Synchronous underneath in any case: a task for each of ten million would only cost time.
            command.ExecuteNonQuery();
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task ToPostgresAsync(NpgsqlConnection connection, IEnumerable<(long Run, int Metric, long Step, double Value)> points, CancellationToken cancellationToken)
    {
        await using var writer = await connection.BeginBinaryImportAsync("""COPY "MetricPoints" ("Run", "Metric", "Step", "Value") FROM STDIN (FORMAT BINARY)""", cancellationToken);
        foreach (var point in points)
        {
            await writer.StartRowAsync(cancellationToken);
            await writer.WriteAsync(point.Run, cancellationToken);
            await writer.WriteAsync(point.Metric, cancellationToken);
            await writer.WriteAsync(point.Step, cancellationToken);
            await writer.WriteAsync(point.Value, cancellationToken);
        }

        await writer.CompleteAsync(cancellationToken);
    }
}
