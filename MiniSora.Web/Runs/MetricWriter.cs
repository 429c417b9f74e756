using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Web.Artifacts;

namespace MiniSora.Web.Runs;

/// <summary>
/// The one writer of what attempts report. Reports that arrive while a transaction runs share the next one, so many
/// small reports cost as much as a few big ones.
/// </summary>
internal sealed partial class MetricWriter : IAsyncDisposable
{
    private const int MostReportsAtOnce = 256;

    private readonly Channel<Report> waiting = Channel.CreateBounded<Report>(new BoundedChannelOptions(1024) { SingleReader = true });
    private readonly RunWriting writing;
    private readonly ILogger<MetricWriter> logger;
    private readonly MetricPoints points = new();
    private readonly Task pump;

    public MetricWriter(RunWriting writing, ILogger<MetricWriter> logger)
    {
        this.writing = writing;
        this.logger = logger;
        pump = Task.Run(PumpAsync);
    }

    /// <summary>Stores events; completes when they are safe. Events stored before are left out.</summary>
    /// <param name="artifacts">Files already in the store, by the number of the event that brought them.</param>
    public async Task<ReportOutcome> WriteAsync(Guid runId, int attempt, IReadOnlyList<RunEvent> events, IReadOnlyDictionary<long, Artifact> artifacts, CancellationToken cancellationToken)
    {
        var report = new Report(runId, attempt, events, artifacts, new(TaskCreationOptions.RunContinuationsAsynchronously));
        await waiting.Writer.WriteAsync(report, cancellationToken);
        return await report.Done.Task.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        waiting.Writer.TryComplete();
        await pump;
    }

    private async Task PumpAsync()
    {
        var batch = new List<Report>();
        while (await waiting.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < MostReportsAtOnce && waiting.Reader.TryRead(out var report))
                batch.Add(report);
            await StoreAsync(batch);
        }
    }

    // A boundary: whatever goes wrong belongs to those who wait for the batch, and the next batch gets its chance.
    private async Task StoreAsync(List<Report> batch)
    {
        try
        {
            var outcomes = await writing.DoAsync(write => ApplyAsync(write, batch), CancellationToken.None);
            for (var i = 0; i < batch.Count; i++)
                batch[i].Done.SetResult(outcomes[i]);
        }
        catch (Exception error)
        {
            points.Forget();
            LogNotStored(error, batch.Count);
            foreach (var report in batch)
                report.Done.TrySetException(error);
        }
    }

    private async Task<ReportOutcome[]> ApplyAsync(RunWrite write, List<Report> batch)
    {
        var outcomes = new ReportOutcome[batch.Count];
        for (var i = 0; i < batch.Count; i++)
            outcomes[i] = await ApplyAsync(write, batch[i]);
        return outcomes;
    }

    private async Task<ReportOutcome> ApplyAsync(RunWrite write, Report report)
    {
        var run = await write.Context.Runs.FindAsync(report.RunId);
        var attempt = run is null ? null : await write.Context.Attempts.FindAsync(report.RunId, report.Attempt);
        if (run is null || attempt is null || run.CurrentAttempt != report.Attempt || run.State != RunState.Running || attempt.EndedAt is not null)
            return ReportOutcome.Stale;

        attempt.LastHeardAt = write.Now;
        var changes = new RunChanges(write, run, attempt);
        foreach (var happened in report.Events.OrderBy(e => e.Seq))
        {
            if (happened.Seq <= attempt.LastEventSeq)
                continue;
            if (happened.Seq != attempt.LastEventSeq + 1)
                LogGap(run.Id, attempt.Number, attempt.LastEventSeq, happened.Seq);
            attempt.LastEventSeq = happened.Seq;
            report.Artifacts.TryGetValue(happened.Seq, out var artifact);
            changes.Apply(happened, artifact is not null && await IsNewAsync(write, artifact) ? artifact : null);
        }

        await points.WriteAsync(write.Context, run.Number, changes.Points, CancellationToken.None);
        await PruneAsync(write, run);
        return ReportOutcome.Accepted;
    }

    // A resumed attempt makes some files again: the same one is not listed twice, a different one takes the old one's place.
    private static async Task<bool> IsNewAsync(RunWrite write, Artifact artifact)
    {
        var same = await write.Context.Artifacts
            .Where(a => a.RunId == artifact.RunId && a.Kind == artifact.Kind && a.Step == artifact.Step && a.Index == artifact.Index)
            .ToListAsync();
        if (same.Any(a => a.Sha256 == artifact.Sha256))
            return false;
        write.Context.Artifacts.RemoveRange(same);
        return true;
    }

    // Steps and phases are told often and their values are kept as points; a viewer who missed thousands starts afresh.
    private static async Task PruneAsync(RunWrite write, Run run)
    {
        const int Keep = 4096, Every = 1024;
        if (run.LastSeq - run.PrunedSeq < Keep + Every)
            return;
        run.PrunedSeq = run.LastSeq - Keep;
        await write.Context.RunEvents
            .Where(row => row.RunNumber == run.Number && row.Seq <= run.PrunedSeq && (row.Type == "step" || row.Type == "phase"))
            .ExecuteDeleteAsync();
    }

    [LoggerMessage(LogLevel.Error, "{Count} reports were not stored")]
    private partial void LogNotStored(Exception error, int count);

    [LoggerMessage(LogLevel.Warning, "Run {RunId} attempt {Attempt}: event {Seq} followed {Last}")]
    private partial void LogGap(Guid runId, int attempt, long last, long seq);

    private sealed record Report(
        Guid RunId, int Attempt, IReadOnlyList<RunEvent> Events, IReadOnlyDictionary<long, Artifact> Artifacts, TaskCompletionSource<ReportOutcome> Done);
}
