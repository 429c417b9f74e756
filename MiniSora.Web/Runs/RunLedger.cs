using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Runs;

/// <summary>
/// The truth about runs, as workers see it. Hangfire may deliver a run twice or not at all: whoever claims first holds it,
/// and what nobody holds goes back to the queue.
/// </summary>
internal sealed partial class RunLedger(
    RunWriting writing,
    MetricWriter writer,
    ArtifactIntake intake,
    ArtifactStore store,
    ArtifactCleaner cleaner,
    StopSignals signals,
    RunSlots slots,
    RunWake wake,
    DataFolder folder,
    IDbContextFactory<MiniSoraDbContext> contexts,
    ILogger<RunLedger> logger) : IRunLedger
{
    /// <summary>Attempts that may be lost in a row without a new checkpoint before the run counts as failed.</summary>
    public const int MostLosses = 3;

    /// <summary>An attempt nobody heard of for so long is lost.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(45);

    // Files that runs of this process read.
    private readonly ConcurrentDictionary<(Guid RunId, int Attempt), IReadOnlyList<HeldFile?>> inUse = new();

    public Task<RunGrant?> ClaimAsync(Guid runId, string worker, CancellationToken cancellationToken) => ClaimAsync(runId, worker, remote: false, cancellationToken);

    /// <summary>Opens the next attempt, for this process or for a worker elsewhere.</summary>
    public async Task<RunGrant?> ClaimAsync(Guid runId, string worker, bool remote, CancellationToken cancellationToken)
    {
        // Before the claim: bringing files may take a while, or not be possible now, and a run that nobody holds can wait.
        if (await InputsAsync(runId, remote, cancellationToken) is not { } inputs)
            return null;
        var claimed = await writing.DoAsync(
            async write =>
            {
                var run = await write.Context.Runs.FindAsync([runId], cancellationToken);
                if (run is not { State: RunState.Queued })
                    return null;
                run.CurrentAttempt++;
                // It made room for another run, or waited for its budget; that is over.
                if (run.StopRequested is StopRequest.Yield or StopRequest.Budget)
                    run.StopRequested = null;
                write.Context.Attempts.Add(new()
                {
                    RunId = runId,
                    Number = run.CurrentAttempt,
                    Worker = worker,
                    Remote = remote,
                    StartedAt = write.Now,
                    LastHeardAt = write.Now,
                });
                write.Move(run, RunState.Running);
                return run;
            },
            cancellationToken);
        if (claimed is null)
        {
            LetGo(inputs.Values);
            return null;
        }

        // Its process reads them when it likes: they stay on the disk until the attempt is over.
        inUse[(runId, claimed.CurrentAttempt)] = [.. inputs.Values];
        var runFolder = folder.RunFolder(runId);
        Directory.CreateDirectory(runFolder);
        LogClaimed(runId, claimed.CurrentAttempt, worker);
        return new(runId, claimed.CurrentAttempt, claimed.SpecYaml, runFolder, inputs.ToDictionary(input => input.Key, input => input.Value?.Path ?? ""));
    }

    public async Task<ReportOutcome> ReportAsync(Guid runId, int attempt, IReadOnlyList<RunEvent> events, CancellationToken cancellationToken)
    {
        var artifacts = events.Any(e => e is RunArtifact)
            ? await TakeFilesAsync(runId, attempt, events, cancellationToken)
            : new Dictionary<long, Artifact>();
        if (artifacts is null)
            return ReportOutcome.Stale;
        var outcome = await writer.WriteAsync(runId, attempt, events, artifacts, cancellationToken);
        if (outcome == ReportOutcome.Accepted && artifacts.Values.Any(a => a.Kind == "checkpoint"))
            await cleaner.TrimCheckpointsAsync(runId, cancellationToken);
        if (outcome == ReportOutcome.Accepted && artifacts.Values.Where(a => a.Kind == "video").Select(a => a.Index).ToList() is { Count: > 0 } made)
            await cleaner.DropEstimatesAsync(runId, made, cancellationToken);
        return outcome;
    }

    public Task<ReportOutcome> HeartbeatAsync(Guid runId, int attempt, CancellationToken cancellationToken) =>
        writer.WriteAsync(runId, attempt, [], new Dictionary<long, Artifact>(), cancellationToken);

    public async Task<StopRequest> WaitForStopAsync(Guid runId, int attempt, CancellationToken cancellationToken)
    {
        // Listen first, then look: a request between the two is heard either way.
        var signal = signals.Of(runId, attempt);
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            var now = await context.Runs.AsNoTracking()
                .Where(run => run.Id == runId)
                .Select(run => new { run.State, run.CurrentAttempt, run.StopRequested })
                .SingleOrDefaultAsync(cancellationToken);
            if (now is null || now.CurrentAttempt != attempt || now.State != RunState.Running)
                return StopRequest.Cancel;
            if (now.StopRequested is { } requested)
                return requested;
        }

        return await signal.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Asks an attempt to write its checkpoint and leave. What a person has asked of it meanwhile goes first.</summary>
    public async Task AskToLeaveAsync(Guid runId, int attempt, StopRequest why, CancellationToken cancellationToken)
    {
        var asked = await writing.DoAsync(
            async write =>
            {
                var run = await write.Context.Runs.FindAsync([runId], cancellationToken);
                if (run is not { State: RunState.Running, StopRequested: null } || run.CurrentAttempt != attempt)
                    return false;
                run.StopRequested = why;
                write.TellState(run);
                return true;
            },
            cancellationToken);
        if (asked)
            signals.Raise(runId, attempt, why);
    }

    public async Task EndAsync(Guid runId, int attempt, AttemptEnd end, CancellationToken cancellationToken)
    {
        var newest = false;
        await writing.DoAsync(
            async write =>
            {
                var run = await write.Context.Runs.FindAsync([runId], cancellationToken);
                var row = await write.Context.Attempts.FindAsync([runId, attempt], cancellationToken);
                if (run is null || row is null || row.EndedAt is not null)
                    return;
                (row.EndedAt, row.ExitCode, row.LastError) = (write.Now, end.ExitCode, Tail(end.LastError));
                newest = run.CurrentAttempt == attempt;
                // The job of a worker elsewhere ends there: nobody else says that its slot is free.
                if (row.Remote)
                    slots.Free(runId);
                if (run.CurrentAttempt == attempt && run.State == RunState.Running)
                    AttemptVerdict.Decide(write, run, row, end);
                LogEnded(runId, attempt, end.ExitCode, run.State);
            },
            cancellationToken);
        LetGo(runId, attempt);
        signals.Forget(runId, attempt);
        if (newest)
            await cleaner.DropEstimatesAsync(runId, null, cancellationToken);
        wake.Now();
    }

    /// <summary>Number of the last stored event of an attempt; null when the attempt does not count any more.</summary>
    public async Task<long?> LastSeqAsync(Guid runId, int attempt, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Runs
            .Where(run => run.Id == runId && run.CurrentAttempt == attempt && run.State == RunState.Running)
            .Join(context.Attempts.Where(a => a.Number == attempt && a.EndedAt == null), run => run.Id, a => a.RunId, (_, a) => (long?)a.LastEventSeq)
            .SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>
    /// Takes back what a process of an earlier life of the portal held. Workers elsewhere were not away, the portal was: they get the time of a lease to be
    /// heard again. Call before the scheduler starts.
    /// </summary>
    public async Task<int> RecoverAsync(CancellationToken cancellationToken)
    {
        var recovered = await ReleaseAsync(
            context => context.Runs.Where(run => run.State == RunState.Interrupted
                || (run.State == RunState.Running && !context.Attempts.Any(a => a.RunId == run.Id && a.Number == run.CurrentAttempt && a.Remote && a.EndedAt == null))),
            "The portal stopped.", counts: false, cancellationToken);
        await writing.DoAsync(
            write => write.Context.Attempts.Where(a => a.Remote && a.EndedAt == null).ExecuteUpdateAsync(set => set.SetProperty(a => a.LastHeardAt, write.Now), cancellationToken),
            cancellationToken);
        return recovered;
    }

    /// <summary>Takes back runs whose attempt fell silent.</summary>
    public async Task<int> ReapAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var limit = now - Silence;
        IQueryable<Run> Silent(MiniSoraDbContext context) => context.Runs.Where(run => run.State == RunState.Running
            && context.Attempts.Any(a => a.RunId == run.Id && a.Number == run.CurrentAttempt && a.LastHeardAt < limit));

        // The scheduler asks at every look, and there is nearly never one: then nobody else has to wait for the right to write.
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            if (!await Silent(context).AnyAsync(cancellationToken))
                return 0;
        }

        return await ReleaseAsync(Silent, "No sign of life.", counts: true, cancellationToken);
    }

    /// <summary>
    /// The database found no room: runs that go on would use up what was kept back for it, and then nobody could be told anything.
    /// They fail with the reason; once there is room, they resume from their last checkpoint.
    /// </summary>
    public Task<int> StopForFullDiskAsync(CancellationToken cancellationToken) =>
        writing.DoAsync(
            async write =>
            {
                var runs = await write.Context.Runs.Where(run => run.State == RunState.Running).ToListAsync(cancellationToken);
                foreach (var run in runs)
                {
                    (run.FailureCode, run.FailureMessage, run.FailureArguments) = ("disk_full", "The portal could not store what the run reported.", "{}");
                    write.Move(run, RunState.Failed);
                    signals.Raise(run.Id, run.CurrentAttempt, StopRequest.Cancel);
                }

                return runs.Count;
            },
            cancellationToken);

    /// <summary>The job of a run is over. If its attempt is still open, the job died without closing it.</summary>
    public Task<int> AbandonAsync(Guid runId, string reason, CancellationToken cancellationToken)
    {
        foreach (var (_, attempt) in inUse.Keys.Where(key => key.RunId == runId))
            LetGo(runId, attempt);
        return ReleaseAsync(context => context.Runs.Where(run => run.Id == runId && run.State == RunState.Running), reason, counts: true, cancellationToken);
    }

    private async Task<int> ReleaseAsync(Func<MiniSoraDbContext, IQueryable<Run>> which, string reason, bool counts, CancellationToken cancellationToken)
    {
        var left = new List<Guid>();
        var released = await writing.DoAsync(
            async write =>
            {
                var runs = await which(write.Context).ToListAsync(cancellationToken);
                foreach (var run in runs)
                {
                    left.Add(run.Id);
                    var row = await write.Context.Attempts.FindAsync([run.Id, run.CurrentAttempt], cancellationToken);
                    if (row is { EndedAt: null })
                        (row.EndedAt, row.LastError) = (write.Now, reason);
                    if (row is { Remote: true })
                        slots.Free(run.Id);
                    // It may have said how it ended and only its end was not heard: then nothing is done twice.
                    if (run.State == RunState.Running && row?.Outcome is not null)
                        AttemptVerdict.Decide(write, run, row, new(row.ExitCode ?? 0, reason, false));
                    else
                        AttemptVerdict.Lost(write, run, reason, counts);
                    signals.Raise(run.Id, run.CurrentAttempt, StopRequest.Cancel);
                    LogReleased(run.Id, run.CurrentAttempt, run.State);
                }

                return runs.Count;
            },
            cancellationToken);
        foreach (var run in left)
            await cleaner.DropEstimatesAsync(run, null, cancellationToken);
        if (released > 0)
            wake.Now();
        return released;
    }

    private async Task<IReadOnlyDictionary<long, Artifact>?> TakeFilesAsync(Guid runId, int attempt, IReadOnlyList<RunEvent> events, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = await context.Runs.AsNoTracking()
            .Where(run => run.Id == runId && run.CurrentAttempt == attempt && run.State == RunState.Running)
            .Select(run => new { run.OwnerId, Seen = context.Attempts.Where(a => a.RunId == runId && a.Number == attempt).Select(a => a.LastEventSeq).Single() })
            .SingleOrDefaultAsync(cancellationToken);
        if (now is null)
            return null;
        // What is stored already may be gone from the run's folder, and nobody asks for it again.
        return await intake.TakeAsync(runId, now.OwnerId, attempt, [.. events.Where(e => e.Seq > now.Seen)], cancellationToken);
    }

    // The files that the run's spec names and the store has, on this disk where its process will read them. Null when the run does not wait for a claim.
    private async Task<Dictionary<string, HeldFile?>?> InputsAsync(Guid runId, bool remote, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var yaml = await context.Runs.Where(run => run.Id == runId && run.State == RunState.Queued).Select(run => run.SpecYaml).SingleOrDefaultAsync(cancellationToken);
        if (yaml is null)
            return null;
        var inputs = new Dictionary<string, HeldFile?>();
        try
        {
            foreach (var sha256 in SpecYaml.Read(yaml).Spec is { } spec ? RunAddition.FilesOf(spec) : [])
            {
                if (!remote && await store.HoldAsync(sha256, cancellationToken) is { } held)
                    inputs[sha256] = held;
                else if (remote && await MayHaveAsync(sha256, cancellationToken))
                    inputs[sha256] = null;
            }
        }
        catch
        {
            LetGo(inputs.Values);
            throw;
        }

        return inputs;
    }

    // A worker elsewhere fetches it, and goes on asking while the bucket is away.
    private async Task<bool> MayHaveAsync(string sha256, CancellationToken cancellationToken)
    {
        try
        {
            return await store.HasAsync(sha256, cancellationToken);
        }
        catch (BucketAwayException)
        {
            return true;
        }
    }

    private static void LetGo(IEnumerable<HeldFile?> files)
    {
        foreach (var file in files)
            file?.Dispose();
    }

    private void LetGo(Guid runId, int attempt)
    {
        if (inUse.TryRemove((runId, attempt), out var files))
            LetGo(files);
    }

    private static string Tail(string text) => (text.Length <= 4000 ? text : text[^4000..]).Replace('\0', ' ');

    [LoggerMessage(LogLevel.Information, "Run {RunId} attempt {Attempt} claimed by {Worker}")]
    private partial void LogClaimed(Guid runId, int attempt, string worker);

    [LoggerMessage(LogLevel.Information, "Run {RunId} attempt {Attempt} ended with exit code {ExitCode}: {State}")]
    private partial void LogEnded(Guid runId, int attempt, int exitCode, RunState state);

    [LoggerMessage(LogLevel.Warning, "Run {RunId} attempt {Attempt} taken back: {State}")]
    private partial void LogReleased(Guid runId, int attempt, RunState state);
}
