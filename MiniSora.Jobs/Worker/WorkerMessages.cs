using MiniSora.Jobs.Runs;

namespace MiniSora.Jobs.Worker;

/// <summary>A slot of a worker.</summary>
/// <param name="Device"><c>cpu</c> or <c>cuda:0</c> …</param>
/// <param name="Memory">Name of its memory class.</param>
public sealed record WorkerSlot(string Device, string Memory);

/// <summary>A worker introduces itself, on every connection.</summary>
/// <param name="Name">What people call it; the machine's name unless its operator chose another.</param>
/// <param name="Software">Its version.</param>
public sealed record WorkerHello(string Name, string Software, IReadOnlyList<WorkerSlot> Slots);

/// <summary>Permission to work on a run, as it goes over the wire: files by their hashes.</summary>
/// <param name="Inputs">SHA-256 of the files that the spec names.</param>
/// <param name="Checkpoint">The newest checkpoint the portal has; null for a run that has none.</param>
public sealed record WireGrant(Guid RunId, int Attempt, string SpecYaml, IReadOnlyList<string> Inputs, WireCheckpoint? Checkpoint);

/// <summary>A checkpoint to continue from.</summary>
public sealed record WireCheckpoint(string Sha256, string FileName, long Step);

/// <summary>Answer to a report.</summary>
/// <param name="Outcome">Whether the attempt still counts.</param>
/// <param name="LastSeq">Number of the last event that is stored: what comes next is the one after it. Smaller than what was sent when something is missing.</param>
public sealed record WireReceipt(ReportOutcome Outcome, long LastSeq);

/// <summary>Answer to a heartbeat.</summary>
/// <param name="Stop">What was asked of the attempt; null for nothing.</param>
public sealed record WirePulse(ReportOutcome Outcome, StopRequest? Stop);

/// <summary>Names of the hub and its methods, the same on both sides.</summary>
public static class WorkerHubNames
{
    /// <summary>Path of the hub.</summary>
    public const string Path = "/hubs/workers";

    /// <summary>Methods that a worker calls.</summary>
    public const string Hello = "Hello", Claim = "Claim", Report = "Report", Heartbeat = "Heartbeat", End = "End";
}
