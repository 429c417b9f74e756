using System.Globalization;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Worker;

namespace MiniSora.Soak;

/// <summary>A worker that trains nothing: it claims runs and reports what it is told to, over the line that real workers use.</summary>
internal sealed class FakeWorker : IAsyncDisposable
{
    private readonly HubConnection line;

    private FakeWorker(HubConnection line) => this.line = line;

    public static async Task<FakeWorker> ConnectAsync(Stage stage)
    {
        var line = new HubConnectionBuilder().WithUrl(new Uri(stage.Address, WorkerHubNames.Path), options => options.AccessTokenProvider = () => Task.FromResult<string?>(stage.WorkerToken)).AddJsonProtocol().Build();
        await line.StartAsync();
        return new(line);
    }

    /// <summary>Offers a slot: from now on the portal hands runs over for it.</summary>
    public Task JoinAsync(string name) => line.InvokeAsync(WorkerHubNames.Hello, new WorkerHello(name, SoftwareVersion.Current, [new("cpu", MemoryClasses.NameOf(MemoryClass.Cpu))]));

    /// <summary>Opens the next attempt of a run; null when there is nothing to do.</summary>
    public Task<WireGrant?> ClaimAsync(Guid run, string name) => line.InvokeAsync<WireGrant?>(WorkerHubNames.Claim, run, name);

    /// <summary>Submits a run and claims it.</summary>
    public async Task<Guid> ClaimNewAsync(Stage stage, int steps)
    {
        using var client = stage.Client();
        var run = await client.SubmitAsync(string.Create(CultureInfo.InvariantCulture, $"kind: training\nname: Reported\ntraining:\n  steps: {steps}\n"), CancellationToken.None);
        _ = await ClaimAsync(run.Id, "soak") ?? throw new InvalidOperationException("The run could not be claimed.");
        await ReportAsync(run.Id, 1, [Started(steps)]);
        return run.Id;
    }

    /// <summary>Reports events; returns when they are stored.</summary>
    public async Task<WireReceipt> ReportAsync(Guid run, int attempt, IReadOnlyList<RunEvent> events) =>
        await line.InvokeAsync<WireReceipt>(WorkerHubNames.Report, run, attempt, events.Select(RunEventJson.Write).ToArray());

    /// <summary>Reports events of the first attempt.</summary>
    public Task<WireReceipt> ReportAsync(Guid run, IReadOnlyList<RunEvent> events) => ReportAsync(run, 1, events);

    /// <summary>Says that the attempt lives.</summary>
    public Task<WirePulse> PulseAsync(Guid run, int attempt) => line.InvokeAsync<WirePulse>(WorkerHubNames.Heartbeat, run, attempt);

    /// <summary>Says that the attempt's process has left.</summary>
    public Task EndAsync(Guid run, int attempt) => line.InvokeAsync<bool>(WorkerHubNames.End, run, attempt, new AttemptEnd(0, "", false));

    /// <summary>The first event of an attempt.</summary>
    public static RunStarted Started(int steps) => new("cpu", "fp32", 1, "soak", "", steps, 0) { Seq = 1, At = TimeProvider.System.GetUtcNow() };

    /// <summary>One event with the losses of steps from…to−1.</summary>
    public static RunStep Losses(long seq, long from, int count) =>
        new(from + count - 1, 100, 1, [.. Enumerable.Range(0, count).Select(i => new MetricPoint("loss", from + i, 1.0 / (from + i)))]) { Seq = seq, At = TimeProvider.System.GetUtcNow() };

    public ValueTask DisposeAsync() => line.DisposeAsync();
}
