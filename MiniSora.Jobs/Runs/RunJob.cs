using System.ComponentModel;
using Microsoft.Extensions.Logging;

namespace MiniSora.Jobs.Runs;

/// <summary>
/// The Hangfire job of a run: claims an attempt or leaves, and drives its child process. Hangfire decides when it executes, at least
/// once; the run itself lives in the ledger, so executing it twice or too late is harmless.
/// </summary>
public sealed partial class RunJob(IRunLedger ledger, SpareProcess processes, RunProcessOptions options, TimeProvider time, ILogger<RunJob> logger)
{
    private const int ReportTries = 6;

    // A power of two of 100 ms: 6.4 s.
    private const int LongestPause = 6;

    /// <summary>Name under which attempts are claimed.</summary>
    public string Worker { get; init; } = $"{System.Environment.MachineName}/{System.Environment.ProcessId}";

    /// <summary>Works on the run until its child process has ended. Throws <see cref="OperationCanceledException"/> when the server shuts down.</summary>
    public async Task ExecuteAsync(Guid runId, CancellationToken cancellationToken)
    {
        // If the process dies before this line, nothing has happened: the run is Queued and is enqueued again.
        RunGrant? grant = null;
        await RetryAsync(async () => grant = await ledger.ClaimAsync(runId, Worker, cancellationToken).ConfigureAwait(false), () => !cancellationToken.IsCancellationRequested, tries: 1).ConfigureAwait(false);
        if (grant is null)
        {
            LogNothingToDo(runId);
            return;
        }

        // If it dies from here on, the run is Running without a heartbeat: the ledger interrupts it after the lease and queues it again.
        // The child, if there is one, sees the end of its input, writes a checkpoint and leaves; the next attempt waits for its folder lock.
        LogClaimed(runId, grant.Attempt);
        RunProcess process;
        try
        {
            var folder = new RunFolder(grant.Folder);
            folder.Prepare(grant.SpecYaml, grant.Inputs);
            process = await processes.StartAsync(folder, grant.Attempt).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or Win32Exception or InvalidOperationException)
        {
            await RefuseAsync(grant, error).ConfigureAwait(false);
            return;
        }

        await using (process.ConfigureAwait(false))
        {
            var cancelled = await DriveAsync(grant, process, cancellationToken).ConfigureAwait(false);
            var exit = await process.Ended.ConfigureAwait(false);
            LogEnded(runId, grant.Attempt, exit);
            // Every event is stored. If the process dies before the next line, the ledger has the last word of the child (finished or failed)
            // but not its end: the lease runs out, the next attempt starts from the last checkpoint and finds the work done.
            await RetryAsync(() => ledger.EndAsync(runId, grant.Attempt, new AttemptEnd(exit, process.LastError, cancelled, process.RanOutOfMemory), CancellationToken.None)).ConfigureAwait(false);
        }

        // A job that returns on shutdown counts as done in Hangfire; throwing puts it back on the queue.
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>True when the child ended because of a cancel.</summary>
    private async Task<bool> DriveAsync(RunGrant grant, RunProcess process, CancellationToken shutdown)
    {
        using var over = new CancellationTokenSource();
        var stale = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = false;
        var pump = PumpAsync(grant, process, stale, () => !stale.Task.IsCompleted && !shutdown.IsCancellationRequested);
        var heartbeat = HeartbeatAsync(grant, stale, over.Token);
        var stops = StopsAsync(grant, process, request => cancelled |= request == StopRequest.Cancel, over.Token);
        var leave = LeaveAsync(process, shutdown, over.Token);
        try
        {
            var first = await Task.WhenAny(pump, stale.Task, heartbeat, stops).ConfigureAwait(false);
            if (stale.Task.IsCompleted)
            {
                LogStale(grant.RunId, grant.Attempt);
                process.Kill();
            }

            // A ledger that keeps failing ends the attempt: the child must not work for nobody. Its checkpoint is kept.
            if (first.IsFaulted)
                await process.AskAsync(StopRequest.Interrupt).ConfigureAwait(false);
            await pump.ConfigureAwait(false);
            await first.ConfigureAwait(false);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(Quietly(heartbeat), Quietly(stops), Quietly(leave)).ConfigureAwait(false);
        }

        return cancelled;
    }

    private async Task PumpAsync(RunGrant grant, RunProcess process, TaskCompletionSource stale, Func<bool> waits)
    {
        var batch = new List<RunEvent>();
        while (await process.Events.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            while (batch.Count < 200 && process.Events.TryRead(out var next))
                batch.Add(next);
            // If the process dies before the answer, the events may be stored or not; (run, attempt, seq) makes storing them twice harmless.
            if (stale.Task.IsCompleted)
                continue;
            var outcome = ReportOutcome.Accepted;
            // Where its files go to may be away for longer: the child works on, and is heard as soon as somebody can listen.
            await RetryAsync(
                async () => outcome = await ledger.ReportAsync(grant.RunId, grant.Attempt, [.. batch], CancellationToken.None).ConfigureAwait(false),
                waits).ConfigureAwait(false);
            if (outcome == ReportOutcome.Stale)
                stale.TrySetResult();
        }
    }

    private async Task HeartbeatAsync(RunGrant grant, TaskCompletionSource stale, CancellationToken over)
    {
        using var timer = new PeriodicTimer(options.HeartbeatInterval, time);
        while (await timer.WaitForNextTickAsync(over).ConfigureAwait(false))
        {
            var outcome = ReportOutcome.Accepted;
            await RetryAsync(async () => outcome = await ledger.HeartbeatAsync(grant.RunId, grant.Attempt, over).ConfigureAwait(false)).ConfigureAwait(false);
            if (outcome == ReportOutcome.Stale)
            {
                stale.TrySetResult();
                return;
            }
        }
    }

    private async Task StopsAsync(RunGrant grant, RunProcess process, Action<StopRequest> asked, CancellationToken over)
    {
        var asking = new List<Task>();
        var last = (StopRequest?)null;
        // A stop can be followed by a cancel while the checkpoint is being written; nothing follows a cancel.
        while (last != StopRequest.Cancel)
        {
            var request = await ledger.WaitForStopAsync(grant.RunId, grant.Attempt, over).ConfigureAwait(false);
            if (request == last)
            {
                // The ledger answers the same again until the attempt ends; look again after a while instead of spinning.
                await Task.Delay(options.HeartbeatInterval / 4, time, over).ConfigureAwait(false);
                continue;
            }

            last = request;
            LogAsked(grant.RunId, grant.Attempt, request);
            asked(request);
            asking.Add(process.AskAsync(request));
        }

        await Task.WhenAll(asking).ConfigureAwait(false);
    }

    private static async Task LeaveAsync(RunProcess process, CancellationToken shutdown, CancellationToken over)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(shutdown, over);
        try
        {
            await Task.Delay(Timeout.Infinite, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (shutdown.IsCancellationRequested && !over.IsCancellationRequested)
        {
            await process.AskAsync(StopRequest.Interrupt).ConfigureAwait(false);
        }
    }

    /// <summary>The child could not even be started: that is a failure of the run, with a reason, and no attempt is repeated for it.</summary>
    private async Task RefuseAsync(RunGrant grant, Exception error)
    {
        LogNotStarted(grant.RunId, grant.Attempt, error);
        var failed = RunFailure.From(error) with { Seq = 1, At = time.GetUtcNow() };
        await RetryAsync(() => ledger.ReportAsync(grant.RunId, grant.Attempt, [failed], CancellationToken.None)).ConfigureAwait(false);
        await RetryAsync(() => ledger.EndAsync(grant.RunId, grant.Attempt, new AttemptEnd(127, error.Message, false), CancellationToken.None)).ConfigureAwait(false);
    }

    /// <summary>A busy database is no reason to end an attempt of hours: some seconds of patience. With a store of files that is away, as long as <paramref name="waits"/> says.</summary>
    private async Task RetryAsync(Func<Task> call, Func<bool>? waits = null, int tries = ReportTries)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await call().ConfigureAwait(false);
                return;
            }
            catch (Exception error) when (error is not OperationCanceledException && (attempt < tries || (error is LedgerAwayException && waits?.Invoke() == true)))
            {
                LogRetry(attempt, error);
                await Task.Delay(TimeSpan.FromMilliseconds(100 << Math.Min(attempt, LongestPause)), time).ConfigureAwait(false);
            }
        }
    }

    private static async Task Quietly(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The attempt is over; these loops only end by being cancelled.
        }
    }

    [LoggerMessage(LogLevel.Information, "Run {RunId} had nothing to do here")]
    private partial void LogNothingToDo(Guid runId);

    [LoggerMessage(LogLevel.Information, "Run {RunId} claimed as attempt {Attempt}")]
    private partial void LogClaimed(Guid runId, int attempt);

    [LoggerMessage(LogLevel.Information, "Run {RunId} attempt {Attempt} ended with exit code {ExitCode}")]
    private partial void LogEnded(Guid runId, int attempt, int exitCode);

    [LoggerMessage(LogLevel.Information, "Run {RunId} attempt {Attempt} was asked: {Request}")]
    private partial void LogAsked(Guid runId, int attempt, StopRequest request);

    [LoggerMessage(LogLevel.Warning, "Run {RunId} attempt {Attempt} was overtaken; its process was ended")]
    private partial void LogStale(Guid runId, int attempt);

    [LoggerMessage(LogLevel.Error, "Run {RunId} attempt {Attempt} could not start its process")]
    private partial void LogNotStarted(Guid runId, int attempt, Exception error);

    [LoggerMessage(LogLevel.Warning, "The ledger refused for the {Attempt}. time")]
    private partial void LogRetry(int attempt, Exception error);
}
