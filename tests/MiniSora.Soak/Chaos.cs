using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MiniSora.Jobs.Portal;
using MiniSora.Tests;

namespace MiniSora.Soak;

/// <summary>
/// Runs train while portal, workers and run processes are killed at random. Afterwards every run has ended exactly once, its curve is that of a run which
/// nobody disturbed, number by number, and its files are all there, once. An oracle reads all answers meanwhile.
/// </summary>
internal sealed class Chaos(ChaosOptions options, Bounds bounds)
{
    private const int Seeds = 3;
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(10);

    private readonly Oracle oracle = new();
    private readonly Random random = new(options.Seed);
    private readonly Dictionary<string, int> kills = [];
    private readonly List<double> recoveries = [];

    public async Task RunAsync(CancellationToken stop)
    {
        await using var postgres = options.Workers > 0 ? await PostgresServer.StartAsync() : null;
        var queue = postgres is null ? "" : await postgres.CreateAsync("jobs");
        (string, string)[] settings = postgres is null ? [] : [("ConnectionStrings__Jobs", queue), ("ConnectionStrings__Portal", await postgres.CreateAsync("portal")), ("Runs__Execute", "false")];
        await using var stage = await Stage.OpenAsync(settings);
        await using var victims = new Victims(stage, postgres, queue, options.Workers);
        victims.StartWorkers();
        using var client = stage.Client();

        try
        {
            var undisturbed = await UndisturbedAsync(client, stop);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var watching = WatchAsync(client, over.Token);
            var runs = await DisturbAsync(stage, victims, client, postgres is not null, stop);
            await Following.SettleAsync(client, runs.Select(run => run.Id), Settling, stop);
            await over.CancelAsync();
            await watching;
            foreach (var run in runs)
                await Judge.RequireWholeAsync(bounds, client, run.Id, options.Steps, undisturbed[run.Seed], 1, stop);
        }
        catch (Exception error) when (error is InvalidOperationException or TimeoutException or PortalException)
        {
            bounds.Require(false, "it went on to the end", error.Message);
            Console.WriteLine(stage.Output);
        }

        bounds.Note("killed", string.Join(", ", kills.OrderBy(kill => kill.Key).Select(kill => $"{kill.Key} {kill.Value}×")));
        bounds.Note("portal back after a kill", string.Create(CultureInfo.InvariantCulture, $"{(recoveries.Count == 0 ? 0 : recoveries.Average()):0.0} s on average, {(recoveries.Count == 0 ? 0 : recoveries.Max()):0.0} s at most"));
        bounds.Note("answers the oracle read", oracle.Looks.ToString(CultureInfo.InvariantCulture));
        bounds.Require(oracle.Violations.Count == 0, "no answer contradicted an earlier one", string.Join("; ", oracle.Violations.Take(5)));
    }

    private string Spec(int seed) => Specs.Tiny($"Chaos {seed}", seed, options.Steps);

    /// <summary>The curve of each seed when nobody interferes.</summary>
    private async Task<Dictionary<int, IReadOnlyList<(long Step, double Value)>>> UndisturbedAsync(PortalClient client, CancellationToken stop)
    {
        var curves = new Dictionary<int, IReadOnlyList<(long Step, double Value)>>();
        for (var seed = 1; seed <= Math.Min(Seeds, options.Runs); seed++)
        {
            var watch = Stopwatch.StartNew();
            var run = await client.SubmitAsync(Spec(seed), stop);
            await Following.SettleAsync(client, [run.Id], Settling, stop);
            curves[seed] = await Curves.LossAsync(client, run.Id, stop);
            bounds.Require(curves[seed].Count == options.Steps, $"the undisturbed run of seed {seed} has its curve", string.Create(CultureInfo.InvariantCulture, $"{curves[seed].Count} points, {watch.Elapsed.TotalSeconds:0.0} s"));
        }

        return curves;
    }

    private async Task<List<(Guid Id, int Seed)>> DisturbAsync(Stage stage, Victims victims, PortalClient client, bool database, CancellationToken stop)
    {
        var runs = new List<(Guid, int)>();
        async Task MoreAsync(int count)
        {
            for (; count > 0; count--)
            {
                var seed = 1 + runs.Count % Seeds;
                runs.Add(((await client.SubmitAsync(Spec(Math.Min(seed, options.Runs)), stop)).Id, Math.Min(seed, options.Runs)));
            }
        }

        await MoreAsync(options.Runs);
        var clock = Stopwatch.StartNew();
        var restarts = database ? new Queue<double>([options.Minutes / 3, options.Minutes * 2 / 3]) : new();
        while (clock.Elapsed.TotalMinutes < options.Minutes)
        {
            await Task.Delay(TimeSpan.FromSeconds(options.LeastPause + random.NextDouble() * (options.MostPause - options.LeastPause)), stop);
            if (restarts.TryPeek(out var at) && clock.Elapsed.TotalMinutes >= at)
            {
                restarts.Dequeue();
                Count("PostgreSQL restarted");
                await victims.PostgresAsync();
            }

            switch (random.Next(options.Workers > 0 ? 3 : 2))
            {
                case 0:
                    Count("portal");
                    var watch = Stopwatch.StartNew();
                    await victims.PortalAsync();
                    recoveries.Add(watch.Elapsed.TotalSeconds);
                    break;
                case 1:
                    if (victims.RunProcess(random.Next()))
                        Count("run process");
                    break;
                default:
                    Count("worker");
                    await victims.WorkerAsync(random.Next());
                    break;
            }

            // There is always something to kill.
            var open = (await client.ListAsync(true, 100, stop)).Runs.Count(run => !run.IsOver);
            if (open < 2)
                await MoreAsync(2);
        }

        bounds.Note("runs", runs.Count.ToString(CultureInfo.InvariantCulture));
        return runs;
    }

    private async Task WatchAsync(PortalClient client, CancellationToken over)
    {
        var looks = 0;
        while (!over.IsCancellationRequested)
        {
            try
            {
                foreach (var run in (await client.ListAsync(true, 100, over)).Runs)
                {
                    var details = await client.SendAsync<JsonElement>(HttpMethod.Get, $"runs/{run.Id}", null, over);
                    // Sometimes one of a list, sometimes one of a page: both speak of the same run.
                    oracle.See(Falsified(Seen(details), ++looks));
                }

                await Task.Delay(300, over);
            }
            catch (PortalException away) when (away.Status is 0 or >= 500)
            {
                await Task.Delay(100, CancellationToken.None);
            }
            catch (Exception broken) when (broken is IOException or HttpRequestException or JsonException)
            {
                // Killed in the middle of an answer.
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static Sighting Seen(JsonElement details)
    {
        var run = details.GetProperty("run");
        static DateTimeOffset? Time(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value.GetDateTimeOffset();
        return new(
            run.GetProperty("id").GetGuid(), run.GetProperty("state").GetString()!, run.GetProperty("progress") is { ValueKind: JsonValueKind.Number } part ? part.GetDouble() : null,
            details.GetProperty("attempts").GetArrayLength(), details.GetProperty("lastEvent").GetInt64(), Time(run.GetProperty("startedAt")), Time(run.GetProperty("endedAt")));
    }

    // The bug that the oracle must find: now and then a finished run is shown as one that still goes on.
    private Sighting Falsified(Sighting seen, int look) => options.SeededBug && seen.State == "Succeeded" && look % 3 == 0 ? seen with { State = "Running" } : seen;

    private void Count(string what)
    {
        kills[what] = kills.GetValueOrDefault(what) + 1;
        Console.WriteLine($"      {what}");
    }
}
