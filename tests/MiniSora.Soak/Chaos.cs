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
            await SettleAsync(client, runs, stop);
            await over.CancelAsync();
            await watching;
            foreach (var run in runs)
                await JudgeAsync(client, run, undisturbed, stop);
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

    private string Spec(int seed) => string.Create(CultureInfo.InvariantCulture, $$"""
        kind: training
        name: "Chaos {{seed}}"
        seed: {{seed}}
        device: cpu
        data: { dataset: shapes, frames: 4, size: 16 }
        codec: { kind: linear, channels: 8 }
        model: { width: 32, depth: 1, heads: 1, patch: 2, text_depth: 0 }
        training: { steps: {{options.Steps}}, batch: 1, warmup_steps: 2, precision: fp32, checkpoint_steps: 100 }
        preview: { prompts: [] }
        """);

    /// <summary>The curve of each seed when nobody interferes.</summary>
    private async Task<Dictionary<int, IReadOnlyList<(long Step, double Value)>>> UndisturbedAsync(PortalClient client, CancellationToken stop)
    {
        var curves = new Dictionary<int, IReadOnlyList<(long Step, double Value)>>();
        for (var seed = 1; seed <= Math.Min(Seeds, options.Runs); seed++)
        {
            var watch = Stopwatch.StartNew();
            var run = await client.SubmitAsync(Spec(seed), stop);
            await SettleAsync(client, [(run.Id, seed)], stop);
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

    private static async Task SettleAsync(PortalClient client, IReadOnlyCollection<(Guid Id, int Seed)> runs, CancellationToken stop)
    {
        var patience = Stopwatch.StartNew();
        foreach (var (id, _) in runs)
        {
            while (true)
            {
                if (patience.Elapsed > Settling)
                    throw new TimeoutException($"Run {id} did not end within {Settling.TotalMinutes} minutes after the last kill.");
                try
                {
                    if ((await client.GetAsync(id.ToString(), stop)).Run.IsOver)
                        break;
                }
                catch (PortalException away) when (away.Status is 0 or >= 500)
                {
                    // It comes back.
                }

                await Task.Delay(200, stop);
            }
        }
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

    private async Task JudgeAsync(PortalClient client, (Guid Id, int Seed) run, Dictionary<int, IReadOnlyList<(long Step, double Value)>> undisturbed, CancellationToken stop)
    {
        var details = await client.GetAsync(run.Id.ToString(), stop);
        var complaints = new List<string>();
        if (details.Run.State != "Succeeded")
            complaints.Add($"it {details.Run.State} ({details.Failure?.Message ?? details.Run.FailureCode})");
        var (ends, numbers) = (0, new List<long>());
        await foreach (var happened in client.FollowAsync(run.Id.ToString(), 0, stop))
        {
            numbers.Add(happened.Seq);
            ends += happened.Type == "state" && happened.Data.GetProperty("state").GetString() is "Succeeded" or "Failed" or "Cancelled" ? 1 : 0;
        }

        if (ends != 1)
            complaints.Add($"it ended {ends} times");
        if (!numbers.SequenceEqual(Enumerable.Range(1, numbers.Count).Select(number => (long)number)))
            complaints.Add("its events have a gap");
        if (Curves.Difference(undisturbed[run.Seed], await Curves.LossAsync(client, run.Id, stop)) is { } difference)
            complaints.Add("its curve differs at " + difference);
        foreach (var group in details.Artifacts.GroupBy(file => (file.Kind, file.Step, file.Index)).Where(group => group.Count() > 1))
            complaints.Add($"{group.Key.Kind} of step {group.Key.Step} is there {group.Count()} times");
        if (details.Artifacts.Count(file => file.Kind == "checkpoint" && file.Step == options.Steps) != 1)
            complaints.Add("its last checkpoint is missing");
        bounds.Require(complaints.Count == 0, $"run {details.Run.Number} ended once, with the undisturbed curve and all its files", string.Join("; ", complaints));
    }

    private void Count(string what)
    {
        kills[what] = kills.GetValueOrDefault(what) + 1;
        Console.WriteLine($"      {what}");
    }
}
