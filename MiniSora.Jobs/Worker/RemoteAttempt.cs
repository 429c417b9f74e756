using System.Text.Json;
using Microsoft.Extensions.Logging;
using MiniSora.Jobs.Portal;
using MiniSora.Jobs.Runs;

namespace MiniSora.Jobs.Worker;

/// <summary>One attempt whose ledger is elsewhere: keeps what happened, sends it in order, and hears what is asked.</summary>
internal sealed partial class RemoteAttempt : IAsyncDisposable
{
    private const int MostEvents = 200;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Guid runId;
    private readonly int attempt;
    private readonly RunFolder folder;
    private readonly PortalLink link;
    private readonly PortalFiles files;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly EventSpool spool;
    private readonly SemaphoreSlim news = new(0);
    private readonly CancellationTokenSource over = new();
    private readonly TaskCompletionSource stale = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task sending;
    private TaskCompletionSource<StopRequest> asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long stored;

    public RemoteAttempt(RunGrant grant, PortalLink link, PortalFiles files, TimeProvider time, ILogger logger)
    {
        (runId, attempt, folder, this.link, this.files, this.time, this.logger) = (grant.RunId, grant.Attempt, new RunFolder(grant.Folder), link, files, time, logger);
        spool = new EventSpool(grant.Folder, grant.Attempt);
        sending = Task.Run(SendAsync);
    }

    /// <summary>Keeps events and returns at once: training never waits for the portal.</summary>
    public ReportOutcome Report(IReadOnlyList<RunEvent> events)
    {
        if (stale.Task.IsCompleted)
            return ReportOutcome.Stale;
        spool.Append(events);
        news.Release();
        return ReportOutcome.Accepted;
    }

    /// <summary>Says that the attempt lives, if anybody can hear it.</summary>
    public async Task<ReportOutcome> PulseAsync(CancellationToken cancellationToken)
    {
        if (stale.Task.IsCompleted)
            return ReportOutcome.Stale;
        if (!link.IsUp)
            return ReportOutcome.Accepted;
        try
        {
            var pulse = await link.CallAsync<WirePulse>(WorkerHubNames.Heartbeat, [runId, attempt], cancellationToken).ConfigureAwait(false);
            if (pulse.Outcome == ReportOutcome.Stale)
                stale.TrySetResult();
            if (pulse.Stop is { } stop)
                Ask(stop);
            return pulse.Outcome;
        }
        catch (Exception passing) when (PortalLink.IsPassing(passing) && !cancellationToken.IsCancellationRequested)
        {
            return ReportOutcome.Accepted;
        }
    }

    /// <summary>What was asked; waits until something is.</summary>
    public Task<StopRequest> AskedAsync(CancellationToken cancellationToken) => asked.Task.WaitAsync(cancellationToken);

    /// <summary>Sends the rest and then the end. Waits for the portal as long as <paramref name="cancellationToken"/> allows.</summary>
    public async Task EndAsync(AttemptEnd end, CancellationToken cancellationToken)
    {
        while (!stale.Task.IsCompleted && Interlocked.Read(ref stored) < spool.LastSeq)
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancellationToken).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        while (true)
        {
            try
            {
                // Also for a stale attempt: the portal wants to know that its process has left.
                await link.CallAsync<bool>(WorkerHubNames.End, [runId, attempt, end], cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception passing) when (PortalLink.IsPassing(passing) && !cancellationToken.IsCancellationRequested)
            {
                LogAgain(runId, attempt, passing.Message);
                await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync().ConfigureAwait(false);
        await sending.ConfigureAwait(false);
        spool.Dispose();
        news.Dispose();
        over.Dispose();
    }

    // A later wish replaces an earlier one, as a cancel does a stop.
    private void Ask(StopRequest stop)
    {
        if (asked.Task.IsCompletedSuccessfully && asked.Task.Result != stop)
            asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        asked.TrySetResult(stop);
    }

    private async Task SendAsync()
    {
        try
        {
            while (!stale.Task.IsCompleted)
            {
                var lines = spool.After(Interlocked.Read(ref stored), MostEvents);
                if (lines.Count == 0)
                {
                    await news.WaitAsync(over.Token).ConfigureAwait(false);
                    continue;
                }

                try
                {
                    await SendAsync(lines).ConfigureAwait(false);
                }
                catch (Exception passing) when (PortalLink.IsPassing(passing) && !over.IsCancellationRequested)
                {
                    // Sent again from what is stored: (run, attempt, number) makes that harmless.
                    LogAgain(runId, attempt, passing.Message);
                    await Task.Delay(Pause, time, over.Token).ConfigureAwait(false);
                }
                catch (PortalException refused) when (refused.Status == 410)
                {
                    stale.TrySetResult();
                }
                catch (PortalException passing)
                {
                    LogAgain(runId, attempt, passing.Message);
                    await Task.Delay(Pause, time, over.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The attempt is over.
        }
    }

    private async Task SendAsync(IReadOnlyList<string> lines)
    {
        // Files first: the portal tells nobody of a file that it does not have.
        foreach (var artifact in lines.Select(RunEventJson.Read).OfType<RunArtifact>())
        {
            var path = Path.Combine(folder.Root, artifact.Path);
            // An old checkpoint may have been pruned while the portal was away; then its event says so by the file's absence.
            if (File.Exists(path))
                await files.UploadAsync(runId, attempt, path, artifact.Sha256, over.Token).ConfigureAwait(false);
        }

        var receipt = await link.CallAsync<WireReceipt>(WorkerHubNames.Report, [runId, attempt, lines], over.Token).ConfigureAwait(false);
        if (receipt.Outcome == ReportOutcome.Stale)
            stale.TrySetResult();
        else
            Interlocked.Exchange(ref stored, receipt.LastSeq);
        // Of what only passes by, the portal's copy is enough.
        foreach (var passing in lines.Select(RunEventJson.Read).OfType<RunArtifact>().Where(artifact => artifact.Kind == EstimateFile.Kind && artifact.Seq <= receipt.LastSeq))
            File.Delete(Path.Combine(folder.Root, passing.Path));
    }

    [LoggerMessage(LogLevel.Warning, "Run {RunId} attempt {Attempt}: said again later ({Reason})")]
    private partial void LogAgain(Guid runId, int attempt, string reason);
}
