using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using MiniSora.Jobs.Runs;

namespace MiniSora.Soak;

/// <summary>Many listeners on one run: how late they hear, and that nobody misses anything, also after a forced reconnect.</summary>
internal sealed class FanOut(int listeners, int seconds, int portals, Bounds bounds)
{
    public async Task RunAsync(CancellationToken stop)
    {
        await using var town = await Town.OpenAsync(portals, 1, _ => Task.CompletedTask, ("Runs__Execute", "false"));
        var stage = town.Lead;
        await using var worker = await FakeWorker.ConnectAsync(stage);
        var run = await worker.ClaimNewAsync(stage, 100_000);
        var late = new ConcurrentBag<double>();
        var crowd = new List<Listener>();
        for (var i = 0; i < listeners; i += 25)
            crowd.AddRange(await Task.WhenAll(Enumerable.Range(i, Math.Min(25, listeners - i)).Select(k => Listener.ConnectAsync(town.Portals[k % portals], run, late))));
        bounds.Note("listeners", string.Create(CultureInfo.InvariantCulture, $"{crowd.Count} at {portals} portals"));

        var text = new string('x', 2000);
        for (var message = 0; message < seconds * 2; message++)
        {
            await worker.ReportAsync(run, [new RunLog("info", text) { Seq = message + 2, At = TimeProvider.System.GetUtcNow() }]);
            if (message == seconds)
                await Task.WhenAll(crowd.Where((_, i) => i % 10 == 0).Select(listener => listener.ReconnectAsync(stop)));
            await Task.Delay(500, stop);
        }

        await Task.Delay(2000, stop);
        using var client = stage.Client();
        var last = (await client.GetAsync(run.ToString(), stop)).LastEvent;
        var incomplete = crowd.Count(listener => !listener.HasAll(last));
        bounds.AtMost(Bounds.Percentile(late, 0.99), 1000, string.Create(CultureInfo.InvariantCulture, $"{listeners} listeners, 2 messages/s of 2 KB: p99 of {late.Count:N0}"), "ms");
        bounds.Note("p50", string.Create(CultureInfo.InvariantCulture, $"{Bounds.Percentile(late, 0.5):0} ms"));
        bounds.Require(incomplete == 0, "nobody misses anything, a tenth having reconnected", $"{crowd.Count - incomplete} of {crowd.Count} have all {last} events");
        foreach (var listener in crowd)
            await listener.DisposeAsync();
    }

    private sealed class Listener : IAsyncDisposable
    {
        private readonly HubConnection line;
        private readonly Guid run;
        private readonly ConcurrentBag<double> late;
        private readonly SortedSet<long> heard = [];
        private readonly Lock gate = new();

        private Listener(HubConnection line, Guid run, ConcurrentBag<double> late)
        {
            (this.line, this.run, this.late) = (line, run, late);
            line.On<Guid, JsonElement>("event", (_, happened) => Hear(happened, live: true));
        }

        public static async Task<Listener> ConnectAsync(Stage stage, Guid run, ConcurrentBag<double> late)
        {
            var line = new HubConnectionBuilder().WithUrl(new Uri(stage.Address, "/hubs/runs")).AddJsonProtocol().Build();
            var listener = new Listener(line, run, late);
            await listener.SubscribeAsync(CancellationToken.None);
            return listener;
        }

        public async Task ReconnectAsync(CancellationToken stop)
        {
            await line.StopAsync(stop);
            await Task.Delay(1200, stop);
            await SubscribeAsync(stop);
        }

        public bool HasAll(long last)
        {
            lock (gate)
                return heard.Count == last && heard.Max == last;
        }

        public ValueTask DisposeAsync() => line.DisposeAsync();

        private async Task SubscribeAsync(CancellationToken stop)
        {
            await line.StartAsync(stop);
            long last;
            lock (gate)
                last = heard.Max;
            var replay = await line.InvokeAsync<JsonElement>("Subscribe", run, last, stop);
            foreach (var missed in replay.GetProperty("events").EnumerateArray())
                Hear(missed, live: false);
        }

        private void Hear(JsonElement happened, bool live)
        {
            lock (gate)
                heard.Add(happened.GetProperty("seq").GetInt64());
            if (live)
                late.Add((TimeProvider.System.GetUtcNow() - happened.GetProperty("at").GetDateTimeOffset()).TotalMilliseconds);
        }
    }
}
