using System.Data;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using MiniSora.Jobs.Runs;
using MiniSora.Web.Storage;
using Npgsql;

namespace MiniSora.Web.Runs;

/// <summary>
/// Writes points in the caller's transaction. A point that is there is overwritten: a resumed attempt repeats the steps
/// after its checkpoint, and no step may count twice.
/// </summary>
internal sealed class MetricPoints
{
    private readonly Dictionary<string, int> ids = [];

    public async Task WriteAsync(MiniSoraDbContext context, long run, IReadOnlyList<MetricPoint> points, CancellationToken cancellationToken)
    {
        if (points.Count == 0)
            return;
        var connection = context.Database.GetDbConnection();
        var transaction = context.Database.CurrentTransaction?.GetDbTransaction();
        // Of two values for a step the later counts, and one statement may not touch a row twice. JSON and SQLite have no word for "not a number":
        // both say null, and the chart shows a gap.
        var values = new Dictionary<(int Metric, long Step), double?>(points.Count);
        foreach (var point in points)
            values[(await IdAsync(connection, transaction, point.Name, cancellationToken), point.Step)] = double.IsFinite(point.Value) ? point.Value : null;
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        if (command is NpgsqlCommand postgres)
            await WriteAtOnceAsync(postgres, run, values, cancellationToken);
        else
            await WriteEachAsync(command, run, values, cancellationToken);
    }

    // In this process a prepared statement costs nothing to repeat.
    private static async Task WriteEachAsync(DbCommand command, long run, Dictionary<(int Metric, long Step), double?> values, CancellationToken cancellationToken)
    {
        command.CommandText = """
            INSERT INTO "MetricPoints" ("Run", "Metric", "Step", "Value") VALUES (@run, @metric, @step, @value)
            ON CONFLICT ("Run", "Metric", "Step") DO UPDATE SET "Value" = excluded."Value"
            """;
        Add(command, "@run", DbType.Int64).Value = run;
        var metric = Add(command, "@metric", DbType.Int32);
        var step = Add(command, "@step", DbType.Int64);
        var value = Add(command, "@value", DbType.Double);
        await command.PrepareAsync(cancellationToken);
        foreach (var (key, number) in values)
        {
            (metric.Value, step.Value, value.Value) = (key.Metric, key.Step, (object?)number ?? DBNull.Value);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    // A server is asked once for all of them, not once for each.
    private static async Task WriteAtOnceAsync(NpgsqlCommand command, long run, Dictionary<(int Metric, long Step), double?> values, CancellationToken cancellationToken)
    {
        command.CommandText = """
            INSERT INTO "MetricPoints" ("Run", "Metric", "Step", "Value") SELECT @run, metric, step, value FROM unnest(@metrics, @steps, @values) AS points (metric, step, value)
            ON CONFLICT ("Run", "Metric", "Step") DO UPDATE SET "Value" = excluded."Value"
            """;
        command.Parameters.AddWithValue("@run", run);
        command.Parameters.AddWithValue("@metrics", values.Keys.Select(key => key.Metric).ToArray());
        command.Parameters.AddWithValue("@steps", values.Keys.Select(key => key.Step).ToArray());
        command.Parameters.AddWithValue("@values", values.Values.ToArray());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static DbParameter Add(DbCommand command, string name, DbType type)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.DbType) = (name, type);
        command.Parameters.Add(parameter);
        return parameter;
    }

    /// <summary>Forgets what a rolled-back transaction may have named.</summary>
    public void Forget() => ids.Clear();

    private async Task<int> IdAsync(DbConnection connection, DbTransaction? transaction, string name, CancellationToken cancellationToken)
    {
        if (ids.TryGetValue(name, out var known))
            return known;
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = """INSERT INTO "MetricNames" ("Name") VALUES (@name) ON CONFLICT ("Name") DO UPDATE SET "Name" = excluded."Name" RETURNING "Id" """;
        Add(command, "@name", DbType.String).Value = name;
        var id = Convert.ToInt32(await command.ExecuteScalarAsync(cancellationToken), System.Globalization.CultureInfo.InvariantCulture);
        ids.Add(name, id);
        return id;
    }
}
