using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using MiniSora.Web.Queue;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Status;

/// <summary>What the portal measures of itself. Listens to what is told about runs anyway; gauges are read every fifteen seconds.</summary>
internal sealed partial class PortalMeter : BackgroundService
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(15);

    private readonly QueueBoard queue;
    private readonly ReliabilityReader reliability;
    private readonly RunFeed feed;
    private readonly TimeProvider clock;
    private readonly ILogger<PortalMeter> logger;
    private readonly Counter<long> moves;
    private readonly Counter<long> failures;
    private readonly Counter<long> points;
    private readonly Histogram<double> lengths;
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> started = new();
    private QueueNow? now;

    /// <summary>Timestamp of the clock when the portal began.</summary>
    public long StartedAt { get; }

    public PortalMeter(IMeterFactory meters, QueueBoard queue, ReliabilityReader reliability, RunFeed feed, DataFolder folder, TimeProvider clock, ILogger<PortalMeter> logger)
    {
        (this.queue, this.reliability, this.feed, this.clock, this.logger) = (queue, reliability, feed, clock, logger);
        StartedAt = clock.GetTimestamp();
        var meter = meters.Create(Telemetry.Name);
        moves = meter.CreateCounter<long>("minisora.run.moves", "{move}", "Changes of a run's state, by the new state.");
        failures = meter.CreateCounter<long>("minisora.run.failures", "{run}", "Failed runs, by failure code.");
        points = meter.CreateCounter<long>("minisora.points.stored", "{point}", "Metric values stored.");
        lengths = meter.CreateHistogram<double>("minisora.run.duration", "s", "From the first start of a run to its end, by the state it ended in.");
        meter.CreateObservableGauge("minisora.queue.waiting", () => now?.Waiting.Count ?? 0, "{run}", "Runs that wait.");
        meter.CreateObservableGauge("minisora.queue.oldest", () => now is { Waiting.Count: > 0 } ? (clock.GetUtcNow() - now.Waiting.Min(entry => entry.Since)).TotalSeconds : 0, "s", "How long the oldest waiting run has waited.");
        meter.CreateObservableGauge("minisora.devices.busy", () => now?.Running.Count ?? 0, "{device}", "Devices that work on a run.");
        meter.CreateObservableGauge("minisora.devices.all", () => now?.Devices ?? 0, "{device}", "Devices there are.");
        meter.CreateObservableGauge("minisora.disk.free", folder.FreeBytes, "By", "Room on the disk of the data folder.");
        meter.CreateObservableGauge("minisora.reliability.runs_lost", () => reliability.Last?.RunsLost ?? 0, "{run}", "Runs that nobody works on and nobody will.");
        meter.CreateObservableGauge("minisora.reliability.past_deadline", () => reliability.Last?.PastDeadline ?? 0, "{run}", "Running runs not heard of in time.");
        meter.CreateObservableGauge("minisora.reliability.attempts_lost", () => reliability.Last?.LostAttempts ?? 0, "{attempt}", "Attempts lost within thirty days.");
        meter.CreateObservableGauge("minisora.reliability.metric_gaps", () => reliability.Last?.MetricGaps ?? 0, "{step}", "Steps of finished runs without a stored loss.");
        meter.CreateObservableGauge("minisora.reliability.recovery", () => reliability.Last?.MeanRecoverySeconds ?? 0, "s", "Mean time from a lost attempt's last sign of life to the next attempt.");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var listening = feed.SubscribeAll(Hear);
        using var timer = new PeriodicTimer(LookAgain, clock);
        try
        {
            do
            {
                await LookAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            now = await queue.LookAsync(cancellationToken);
            await reliability.CountAsync(cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // A boundary: a gauge that stands still costs nobody a run.
            LogNotRead(error);
        }
    }

    /// <summary>Called on the thread that stored the event.</summary>
    private void Hear(Guid runId, LiveEvent happened)
    {
        if (happened.Type == "step")
        {
            if (happened.Data["points"] is System.Text.Json.Nodes.JsonObject series)
                points.Add(series.Sum(metric => (long)(metric.Value?.AsArray().Count ?? 0)));
            return;
        }

        if (happened.Type != "state" || !Enum.TryParse<RunState>((string?)happened.Data["state"], out var state))
            return;
        moves.Add(1, new KeyValuePair<string, object?>("state", state.ToString()));
        if (state == RunState.Running)
            started.TryAdd(runId, happened.At);
        if (state == RunState.Failed)
            failures.Add(1, new KeyValuePair<string, object?>("code", (string?)happened.Data["failureCode"] ?? "software"));
        if (!Run.IsFinal(state) || !started.TryRemove(runId, out var since))
            return;
        lengths.Record((happened.At - since).TotalSeconds, new KeyValuePair<string, object?>("state", state.ToString()));
        // The span of a run ends when it is told: it may have outlived several portals.
        using var span = Telemetry.Source.StartActivity("run", ActivityKind.Internal, default(ActivityContext), startTime: since);
        span?.SetTag("minisora.run.id", runId).SetTag("minisora.run.state", state.ToString()).SetEndTime(happened.At.UtcDateTime);
    }

    [LoggerMessage(LogLevel.Warning, "The gauges could not be read")]
    private partial void LogNotRead(Exception error);
}
