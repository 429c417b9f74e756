namespace MiniSora.Jobs.Portal;

/// <summary>A run as the portal's API describes it.</summary>
/// <param name="Url">Path of its page.</param>
public sealed record PortalRun(
    Guid Id, long Number, string Name, string Kind, string State, string? StopRequested, string Owner, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt,
    long Step, long TotalSteps, double? Progress, double StepsPerSecond, double SecondsLeft, double? Loss, string? FailureCode, int? QueuePosition, string Url)
{
    /// <summary>It has ended.</summary>
    public bool IsOver => State is "Succeeded" or "Failed" or "Cancelled";
}

/// <summary>A page of runs.</summary>
public sealed record PortalRuns(IReadOnlyList<PortalRun> Runs, long? Next);

/// <summary>Why a run failed, in the language asked for.</summary>
public sealed record PortalFailure(string Code, string Message, string Advice, string? Detail);

/// <summary>A file of a run.</summary>
/// <param name="Url">Path to download it from.</param>
public sealed record PortalFile(Guid Id, string Kind, string FileName, long Bytes, string Sha256, long Step, int Index, string Url);

/// <summary>Everything about a run but its points and its log.</summary>
public sealed record PortalRunDetails(PortalRun Run, string Spec, string? Device, string? Phase, PortalFailure? Failure, IReadOnlyList<PortalFile> Artifacts, long LastEvent);

/// <summary>A line of a run's log.</summary>
public sealed record PortalLogLine(long Event, DateTimeOffset At, string Level, string Text);

/// <summary>Something that happened to a run. <paramref name="Type"/>: state, started, phase, step, log, artifact, finished, failed, reset, end.</summary>
public sealed record PortalEvent(long Seq, string Type, DateTimeOffset At, System.Text.Json.JsonElement Data);

/// <summary>A stored image.</summary>
public sealed record PortalImage(string Sha256, string Url, long Bytes);

/// <summary>A grid of runs as the portal answers it.</summary>
/// <param name="Url">Of the page that compares them.</param>
public sealed record PortalSweep(long Id, IReadOnlyList<Guid> Runs, string Url);
