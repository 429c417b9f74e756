using System.ComponentModel.DataAnnotations.Schema;
using MiniSora.Jobs.Runs;

namespace MiniSora.Web.Runs;

/// <summary>Where a run is in its life; stored as text.</summary>
public enum RunState
{
    /// <summary>Waits for a slot.</summary>
    Queued,

    /// <summary>An attempt holds it.</summary>
    Running,

    /// <summary>Its attempt was lost; goes back to the queue by itself.</summary>
    Interrupted,

    /// <summary>Rests because a person said so.</summary>
    Paused,

    /// <summary>Done. Final.</summary>
    Succeeded,

    /// <summary>Could not be done. Ends a run unless its owner, having mended the cause, resumes it from its last checkpoint.</summary>
    Failed,

    /// <summary>Given up by a person. Final.</summary>
    Cancelled,
}

/// <summary>What a run does; stored as text.</summary>
public enum RunKind
{
    /// <summary>Trains a network.</summary>
    Training,

    /// <summary>Makes clips from a checkpoint.</summary>
    Sampling,

    /// <summary>Scores a checkpoint.</summary>
    Evaluation,

    /// <summary>Trains the feature network of the evaluation.</summary>
    Encoder,

    /// <summary>Takes steps of a training run again, to compare their losses.</summary>
    Replay,
}

/// <summary>A move the table below does not have: a programming error, never a person's.</summary>
public sealed class IllegalRunMoveException(Guid runId, RunState from, RunState to)
    : InvalidOperationException($"Run {runId} cannot move from {from} to {to}.");

/// <summary>One run: its immutable spec, its state and its progress.</summary>
public sealed class Run
{
    // The one table of legal moves. A paused run may also be given up without waking it first.
    private static readonly Dictionary<RunState, RunState[]> Moves = new()
    {
        [RunState.Queued] = [RunState.Running, RunState.Cancelled],
        [RunState.Running] = [RunState.Succeeded, RunState.Failed, RunState.Interrupted, RunState.Paused, RunState.Cancelled],
        [RunState.Interrupted] = [RunState.Queued],
        [RunState.Paused] = [RunState.Queued, RunState.Cancelled],
        [RunState.Succeeded] = [],
        [RunState.Failed] = [RunState.Queued],
        [RunState.Cancelled] = [],
    };

    public Guid Id { get; init; }

    /// <summary>1, 2, 3 …, and 0 for the one that ships with the product: short name for people and compact key of its points.</summary>
    public long Number { get; init; }

    public Guid OwnerId { get; init; }

    public RunKind Kind { get; init; }

    public string Name { get; init; } = "";

    /// <summary>Canonical YAML; never changes.</summary>
    public string SpecYaml { get; init; } = "";

    /// <summary>SHA-256 (hex) of the canonical YAML.</summary>
    public string SpecHash { get; init; } = "";

    public long Seed { get; init; }

    public string SoftwareVersion { get; init; } = "";

    /// <summary>Higher goes first.</summary>
    public int Priority { get; set; }

    /// <summary>The run this one was made from: a fork's original, or the training run of a sampled checkpoint.</summary>
    public Guid? ParentRunId { get; init; }

    /// <summary>The post whose configuration this run started from.</summary>
    public Guid? ParentPostId { get; init; }

    /// <summary>The checkpoint that it reads, or that its training starts from; null for none.</summary>
    public string? CheckpointSha256 { get; init; }

    /// <summary>Step of the checkpoint that its training starts from; null when it starts from nothing.</summary>
    public long? StartStep { get; init; }

    /// <summary>Operations that went into that checkpoint, those of its own ancestors included.</summary>
    public double StartFlops { get; init; }

    /// <summary>Seconds of device time that went into it.</summary>
    public double StartSeconds { get; init; }

    /// <summary>The first frame a sampling run reads; null otherwise.</summary>
    public string? ImageSha256 { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Where it is; changed by <see cref="MoveTo"/> alone.</summary>
    public RunState State { get; private set; } = RunState.Queued;

    public DateTimeOffset? StartedAt { get; private set; }

    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>Fencing number: only this attempt may report. 0 before the first.</summary>
    public int CurrentAttempt { get; set; }

    /// <summary>
    /// What was asked of the running attempt and it has not done yet. <see cref="Jobs.Runs.StopRequest.Yield"/> stays until the next attempt begins: a run that
    /// made room goes before those it stood before.
    /// </summary>
    public StopRequest? StopRequested { get; set; }

    /// <summary>Attempts lost in a row without a new checkpoint.</summary>
    public int LostInARow { get; set; }

    /// <summary>It goes on by itself after a failure, but not before; null when nothing keeps it.</summary>
    public DateTimeOffset? RetryAt { get; set; }

    /// <summary>The grid it was submitted with; null for a run of its own.</summary>
    public long? SweepId { get; set; }

    public long Step { get; set; }

    public long TotalSteps { get; set; }

    public double StepsPerSecond { get; set; }

    public double SecondsLeft { get; set; }

    /// <summary>Resource key such as <c>phase.fit_codec</c>.</summary>
    public string? PhaseKey { get; set; }

    public double? PhaseProgress { get; set; }

    public string? Device { get; set; }

    public string? Precision { get; set; }

    public int Threads { get; set; }

    /// <summary>What the arithmetic self-check said.</summary>
    public string? Arithmetic { get; set; }

    /// <summary>Seconds of device time over all attempts that said so.</summary>
    public double DeviceSeconds { get; set; }

    public long PeakMemoryBytes { get; set; }

    /// <summary>Floating-point operations spent.</summary>
    public double Flops { get; set; }

    /// <summary>Processor and threads, or the card, of the newest attempt.</summary>
    public string? Machine { get; set; }

    /// <summary>Energy of all attempts that could read it; null when none could.</summary>
    public double? Joules { get; set; }

    /// <summary>Seconds of sampling for a second of video; null for runs that made none.</summary>
    public double? SecondsPerVideoSecond { get; set; }

    /// <summary>Joules of sampling for a second of video; null where they cannot be read.</summary>
    public double? JoulesPerVideoSecond { get; set; }

    public string? FailureCode { get; set; }

    public string? FailureMessage { get; set; }

    /// <summary>JSON object of strings.</summary>
    public string? FailureArguments { get; set; }

    /// <summary>Number of the newest live event.</summary>
    public long LastSeq { get; set; }

    /// <summary>Live events up to this number may be missing from the store: old steps are pruned.</summary>
    public long PrunedSeq { get; set; }

    /// <summary>Clean-ups leave its files alone; its owner may still delete it.</summary>
    public bool Pinned { get; set; }

    /// <summary>Guards against two writers; the portal has one, so this never strikes.</summary>
    public long Version { get; set; }

    /// <summary>Nothing will happen to it by itself any more.</summary>
    [NotMapped]
    public bool IsOver => IsFinal(State);

    /// <summary>Whether a run in this state has ended.</summary>
    public static bool IsFinal(RunState state) => state is RunState.Succeeded or RunState.Failed or RunState.Cancelled;

    /// <summary>Whether the table has this move.</summary>
    public static bool CanMove(RunState from, RunState to) => Moves[from].Contains(to);

    /// <summary>Moves; throws <see cref="IllegalRunMoveException"/> when the table says no.</summary>
    public void MoveTo(RunState next, DateTimeOffset at)
    {
        if (!CanMove(State, next))
            throw new IllegalRunMoveException(Id, State, next);
        if (State == RunState.Failed)
            (EndedAt, FailureCode, FailureMessage, FailureArguments, LostInARow, RetryAt) = (null, null, null, null, 0, null);
        State = next;
        Version++;
        if (next == RunState.Running)
            (StartedAt, RetryAt) = (StartedAt ?? at, null);
        if (IsOver)
        {
            EndedAt = at;
            StopRequested = null;
            SecondsLeft = 0;
        }
    }
}
