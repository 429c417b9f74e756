using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Queue;
using MiniSora.Web.Runs.Sweeps;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Runs;

/// <summary>What pages ask about runs and do with them. Everybody may look; acting is for the owner and administrators.</summary>
public sealed class RunService
{
    private readonly RunWriting writing;
    private readonly RunAdmission admission;
    private readonly RunReader reader;
    private readonly SubmitLimiter limiter;
    private readonly StopSignals signals;
    private readonly RunWake wake;
    private readonly ArtifactCleaner cleaner;
    private readonly DataFolder folder;
    private readonly UseLedger use;

    internal RunService(
        RunWriting writing, RunAdmission admission, RunReader reader, SubmitLimiter limiter, StopSignals signals, RunWake wake, ArtifactCleaner cleaner, DataFolder folder,
        UseLedger use)
    {
        (this.writing, this.admission, this.reader, this.limiter) = (writing, admission, reader, limiter);
        (this.signals, this.wake, this.cleaner, this.folder, this.use) = (signals, wake, cleaner, folder, use);
    }

    /// <summary>Reads YAML and submits it. All problems of the document come back at once.</summary>
    public async Task<SubmitResult> SubmitAsync(string specYaml, Origin origin, Viewer viewer, CancellationToken cancellationToken)
    {
        var reading = SpecYaml.Read(specYaml);
        return reading.Spec is { } spec && reading.Problems.Count == 0
            ? await SubmitAsync(spec, origin, viewer, cancellationToken)
            : new Refused([.. reading.Problems.Select(Refusal.Of)]);
    }

    /// <summary>Validates, stores and queues a run.</summary>
    public Task<SubmitResult> SubmitAsync(RunSpec spec, Origin origin, Viewer viewer, CancellationToken cancellationToken) => SubmitAsync(spec, origin, viewer, null, cancellationToken);

    /// <summary>Queues what the stage of a roundtable shows next, before everything else.</summary>
    internal Task<SubmitResult> SubmitForStageAsync(SamplingSpec spec, Viewer viewer, CancellationToken cancellationToken) =>
        SubmitAsync(spec, new(), viewer, RunPriority.Stage, cancellationToken);

    private async Task<SubmitResult> SubmitAsync(RunSpec spec, Origin origin, Viewer viewer, int? priority, CancellationToken cancellationToken)
    {
        var (ids, refused) = await QueueAsync([spec], null, await admission.CheckAsync(spec, viewer, cancellationToken), origin, viewer, cancellationToken, priority);
        return ids is null ? new Refused(refused) : new Submitted(ids[0]);
    }

    /// <summary>Stores and queues runs, all or none; the ids, or the reasons why not.</summary>
    /// <param name="reasons">What was found against them.</param>
    /// <param name="priority">Null for the usual one of their kind.</param>
    /// <param name="together">Writes what belongs to a run with it.</param>
    internal async Task<(IReadOnlyList<Guid>? Ids, IReadOnlyList<Refusal> Refused)> QueueAsync(
        IReadOnlyList<RunSpec> specs, Sweep? sweep, List<Refusal> reasons, Origin origin, Viewer viewer, CancellationToken cancellationToken, int? priority = null,
        Action<RunWrite, Run>? together = null)
    {
        if (viewer.MemberId is { } submitter && !limiter.TryTake(submitter))
            reasons.Add(new("too_fast"));
        if (!await reader.ExistsAsync(origin, cancellationToken))
            reasons.Add(new("origin_unknown"));
        if (reasons.Count > 0 || viewer.MemberId is not { } owner)
            return (null, reasons);

        var costs = new List<(RunSpec Spec, RunEstimate Estimate, long DiskBytes)>();
        foreach (var spec in specs)
        {
            var estimate = await admission.EstimateAsync(spec, cancellationToken);
            costs.Add((spec, estimate, await admission.DiskBytesAsync(spec, estimate, cancellationToken)));
        }

        var ids = await writing.DoAsync<List<Guid>?>(
            async write =>
            {
                // They were there a moment ago; from here on the runs' rows keep them.
                foreach (var checkpoint in specs.Select(RunAddition.CheckpointOf).OfType<string>().Distinct())
                {
                    if (!await write.Context.Artifacts.AnyAsync(a => a.Sha256 == checkpoint && a.Kind == "checkpoint", cancellationToken))
                        return null;
                }

                if (sweep is not null)
                {
                    write.Context.Add(sweep);
                    await write.Context.SaveChangesAsync(cancellationToken); // its number is the database's
                }

                var added = new List<Guid>();
                foreach (var (spec, estimate, diskBytes) in costs)
                {
                    var run = await RunAddition.AddAsync(write, spec, owner, origin, priority ?? RunPriority.Of(RunAddition.KindOf(spec)), cancellationToken, sweep?.Id);
                    write.Context.Add(new RunForecast
                    {
                        RunId = run.Id,
                        SecondsLow = estimate.SecondsLow,
                        SecondsMid = estimate.SecondsMid,
                        SecondsHigh = estimate.SecondsHigh,
                        MemoryBytes = estimate.MemoryBytes,
                        DiskBytes = diskBytes,
                        Calibrated = estimate.Calibrated,
                    });
                    together?.Invoke(write, run);
                    added.Add(run.Id);
                }

                return added;
            },
            cancellationToken);
        wake.Now();
        return (ids, ids is null ? await CheckAsync(specs[0], viewer, cancellationToken) : []);
    }

    /// <summary>
    /// A training run from a checkpoint of another one, with some settings changed: <paramref name="sets"/> as <c>path=value</c>. A null
    /// <paramref name="step"/> means the newest checkpoint.
    /// </summary>
    public async Task<SubmitResult> ForkAsync(Guid runId, long? step, IReadOnlyList<string> sets, Viewer viewer, CancellationToken cancellationToken)
    {
        var (spec, reasons) = await ForkOfAsync(runId, step, sets, viewer, cancellationToken);
        return spec is null ? new Refused(reasons) : await SubmitAsync(spec, new Origin(RunId: runId), viewer, cancellationToken);
    }

    /// <summary>A fork from the newest checkpoint that an audience voted for: it goes before all but prompts of the stage.</summary>
    internal async Task<SubmitResult> ForkForStageAsync(Guid runId, IReadOnlyList<string> sets, Viewer viewer, CancellationToken cancellationToken)
    {
        var (spec, reasons) = await ForkOfAsync(runId, null, sets, viewer, cancellationToken);
        return spec is null ? new Refused(reasons) : await SubmitAsync(spec, new Origin(RunId: runId), viewer, RunPriority.Fork, cancellationToken);
    }

    /// <summary>All reasons why such a fork from the newest checkpoint would be refused now.</summary>
    internal async Task<IReadOnlyList<Refusal>> CheckForkAsync(Guid runId, IReadOnlyList<string> sets, Viewer viewer, CancellationToken cancellationToken)
    {
        var (spec, reasons) = await ForkOfAsync(runId, null, sets, viewer, cancellationToken);
        return spec is null ? reasons : await admission.CheckAsync(spec, viewer, cancellationToken);
    }

    private async Task<(TrainingSpec? Spec, IReadOnlyList<Refusal> Reasons)> ForkOfAsync(Guid runId, long? step, IReadOnlyList<string> sets, Viewer viewer, CancellationToken cancellationToken)
    {
        if (await reader.GetAsync(runId, viewer, cancellationToken) is not { } run)
            return (null, [new("not_found")]);
        if (SpecYaml.Read(run.SpecYaml).Spec is not TrainingSpec basis)
            return (null, [new("fork_not_training")]);
        var checkpoints = run.Artifacts.Where(artifact => artifact.Kind == "checkpoint").ToList();
        var chosen = checkpoints.LastOrDefault(checkpoint => step is null || checkpoint.Step == step);
        if (chosen is null)
            return (null, [checkpoints.Count == 0
                ? new("fork_no_checkpoint")
                : new("fork_step_missing", ("step", Figures.Integer(step!.Value)), ("steps", string.Join(", ", checkpoints.Select(checkpoint => Figures.Integer(checkpoint.Step)))))]);
        var problems = new List<SpecProblem>();
        var spec = sets.Aggregate(Fork.Of(basis, chosen.Sha256, chosen.Step), (changed, set) => SpecOverride.Apply(changed, set, problems));
        return problems.Count > 0 ? (null, [.. problems.Select(Refusal.Of)]) : (spec, []);
    }

    /// <summary>All reasons why this spec would be refused now; empty when it would be taken.</summary>
    public async Task<IReadOnlyList<Refusal>> CheckAsync(RunSpec spec, Viewer viewer, CancellationToken cancellationToken) =>
        await admission.CheckAsync(spec, viewer, cancellationToken);

    /// <summary>What the portal knows that an estimate or a validation needs: datasets, the checkpoint's training spec, calibration.</summary>
    public Task<SpecContext> ContextAsync(RunSpec spec, CancellationToken cancellationToken) => admission.ContextAsync(spec, cancellationToken);

    /// <summary>A page of runs, newest first.</summary>
    public Task<RunPage> ListAsync(RunQuery query, CancellationToken cancellationToken) => reader.ListAsync(query, cancellationToken);

    /// <summary>Everything about one run; null when there is none.</summary>
    public Task<RunDetails?> GetAsync(Guid runId, Viewer viewer, CancellationToken cancellationToken) => reader.GetAsync(runId, viewer, cancellationToken);

    /// <summary>Checkpoints one may sample from, newest first, one per run: the newest.</summary>
    public Task<IReadOnlyList<CheckpointChoice>> CheckpointsAsync(Viewer viewer, int take, CancellationToken cancellationToken) =>
        reader.CheckpointsAsync(viewer, take, cancellationToken);

    /// <summary>Videos that a task can start from: the member's own, then the gallery's.</summary>
    public Task<IReadOnlyList<VideoChoice>> VideosAsync(Viewer viewer, int take, CancellationToken cancellationToken) => reader.VideosAsync(viewer, take, cancellationToken);

    /// <summary>The video with this hash, of the gallery or of a run, and what made it; null when the portal has none.</summary>
    public Task<MadeVideo?> VideoAsync(string sha256, CancellationToken cancellationToken) => reader.VideoAsync(sha256, cancellationToken);

    /// <summary>The checkpoints of one run, newest first.</summary>
    public Task<IReadOnlyList<CheckpointChoice>> CheckpointsOfAsync(Guid runId, CancellationToken cancellationToken) => reader.CheckpointsOfAsync(runId, cancellationToken);

    /// <summary>The checkpoint that ships with the product; null where there is none or it was deleted.</summary>
    public Task<CheckpointChoice?> StarterAsync(CancellationToken cancellationToken) => reader.StarterAsync(cancellationToken);

    /// <summary>The checkpoint with this hash, whichever run it is of; null when the portal has none.</summary>
    public Task<CheckpointChoice?> CheckpointAsync(string sha256, CancellationToken cancellationToken) => reader.CheckpointAsync(sha256, cancellationToken);

    /// <summary>Gives a run up: at once, whatever it does. Null when done, else why not.</summary>
    public Task<Refusal?> CancelAsync(Guid runId, Viewer viewer, CancellationToken cancellationToken) =>
        ActAsync(runId, viewer, (write, run) =>
        {
            if (!Run.CanMove(run.State, RunState.Cancelled))
                return new("run_over");
            // From this moment the attempt's reports bounce; the signal only makes its process go sooner.
            write.Move(run, RunState.Cancelled);
            return null;
        }, StopRequest.Cancel, cancellationToken);

    /// <summary>Asks a running run to write a checkpoint and end well.</summary>
    public Task<Refusal?> StopAndKeepAsync(Guid runId, Viewer viewer, CancellationToken cancellationToken) =>
        AskAsync(runId, viewer, StopRequest.StopAndKeep, cancellationToken);

    /// <summary>Asks a running run to write a checkpoint and rest.</summary>
    public Task<Refusal?> PauseAsync(Guid runId, Viewer viewer, CancellationToken cancellationToken) =>
        AskAsync(runId, viewer, StopRequest.Interrupt, cancellationToken);

    /// <summary>Puts a paused training run back into the queue, or one that failed after a checkpoint: it goes on from there.</summary>
    public Task<Refusal?> ResumeAsync(Guid runId, Viewer viewer, CancellationToken cancellationToken) =>
        ActAsync(runId, viewer, (write, run) =>
        {
            var failedWithCheckpoint = run.State == RunState.Failed && run.Kind == RunKind.Training
                && write.Context.Artifacts.Any(a => a.RunId == runId && a.Kind == "checkpoint");
            if (run.State != RunState.Paused && !failedWithCheckpoint)
                return new("not_paused");
            write.Move(run, RunState.Queued);
            return null;
        }, null, cancellationToken);

    /// <summary>Lets a run go before or after others that wait; also before it is resumed. What somebody may choose: <see cref="RunPriority.Choices"/>.</summary>
    public Task<Refusal?> SetPriorityAsync(Guid runId, int priority, Viewer viewer, CancellationToken cancellationToken) =>
        ActAsync(runId, viewer, (write, run) =>
        {
            if (run.IsOver)
                return new("run_over");
            if (!RunPriority.Choices(run.Kind, viewer.IsAdministrator).Contains(priority))
                return new("priority_not_yours");
            run.Priority = priority;
            run.Version++;
            write.TellState(run);
            return null;
        }, null, cancellationToken);

    /// <summary>Keeps everything of a run from clean-ups, or lets it go again. Null when done, else why not.</summary>
    public Task<Refusal?> PinAsync(Guid runId, bool pinned, Viewer viewer, CancellationToken cancellationToken) =>
        ActAsync(runId, viewer, (_, run) =>
        {
            run.Pinned = pinned;
            return null;
        }, null, cancellationToken);

    /// <summary>Removes a run that is over, with its points, log and files nobody else needs.</summary>
    public async Task<Refusal?> DeleteAsync(Guid runId, Viewer viewer, CancellationToken cancellationToken)
    {
        var refusal = await writing.DoAsync(
            async write =>
            {
                var run = await OwnAsync(write, runId, viewer, cancellationToken);
                if (run is null)
                    return new Refusal("not_found");
                if (!run.IsOver && run.State != RunState.Paused)
                    return new Refusal("run_not_over");
                if (await write.Context.Attempts.AnyAsync(a => a.RunId == runId && a.EndedAt == null, cancellationToken))
                    return new Refusal("run_busy");
                // What it used stays known: deleting runs wins nobody a turn.
                await use.ChargeAsync(write, charged => charged.Id == runId, cancellationToken);
                await write.Context.Database.ExecuteSqlAsync($"""DELETE FROM "MetricPoints" WHERE "Run" = {run.Number}""", cancellationToken);
                await write.Context.RunEvents.Where(row => row.RunNumber == run.Number).ExecuteDeleteAsync(cancellationToken);
                await write.Context.Posts.Where(post => post.RunId == runId).ExecuteUpdateAsync(set => set.SetProperty(post => post.RunId, (Guid?)null), cancellationToken);
                write.Context.Runs.Remove(run);
                return null;
            },
            cancellationToken);
        if (refusal is not null)
            return refusal;
        var runFolder = folder.RunFolder(runId);
        if (Directory.Exists(runFolder))
            Directory.Delete(runFolder, recursive: true);
        await cleaner.SweepAsync(cancellationToken);
        return null;
    }

    private Task<Refusal?> AskAsync(Guid runId, Viewer viewer, StopRequest request, CancellationToken cancellationToken) =>
        ActAsync(runId, viewer, (write, run) =>
        {
            if (run.State != RunState.Running)
                return new(run.IsOver ? "run_over" : "not_running");
            run.StopRequested = request;
            write.TellState(run);
            return null;
        }, request, cancellationToken);

    private async Task<Refusal?> ActAsync(Guid runId, Viewer viewer, Func<RunWrite, Run, Refusal?> act, StopRequest? signal, CancellationToken cancellationToken)
    {
        var (refusal, attempt) = await writing.DoAsync(
            async write =>
            {
                var run = await OwnAsync(write, runId, viewer, cancellationToken);
                return run is null ? (new Refusal("not_found"), 0) : (act(write, run), run.CurrentAttempt);
            },
            cancellationToken);
        if (refusal is not null)
            return refusal;
        if (signal is { } request && attempt > 0)
            signals.Raise(runId, attempt, request);
        wake.Now();
        return null;
    }

    // Ownership is part of the question: what is not yours is not there.
    private static Task<Run?> OwnAsync(RunWrite write, Guid runId, Viewer viewer, CancellationToken cancellationToken) =>
        write.Context.Runs.SingleOrDefaultAsync(
            run => run.Id == runId && (viewer.IsAdministrator || run.OwnerId == viewer.MemberId), cancellationToken);
}
