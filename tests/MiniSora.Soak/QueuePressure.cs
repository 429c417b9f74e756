using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Hangfire.Storage;
using MiniSora.Jobs.Portal;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Worker;
using MiniSora.Tests;
using Npgsql;

namespace MiniSora.Soak;

/// <summary>How much pressure.</summary>
/// <param name="Backlog">Runs that wait, all the time.</param>
/// <param name="Think">Seconds that a requester rests between two requests, on average.</param>
internal sealed record PressureOptions(double Seconds, int Backlog, int Workers, int Requesters, int Members, double Think);

/// <summary>
/// Thousands of runs wait, workers take them from the shared queue as fast as they are done with the last one, people submit, look and cancel. The workers
/// are simulated from the queue's job on: they fetch it as Hangfire does, claim over the real line, report, and end; only the training is left out.
/// Queue and portal data lie in a PostgreSQL of their own.
/// </summary>
internal sealed class QueuePressure(PressureOptions options, Bounds bounds)
{
    private readonly ConcurrentDictionary<Guid, int> owners = new();
    private readonly ConcurrentQueue<double> claims = new(), idle = new(), asked = new();
    private readonly ConcurrentQueue<string> failures = new();
    private readonly double[] served = new double[options.Members];
    private readonly Lock serving = new();
    // Members whose line lost a run: somebody submits the next.
    private readonly ConcurrentQueue<int> owed = new();
    private int submitted, taken, cancelled, empty;
    private bool measuring;

    public async Task RunAsync(CancellationToken stop)
    {
        await using var postgres = await PostgresServer.StartAsync();
        var queue = await postgres.CreateAsync("jobs");
        await using var stage = await Stage.OpenAsync(options.Members, ("ConnectionStrings__Jobs", queue), ("ConnectionStrings__Portal", await postgres.CreateAsync("portal")), ("Runs__Execute", "false"));
        var clients = stage.MemberTokens.Select(token => new PortalClient(stage.Address, token, TimeProvider.System)).ToList();

        var filling = Stopwatch.StartNew();
        await Parallel.ForEachAsync(Enumerable.Range(0, options.Backlog), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = stop }, async (i, token) => await SubmitAsync(clients, i % options.Members, token));
        bounds.Note("runs submitted before", string.Create(CultureInfo.InvariantCulture, $"{submitted} by {options.Members} members in {filling.Elapsed.TotalSeconds:0.0} s ({submitted / filling.Elapsed.TotalSeconds:0} a second)"));
        // A member may send so much a minute, and filling has used the minute up.
        await Task.Delay(TimeSpan.FromSeconds(61), stop);

        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var storage = JobQueue.Open(queue);
        var working = Enumerable.Range(1, options.Workers).Select(number => Task.Factory.StartNew(() => WorkAsync(stage, storage, number, over.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()).ToList();
        var asking = Enumerable.Range(1, options.Requesters).Select(number => AskAsync(stage, clients, number, over.Token)).ToList();
        // The first of everything pays for compiling; nobody measures it.
        await Task.Delay(TimeSpan.FromSeconds(10), stop);
        Volatile.Write(ref measuring, true);
        var (before, least) = (taken, long.MaxValue);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < options.Seconds; await Task.Delay(2000, stop))
            least = Math.Min(least, await CountAsync(postgres, "SELECT count(*) FROM \"Runs\" WHERE \"State\" = 'Queued'"));
        Volatile.Write(ref measuring, false);
        var done = taken - before;
        await over.CancelAsync();
        await Task.WhenAll([.. working, .. asking]).WaitAsync(TimeSpan.FromMinutes(2), stop);

        bounds.Note("runs taken", string.Create(CultureInfo.InvariantCulture, $"{done} ({done / options.Seconds:0.0} a second), at least {least} waiting at any time, {cancelled} cancelled while they waited"));
        bounds.Note("a worker without a run, from the end of one to the claim of the next", string.Create(CultureInfo.InvariantCulture, $"p50 {Bounds.Percentile(idle, 0.5):0} ms, p95 {Bounds.Percentile(idle, 0.95):0} ms, at most {Bounds.Percentile(idle, 1):0} ms"));
        bounds.Note($"requests of {options.Requesters} people", string.Create(CultureInfo.InvariantCulture, $"{asked.Count / options.Seconds:0.0} a second, p50 {Bounds.Percentile(asked, 0.5):0} ms, p95 {Bounds.Percentile(asked, 0.95):0} ms"));
        bounds.Note("device seconds by member", string.Join(", ", served.Select(seconds => seconds.ToString("0", CultureInfo.InvariantCulture))));
        bounds.AtMost(Bounds.Percentile(claims, 0.95), 100, string.Create(CultureInfo.InvariantCulture, $"claim, p95 of {claims.Count} (p50 {Bounds.Percentile(claims, 0.5):0.0} ms)"), "ms");
        bounds.Require(Jain(served) >= 0.95, "fairness over equal members, Jain's index at least 0.95", Jain(served).ToString("0.0000", CultureInfo.InvariantCulture));
        bounds.Require(await CountAsync(postgres, "SELECT sum(deadlocks)::bigint FROM pg_stat_database") == 0, "no deadlock in either database");
        bounds.Require(!claims.IsEmpty && Bounds.Percentile(idle, 1) < 30_000, "no worker was forgotten while runs waited");
        bounds.Require(least >= options.Backlog * 0.9, "the line was as long as it should be all the time", least.ToString(CultureInfo.InvariantCulture));
        bounds.Require(failures.IsEmpty, "no request and no report failed", string.Join("; ", failures.Take(5)));
        bounds.Note("jobs whose run was gone when they came", empty.ToString(CultureInfo.InvariantCulture));
        foreach (var client in clients)
            client.Dispose();
    }

    /// <summary>1 when all have the same, 1/n when one has all.</summary>
    internal static double Jain(IReadOnlyCollection<double> shares) => shares.Sum() == 0 ? 0 : Math.Pow(shares.Sum(), 2) / (shares.Count * shares.Sum(share => share * share));

    private async Task SubmitAsync(IReadOnlyList<PortalClient> clients, int member, CancellationToken stop)
    {
        PortalRun run;
        while (true)
        {
            try
            {
                run = await clients[member].SubmitAsync("kind: training\nname: Pressed\ndevice: cpu\ntraining:\n  steps: 100\n", stop);
                break;
            }
            catch (PortalException busy) when (busy.Status == 429)
            {
                // A fast machine fills the line faster than one address may ask: that limit is not what is measured.
                await Task.Delay(TimeSpan.FromSeconds(1), stop);
            }
        }

        owners[run.Id] = member;
        Interlocked.Increment(ref submitted);
    }

    private async Task WorkAsync(Stage stage, Hangfire.JobStorage storage, int number, CancellationToken over)
    {
        var (name, random) = ($"simulated-{number}", new Random(number));
        string[] queues = [.. MemoryClasses.QueuesOf(MemoryClass.Cpu)];
        await using var worker = await FakeWorker.ConnectAsync(stage);
        await worker.JoinAsync(name);
        using var connection = storage.GetConnection();
        var since = Stopwatch.StartNew();
        while (!over.IsCancellationRequested)
        {
            try
            {
                using var job = connection.FetchNextJob(queues, over);
                var run = (Guid)connection.GetJobData(job.JobId).Job.Args[0];
                var watch = Stopwatch.StartNew();
                var grant = await worker.ClaimAsync(run, name);
                Record(claims, watch.Elapsed.TotalMilliseconds);
                job.RemoveFromQueue();
                if (grant is null)
                {
                    // Cancelled between hand-over and claim.
                    Interlocked.Increment(ref empty);
                    continue;
                }

                Record(idle, since.Elapsed.TotalMilliseconds);
                Interlocked.Increment(ref taken);
                if (owners.TryGetValue(run, out var owner))
                    owed.Enqueue(owner);
                await TrainAsync(worker, grant, 1 + 2 * random.NextDouble());
                since.Restart();
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // A boundary: whatever goes wrong breaks the bound, and the worker goes on as a real one would.
                if (over.IsCancellationRequested)
                    return;
                failures.Enqueue($"{name}: {error.Message}");
                await Task.Delay(1000, CancellationToken.None);
            }
        }
    }

    /// <summary>What a run of so many seconds says while it goes on.</summary>
    private async Task TrainAsync(FakeWorker worker, WireGrant grant, double seconds)
    {
        var watch = Stopwatch.StartNew();
        await worker.ReportAsync(grant.RunId, grant.Attempt, [FakeWorker.Started(100)]);
        var seq = 1;
        while (watch.Elapsed.TotalSeconds < seconds)
        {
            await Task.Delay(TimeSpan.FromSeconds(Math.Clamp(seconds - watch.Elapsed.TotalSeconds, 0.01, 1)));
            await worker.PulseAsync(grant.RunId, grant.Attempt);
            await worker.ReportAsync(grant.RunId, grant.Attempt, [FakeWorker.Losses(++seq, (seq - 2) * 20 + 1, 20)]);
        }

        await worker.ReportAsync(grant.RunId, grant.Attempt, [new RunFinished("completed", 100, seconds, 1 << 20, 1e9) { Seq = ++seq, At = TimeProvider.System.GetUtcNow() }]);
        await worker.EndAsync(grant.RunId, grant.Attempt);
        if (!Volatile.Read(ref measuring) || !owners.TryGetValue(grant.RunId, out var member))
            return;
        lock (serving)
            served[member] += watch.Elapsed.TotalSeconds;
    }

    /// <summary>Somebody in front of the portal: keeps the line long, looks at runs, lists and the queue, changes their mind.</summary>
    private async Task AskAsync(Stage stage, IReadOnlyList<PortalClient> clients, int number, CancellationToken over)
    {
        var (random, member) = (new Random(1000 + number), number % options.Members);
        using var http = new HttpClient { BaseAddress = stage.Address, Timeout = TimeSpan.FromSeconds(30) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", stage.MemberTokens[member]);
        while (!over.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(options.Think * (0.5 + random.NextDouble())), over);
                var watch = Stopwatch.StartNew();
                // Whoever asks next submits what the line lost.
                if (owed.TryDequeue(out var next))
                    await SubmitAsync(clients, next, CancellationToken.None);
                else
                    await LookAsync(http, clients[member], member, random);
                Record(asked, watch.Elapsed.TotalMilliseconds);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // A boundary: whatever goes wrong breaks the bound, and people go on. At the end they leave.
                if (over.IsCancellationRequested)
                    return;
                failures.Enqueue($"requester {number}: {error.Message}");
            }
        }
    }

    private async Task LookAsync(HttpClient http, PortalClient client, int member, Random random)
    {
        var mine = owners.Where(owner => owner.Value == member).Skip(random.Next(100)).Select(owner => owner.Key).FirstOrDefault();
        switch (random.Next(10))
        {
            case < 4:
                await GetAsync(http, "/api/v1/runs?mine=true&take=20");
                break;
            case < 7:
                await GetAsync(http, $"/api/v1/runs/{mine}");
                break;
            case 7:
                await GetAsync(http, "/queue");
                break;
            case 8:
                await GetAsync(http, "/");
                break;
            default:
                if ((await client.GetAsync(mine.ToString(), CancellationToken.None)).Run.State != "Queued")
                    return;
                using (var answer = await http.PostAsync(new Uri($"/api/v1/runs/{mine}/cancel", UriKind.Relative), new StringContent("", Encoding.UTF8)))
                {
                    // Taken meanwhile: then it runs, and is cancelled all the same; or it is over already.
                    if (answer.StatusCode != System.Net.HttpStatusCode.UnprocessableEntity && answer.StatusCode != System.Net.HttpStatusCode.Conflict)
                        answer.EnsureSuccessStatusCode();
                    if (owners.TryRemove(mine, out _))
                        owed.Enqueue(member);
                    Interlocked.Increment(ref cancelled);
                }

                break;
        }
    }

    private static async Task GetAsync(HttpClient http, string address)
    {
        using var answer = await http.GetAsync(new Uri(address, UriKind.Relative));
        answer.EnsureSuccessStatusCode();
        await answer.Content.ReadAsByteArrayAsync();
    }

    private void Record(ConcurrentQueue<double> to, double value)
    {
        if (Volatile.Read(ref measuring))
            to.Enqueue(value);
    }

    private static async Task<long> CountAsync(PostgresServer postgres, string question)
    {
        await using var connection = new NpgsqlConnection(postgres.Of("portal"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(question, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
