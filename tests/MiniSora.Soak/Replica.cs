using System.Diagnostics;
using System.Globalization;
using MiniSora.Tests;
using Npgsql;

namespace MiniSora.Soak;

/// <summary>What reports over everything cost those who write, on the portal's database and on a read replica of it.</summary>
internal sealed class Replica(int points, int seconds, Bounds bounds)
{
    private const string Report = """SELECT "Run", count(*), avg("Value"), percentile_cont(0.5) WITHIN GROUP (ORDER BY "Value") FROM "MetricPoints" GROUP BY "Run" """;

    public async Task RunAsync(CancellationToken stop)
    {
        await using var primary = await PostgresServer.StartAsync();
        await using var stage = await Stage.OpenAsync(("ConnectionStrings__Portal", await primary.CreateAsync("portal")), ("Runs__Execute", "false"));
        await using var replica = await primary.FollowAsync();
        await using var worker = await FakeWorker.ConnectAsync(stage);
        var filled = await worker.ClaimNewAsync(stage, points);
        for (var batch = 0; batch < points / 1000; batch++)
            await worker.ReportAsync(filled, [FakeWorker.Losses(batch + 2, batch * 1000 + 1, 1000)]);
        bounds.Note("points stored before", points.ToString("N0", CultureInfo.InvariantCulture));

        var alone = await CaseAsync("without reports", stage, worker, null, replica, stop);
        var beside = await CaseAsync("with reports on the portal's database", stage, worker, primary, replica, stop);
        var apart = await CaseAsync("with reports on the replica", stage, worker, replica, replica, stop);
        bounds.Note("a batch takes, p95 against without reports", string.Create(CultureInfo.InvariantCulture, $"{beside / alone:0.00} × on the portal's database, {apart / alone:0.00} × on the replica (both on this machine)"));

        await UntilEqualAsync(primary, replica, stop);
        bounds.Require(await CountAsync(primary) == await CountAsync(replica), "the replica has every point");
    }

    /// <summary>Batches of 1,000, twenty a second, beside reports one after another. Returns the p95 of a batch in ms.</summary>
    private async Task<double> CaseAsync(string name, Stage stage, FakeWorker worker, PostgresServer? reported, PostgresServer replica, CancellationToken stop)
    {
        var run = await worker.ClaimNewAsync(stage, 10_000_000);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var reports = reported is null ? Task.FromResult(0) : ReportsAsync(reported, over.Token);
        var (times, late) = (new List<double>(), new List<double>());
        var clock = Stopwatch.StartNew();
        for (var batch = 0L; clock.Elapsed.TotalSeconds < seconds; batch++)
        {
            var watch = Stopwatch.StartNew();
            await worker.ReportAsync(run, [FakeWorker.Losses(batch + 2, batch * 1000 + 1, 1000)]);
            times.Add(watch.Elapsed.TotalMilliseconds);
            if (batch % 20 == 0)
            {
                watch.Restart();
                await UntilAsync(replica, run, (batch + 1) * 1000, stop);
                late.Add(watch.Elapsed.TotalMilliseconds);
            }

            await Task.Delay(50, stop);
        }

        await over.CancelAsync();
        var (p95, done) = (Bounds.Percentile(times, 0.95), await reports);
        bounds.Note($"{name}: a batch of 1,000 points, p95 of {times.Count}", string.Create(CultureInfo.InvariantCulture, $"{p95:0.0} ms; reports meanwhile: {done}"));
        bounds.AtMost(Bounds.Percentile(late, 1), 1000, $"{name}: from stored to readable on the replica, the longest of {late.Count}", "ms");
        return p95;
    }

    private static async Task<int> ReportsAsync(PostgresServer server, CancellationToken over)
    {
        await using var connection = new NpgsqlConnection(server.Of("portal"));
        await connection.OpenAsync(CancellationToken.None);
        var done = 0;
        while (!over.IsCancellationRequested)
        {
            await using var command = new NpgsqlCommand(Report, connection) { CommandTimeout = 300 };
            await using var rows = await command.ExecuteReaderAsync(CancellationToken.None);
            while (await rows.ReadAsync(CancellationToken.None))
            {
            }

            done++;
        }

        return done;
    }

    private static async Task UntilAsync(PostgresServer server, Guid run, long step, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(server.Of("portal"));
        await connection.OpenAsync(stop);
        await using var command = new NpgsqlCommand("""SELECT EXISTS (SELECT 1 FROM "MetricPoints" JOIN "Runs" ON "Runs"."Number" = "Run" WHERE "Runs"."Id" = $1 AND "MetricPoints"."Step" = $2)""", connection)
        {
            Parameters = { new() { Value = run }, new() { Value = step } },
        };
        while (!(bool)(await command.ExecuteScalarAsync(stop))!)
            await Task.Delay(2, stop);
    }

    private static async Task UntilEqualAsync(PostgresServer primary, PostgresServer replica, CancellationToken stop)
    {
        for (var patience = Stopwatch.StartNew(); patience.Elapsed < TimeSpan.FromSeconds(30) && await CountAsync(primary) != await CountAsync(replica);)
            await Task.Delay(100, stop);
    }

    private static async Task<long> CountAsync(PostgresServer server)
    {
        await using var connection = new NpgsqlConnection(server.Of("portal"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("""SELECT count(*) FROM "MetricPoints" """, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
