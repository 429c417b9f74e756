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

    /// <summary>Submits a run and claims it.</summary>
    public async Task<Guid> ClaimNewAsync(Stage stage, int steps)
    {
        using var client = stage.Client();
        var run = await client.SubmitAsync(string.Create(CultureInfo.InvariantCulture, $"kind: training\nname: Reported\ntraining:\n  steps: {steps}\n"), CancellationToken.None);
        _ = await line.InvokeAsync<WireGrant?>(WorkerHubNames.Claim, run.Id, "soak") ?? throw new InvalidOperationException("The run could not be claimed.");
        await ReportAsync(run.Id, [new RunStarted("cpu", "fp32", 1, "soak", "", steps, 0) { Seq = 1, At = TimeProvider.System.GetUtcNow() }]);
        return run.Id;
    }

    /// <summary>Reports events; returns when they are stored.</summary>
    public async Task<WireReceipt> ReportAsync(Guid run, IReadOnlyList<RunEvent> events) =>
        await line.InvokeAsync<WireReceipt>(WorkerHubNames.Report, run, 1, events.Select(RunEventJson.Write).ToArray());

    /// <summary>One event with the losses of steps from…to−1.</summary>
    public static RunStep Losses(long seq, long from, int count) =>
        new(from + count - 1, 100, 1, [.. Enumerable.Range(0, count).Select(i => new MetricPoint("loss", from + i, 1.0 / (from + i)))]) { Seq = seq, At = TimeProvider.System.GetUtcNow() };

    public ValueTask DisposeAsync() => line.DisposeAsync();
}
