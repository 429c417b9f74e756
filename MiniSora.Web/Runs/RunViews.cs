using System.Text.Json.Nodes;
using MiniSora.Jobs.Runs;

namespace MiniSora.Web.Runs;

/// <summary>A line of the run list.</summary>
/// <param name="QueuePosition">1 for the next one to start; null when it does not wait.</param>
public sealed record RunSummary(
    Guid Id,
    long Number,
    string Name,
    RunKind Kind,
    RunState State,
    StopRequest? StopRequested,
    Guid OwnerId,
    string OwnerName,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    long Step,
    long TotalSteps,
    double StepsPerSecond,
    double SecondsLeft,
    string? FailureCode,
    string? PosterUrl,
    int? QueuePosition)
{
    /// <summary>Newest loss of a training run; null when none was logged.</summary>
    public double? LastLoss { get; init; }
}

/// <summary>A file of a run.</summary>
/// <param name="Url">Where the portal serves it; add <c>?download=1</c> to save it.</param>
/// <param name="PosterUrl">Still picture of a video.</param>
public sealed record ArtifactView(
    Guid Id,
    string Kind,
    string Sha256,
    long Bytes,
    string FileName,
    string Url,
    string? PosterUrl,
    long Step,
    int Index,
    string? Prompt,
    long? Seed,
    DateTimeOffset CreatedAt)
{
    /// <summary>Steps in all, of a clip on its way.</summary>
    public long? Steps => EstimateFile.StepsOf(FileName);
}

/// <summary>A try at a run.</summary>
public sealed record AttemptView(int Number, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, long ResumedFromStep, string? Outcome, int? ExitCode, string? LastError)
{
    /// <summary>Name of the worker that claimed it.</summary>
    public string Worker { get; init; } = "";

    /// <summary>Last sign of life: a report or a heartbeat.</summary>
    public DateTimeOffset LastHeardAt { get; init; }
}

/// <summary>A line of a run's log.</summary>
/// <param name="Level"><c>info</c>, <c>warning</c> or <c>error</c>.</param>
public sealed record LogLine(long Seq, DateTimeOffset At, string Level, string Text, string Key, JsonNode? Arguments);

/// <summary>A run that points here or that this one points at.</summary>
/// <param name="StartStep">Step of the other one's checkpoint that it starts from; null when it does not.</param>
public sealed record RunLink(Guid Id, long Number, string Name, RunKind Kind, RunState State, long? StartStep);

/// <summary>What this viewer may do now; services check again.</summary>
public sealed record RunActions(bool Cancel, bool StopAndKeep, bool Pause, bool Resume, bool Delete, bool Publish);

/// <summary>Everything a run page shows at first; live events from <see cref="LastSeq"/> on keep it up to date.</summary>
public sealed record RunDetails(
    RunSummary Summary,
    string SpecYaml,
    string SpecHash,
    long Seed,
    string SoftwareVersion,
    string? Device,
    string? Precision,
    int Threads,
    string? Arithmetic,
    string? PhaseKey,
    double? PhaseProgress,
    string? FailureMessage,
    IReadOnlyDictionary<string, string> FailureArguments,
    double DeviceSeconds,
    long PeakMemoryBytes,
    double Flops,
    RunLink? ParentRun,
    Guid? ParentPostId,
    string? ParentPostSlug,
    IReadOnlyList<RunLink> Children,
    IReadOnlyList<ArtifactView> Artifacts,
    IReadOnlyList<AttemptView> Attempts,
    IReadOnlyList<LogLine> Log,
    IReadOnlyList<string> MetricNames,
    RunActions Actions,
    long LastSeq)
{
    /// <summary>Energy of the run; null where it could not be read.</summary>
    public double? Joules { get; init; }

    /// <summary>Seconds of sampling for a second of video, of this run.</summary>
    public double? SecondsPerVideoSecond { get; init; }

    /// <summary>Joules of sampling for a second of video.</summary>
    public double? JoulesPerVideoSecond { get; init; }

    /// <summary>Processor and threads, or the card.</summary>
    public string? Machine { get; init; }

    /// <summary>Clean-ups leave its files alone.</summary>
    public bool Pinned { get; init; }

    /// <summary>Step of the parent's checkpoint that it starts from; null when it starts from nothing.</summary>
    public long? StartStep { get; init; }

    /// <summary>The grid it belongs to; null for a run of its own.</summary>
    public long? SweepId { get; init; }

    /// <summary>The line of the table of failures that this one falls under; null when it did not fail.</summary>
    public FailureRule? Failure => Summary.State != RunState.Failed ? null : FailureRules.Of(Summary.FailureCode ?? "software", FailureArguments) switch
    {
        // Only a training run has a batch and a rate that can be halved.
        { Remedy: FailureRemedy.HalveBatch or FailureRemedy.LowerRate } rule when Summary.Kind != RunKind.Training => rule with { Remedy = FailureRemedy.ChangeSettings },
        var rule => rule,
    };

    /// <summary>The newest checkpoint, to sample from; null when there is none.</summary>
    public ArtifactView? Checkpoint => Artifacts.LastOrDefault(a => a.Kind == "checkpoint");
}

/// <summary>Which runs to list.</summary>
/// <param name="OwnerId">Of one member; null for everybody.</param>
/// <param name="Before">Keyset: runs with a smaller number than this; null for the newest.</param>
/// <param name="Take">1–100.</param>
public sealed record RunQuery(Guid? OwnerId = null, RunKind? Kind = null, RunState? State = null, string? Text = null, long? Before = null, int Take = 30);

/// <summary>A page of runs, newest first.</summary>
/// <param name="Next">For <see cref="RunQuery.Before"/>; null at the end.</param>
public sealed record RunPage(IReadOnlyList<RunSummary> Runs, long? Next);

/// <summary>A checkpoint one may sample from.</summary>
public sealed record CheckpointChoice(string Sha256, Guid RunId, long RunNumber, string RunName, string OwnerName, long Step, long Bytes, DateTimeOffset CreatedAt);

/// <summary>Where a submission came from.</summary>
public sealed record Origin(Guid? RunId = null, Guid? PostId = null);

/// <summary>A video and the document of the run that made it.</summary>
/// <param name="Title">The post's title, else the run's name.</param>
/// <param name="RunId">Where it was found: a run's clip, or a post.</param>
public sealed record MadeVideo(string SpecYaml, string Prompt, string Title, Guid? RunId, Guid? PostId);

/// <summary>A video of this portal that a run can start from.</summary>
/// <param name="Sha256">Content.</param>
/// <param name="Text">Run and prompt, or the post's title.</param>
public sealed record VideoChoice(string Sha256, string Text);
