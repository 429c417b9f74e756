using System.Diagnostics;
using System.Globalization;

namespace MiniSora.Soak;

/// <summary>Points from many runs at once, over the line that workers use, while people look at pages: how fast they are stored, and whether each is, once.</summary>
internal sealed class Ingest(int portals, Bounds bounds)
{
    public async Task RunAsync(CancellationToken stop)
    {
        await using var town = await Town.OpenAsync(portals, 1, _ => Task.CompletedTask, ("Runs__Execute", "false"), ("ConnectionStrings__Jobs", ""));
        var stage = town.Lead;
        // Workers report to the lead; people are where the load balancer sends them.
        var people = town.Portals[^1];
        await using var worker = await FakeWorker.ConnectAsync(stage);
        // The first requests pay for compiling; nobody measures them.
        await PagesAsync(people, TimeSpan.FromSeconds(2), stop);

        var one = await worker.ClaimNewAsync(stage, 2000);
        var watch = Stopwatch.StartNew();
        for (var batch = 0; batch < 40; batch++)
            await worker.ReportAsync(one, [FakeWorker.Losses(batch + 2, batch * 50 + 1, 50)]);
        bounds.AtMost(watch.Elapsed.TotalSeconds, 2, "2,000 points from one run", "s");
        await CompleteAsync(stage, one, 2000, stop);

        await ParallelAsync(stage, people, stop);
        await BatchesAsync(stage, worker);
        await AgainAsync(stage, worker);
        await LimitAsync(stage, stop);
    }

    private async Task ParallelAsync(Stage stage, Stage people, CancellationToken stop)
    {
        const int Runs = 32, Points = 1000;
        var workers = await Task.WhenAll(Enumerable.Range(0, Runs).Select(_ => FakeWorker.ConnectAsync(stage)));
        var runs = new List<Guid>();
        foreach (var worker in workers)
            runs.Add(await worker.ClaimNewAsync(stage, Points));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var pages = PagesAsync(people, Timeout.InfiniteTimeSpan, over.Token);
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(workers.Select((worker, i) => Task.Run(
            async () =>
            {
                for (var batch = 0; batch < Points / 20; batch++)
                    await worker.ReportAsync(runs[i], [FakeWorker.Losses(batch + 2, batch * 20 + 1, 20)]);
            },
            stop)));
        bounds.AtMost(watch.Elapsed.TotalSeconds, 20, "32 runs × 1,000 points in parallel", "s");
        await over.CancelAsync();
        var times = await pages;
        bounds.AtMost(Bounds.Percentile(times, 0.95), 350, $"public pages meanwhile, p95 of {times.Count}", "ms");
        foreach (var run in runs)
            await CompleteAsync(stage, run, Points, stop, quiet: true);
        bounds.Note("32 curves", "every point once");
        foreach (var worker in workers)
            await worker.DisposeAsync();
    }

    private async Task BatchesAsync(Stage stage, FakeWorker worker)
    {
        var run = await worker.ClaimNewAsync(stage, 100_000);
        var times = new List<double>();
        for (var batch = 0; batch < 60; batch++)
        {
            var watch = Stopwatch.StartNew();
            await worker.ReportAsync(run, [FakeWorker.Losses(batch + 2, batch * 1000 + 1, 1000)]);
            if (batch >= 10)
                times.Add(watch.Elapsed.TotalMilliseconds);
        }

        bounds.AtMost(Bounds.Percentile(times, 0.95), 130, "a batch of 1,000 values, p95 of 50", "ms");
    }

    private async Task AgainAsync(Stage stage, FakeWorker worker)
    {
        var run = await worker.ClaimNewAsync(stage, 250_000);
        var seq = 1L;
        async Task FillAsync(long upTo)
        {
            while ((seq - 1) * 1000 < upTo)
            {
                seq++;
                await worker.ReportAsync(run, [FakeWorker.Losses(seq, (seq - 2) * 1000 + 1, 1000)]);
            }
        }

        async Task<double> AgainTimeAsync()
        {
            var times = new List<double>();
            for (var i = 0; i < 30; i++)
            {
                var watch = Stopwatch.StartNew();
                await worker.ReportAsync(run, [FakeWorker.Losses(seq, (seq - 2) * 1000 + 1, 1000)]);
                times.Add(watch.Elapsed.TotalMilliseconds);
            }

            return Bounds.Percentile(times, 0.5);
        }

        await FillAsync(10_000);
        var few = await AgainTimeAsync();
        await FillAsync(200_000);
        var many = await AgainTimeAsync();
        // Below a millisecond the clock and the scheduler decide.
        bounds.AtMost(Math.Max(1, many) / Math.Max(1, few), 1.2, string.Create(CultureInfo.InvariantCulture, $"a batch sent again at 200,000 points against 10,000 ({many:0.0} ms, {few:0.0} ms)"), "×");
    }

    private async Task LimitAsync(Stage stage, CancellationToken stop)
    {
        var workers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => FakeWorker.ConnectAsync(stage)));
        var stored = 0L;
        var runs = new List<Guid>();
        foreach (var worker in workers)
            runs.Add(await worker.ClaimNewAsync(stage, 10_000_000));
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(workers.Select((worker, i) => Task.Run(
            async () =>
            {
                for (var batch = 0L; watch.Elapsed.TotalSeconds < 8; batch++)
                {
                    await worker.ReportAsync(runs[i], [FakeWorker.Losses(batch + 2, batch * 1000 + 1, 1000)]);
                    Interlocked.Add(ref stored, 1000);
                }
            },
            stop)));
        bounds.Note("the limit, 8 runs sending batches of 1,000 as fast as they are taken", string.Create(CultureInfo.InvariantCulture, $"{stored / watch.Elapsed.TotalSeconds:N0} points/s"));
        foreach (var worker in workers)
            await worker.DisposeAsync();
    }

    private async Task CompleteAsync(Stage stage, Guid run, int points, CancellationToken stop, bool quiet = false)
    {
        using var client = stage.Client();
        var steps = (await Curves.LossAsync(client, run, stop)).Select(point => point.Step).ToList();
        var whole = steps.SequenceEqual(Enumerable.Range(1, points).Select(step => (long)step));
        if (!quiet || !whole)
            bounds.Require(whole, "every point is stored once, in order", $"{steps.Count}");
    }

    /// <summary>Milliseconds of requests for public pages, one after another, until told to stop.</summary>
    private static async Task<List<double>> PagesAsync(Stage stage, TimeSpan duration, CancellationToken over)
    {
        using var http = new HttpClient { BaseAddress = stage.Address };
        var times = new List<double>();
        var clock = Stopwatch.StartNew();
        while (!over.IsCancellationRequested && (duration == Timeout.InfiniteTimeSpan || clock.Elapsed < duration))
        {
            foreach (var page in new[] { "/", "/gallery", "/datasets" })
            {
                var watch = Stopwatch.StartNew();
                using var answer = await http.GetAsync(new Uri(page, UriKind.Relative), CancellationToken.None);
                answer.EnsureSuccessStatusCode();
                times.Add(watch.Elapsed.TotalMilliseconds);
            }

            await Task.Delay(50, CancellationToken.None);
        }

        return times;
    }
}
