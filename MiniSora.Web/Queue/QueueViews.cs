using MiniSora.Jobs.Runs;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Queue;

/// <summary>A run that holds a device: who holds it, when it was last heard of, and until when it must be heard of again.</summary>
/// <param name="Worker">Name of the worker that claimed it.</param>
/// <param name="Deadline">Without a sign of life until then it is taken back and continues from its last checkpoint.</param>
public sealed record RunningRun(
    Guid Id, long Number, string Name, RunKind Kind, Guid OwnerId, string OwnerName, StopRequest? StopRequested, long Step, long TotalSteps, double SecondsLeft,
    string Worker, int Attempt, DateTimeOffset Since, DateTimeOffset LastHeardAt, DateTimeOffset Deadline)
{
    /// <summary>Estimated seconds of the whole run.</summary>
    internal Duration Whole { get; init; } = Duration.Unknown;
}

/// <summary>Why a run waits, most telling first; several may hold at once. The number in <see cref="WaitCause"/> says how many runs.</summary>
public enum WaitReason
{
    /// <summary>It was handed to a worker, which is about to claim it.</summary>
    Starting,

    /// <summary>This portal executes nothing and no worker is there.</summary>
    NoDevice,

    /// <summary>What is left of the budget of its sweep, in seconds, does not suffice for it.</summary>
    Budget,

    /// <summary>Its last attempt failed by something that passes; it is tried again in so many seconds.</summary>
    Pause,

    /// <summary>The disk of the portal has no room for new runs.</summary>
    DiskFull,

    /// <summary>There is no room for what this run is expected to write.</summary>
    NoRoom,

    /// <summary>No device here has the memory that it is expected to need.</summary>
    NoMemory,

    /// <summary>All devices are busy.</summary>
    AllBusy,

    /// <summary>A training run writes its checkpoint to make room for it.</summary>
    RoomIsMade,

    /// <summary>It made room for a roundtable's prompt and goes on as soon as it can.</summary>
    MadeRoom,

    /// <summary>Runs of higher priority go first.</summary>
    Priority,

    /// <summary>Its owner has used more than the quota, others have not.</summary>
    Quota,

    /// <summary>It is other members' turn, or the owner's own earlier runs go first.</summary>
    Turn,

    /// <summary>Members on the same turn have used less.</summary>
    Use,

    /// <summary>Older runs go first.</summary>
    Age,
}

/// <summary>One reason with the number of runs it is about (devices for <see cref="WaitReason.AllBusy"/>, MiB for the disk, seconds for a pause and a budget; 0 where there is none).</summary>
public sealed record WaitCause(WaitReason Reason, long Count);

/// <summary>A run that waits: its place, why, and when it is expected to start.</summary>
/// <param name="Position">1 for the next one.</param>
/// <param name="StartsIn">Seconds from now; null when it cannot be said.</param>
/// <param name="OwnAhead">Runs of the same member before it.</param>
public sealed record WaitingEntry(
    Guid Id, long Number, string Name, RunKind Kind, Guid OwnerId, string OwnerName, int Priority, DateTimeOffset Since,
    int Position, IReadOnlyList<WaitCause> Causes, int OwnAhead, Duration? StartsIn, Duration Whole)
{
    /// <summary>A worker is about to take it.</summary>
    public bool IsStarting => Causes is [{ Reason: WaitReason.Starting }, ..];
}

/// <summary>What a member had of the devices lately.</summary>
/// <param name="UsedSeconds">Device seconds remembered.</param>
/// <param name="QuotaSeconds">Up to this the member is within the quota: quota of weight 1 times weight.</param>
public sealed record MemberUse(Guid MemberId, string Name, double Weight, int Held, int Waiting, double UsedSeconds, double QuotaSeconds);

/// <summary>The whole queue at one moment.</summary>
/// <param name="Devices">Runs that can execute at the same time.</param>
public sealed record QueueNow(DateTimeOffset At, int Devices, IReadOnlyList<RunningRun> Running, IReadOnlyList<WaitingEntry> Waiting, IReadOnlyList<MemberUse> Members);
