using System.Text.Json.Nodes;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;
using MiniSora.Web.Runs.Sweeps;

namespace MiniSora.Web.Api;

/// <summary>Who the token's bearer is.</summary>
public sealed record ApiMember(Guid Id, string Name, string TokenName, IReadOnlyList<string> Scopes, DateTimeOffset TokenExpiresAt);

/// <summary>A run to submit.</summary>
/// <param name="Spec">The spec: YAML as a text, or the same document as JSON.</param>
/// <param name="FromRun">The run this one was made from.</param>
/// <param name="FromPost">The gallery post this one was made from.</param>
public sealed record ApiSubmission(JsonNode? Spec, Guid? FromRun, Guid? FromPost);

/// <summary>How a fork differs from the run it starts from.</summary>
/// <param name="Step">Step of the checkpoint; null for the newest.</param>
/// <param name="Set">Settings as <c>path=value</c>, e.g. <c>training.learning_rate=5e-4</c>; <c>start.carry</c> says what is taken over.</param>
public sealed record ApiFork(long? Step, IReadOnlyList<string>? Set);

/// <summary>A grid of runs to submit.</summary>
/// <param name="Spec">What they have in common: YAML as a text, or the same document as JSON.</param>
/// <param name="Sweep">One to three settings with their values, e.g. <c>training.learning_rate=1e-4,3e-4</c>.</param>
/// <param name="BudgetSeconds">Device seconds beyond which no further run starts; null without a limit.</param>
public sealed record ApiSweepWish(JsonNode? Spec, IReadOnlyList<string>? Sweep, double? BudgetSeconds);

/// <summary>A grid of runs.</summary>
/// <param name="UsedSeconds">Device seconds of its runs so far.</param>
/// <param name="KeptBack">Waiting runs that do not fit into what is left of the budget.</param>
/// <param name="Url">The page that compares them.</param>
public sealed record ApiSweep(long Id, string Name, IReadOnlyList<string> Settings, double? BudgetSeconds, double UsedSeconds, IReadOnlyList<Guid> Runs, int Waiting, int KeptBack, int Open, string Url)
{
    internal static ApiSweep Of(SweepView sweep) => new(
        sweep.Id, sweep.Name, sweep.Settings, sweep.BudgetSeconds, sweep.UsedSeconds, sweep.RunIds, sweep.Waiting, sweep.KeptBack, sweep.Open,
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/compare?sweep={sweep.Id}"));
}

/// <summary>A run in a list.</summary>
/// <param name="Kind"><c>Training</c> or <c>Sampling</c>.</param>
/// <param name="State"><c>Queued</c>, <c>Running</c>, <c>Interrupted</c>, <c>Paused</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Cancelled</c>; the last three are final, except that a failed run can be resumed.</param>
/// <param name="Progress">0…1; null before it is known how much there is to do.</param>
/// <param name="StopRequested">What was asked of the running attempt and is not done yet: <c>StopAndKeep</c>, <c>Interrupt</c>, <c>Yield</c> (it makes room for a roundtable, or did and waits to go on), <c>Budget</c> (the budget of its sweep is used up: it leaves, or did and waits for more); else null.</param>
public sealed record ApiRun(
    Guid Id, long Number, string Name, string Kind, string State, string? StopRequested, string Owner, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt,
    long Step, long TotalSteps, double? Progress, double StepsPerSecond, double SecondsLeft, double? Loss, string? FailureCode, int? QueuePosition, string Url)
{
    internal static ApiRun Of(RunSummary run) => new(
        run.Id, run.Number, run.Name, run.Kind.ToString(), run.State.ToString(), run.StopRequested?.ToString(), run.OwnerName, run.CreatedAt, run.StartedAt, run.EndedAt,
        run.Step, run.TotalSteps, run.TotalSteps > 0 ? Math.Clamp((double)run.Step / run.TotalSteps, 0, 1) : null, run.StepsPerSecond, run.SecondsLeft, run.LastLoss,
        run.FailureCode, run.QueuePosition, $"/runs/{run.Id}");
}

/// <summary>A page of runs, the newest first.</summary>
/// <param name="Next">For <c>before</c>; null at the end.</param>
public sealed record ApiRunPage(IReadOnlyList<ApiRun> Runs, long? Next);

/// <summary>Why a run failed.</summary>
/// <param name="Message">A sentence in the language asked for.</param>
/// <param name="Advice">What to do about it.</param>
/// <param name="Detail">What the software itself said.</param>
/// <param name="Class">What kind of failure it is, e.g. <c>OutOfMemory</c>.</param>
/// <param name="Next">What follows, e.g. <c>HalveBatch</c>.</param>
public sealed record ApiFailure(string Code, string Message, string Advice, string? Detail, string? Class, string? Next);

/// <summary>A try at a run.</summary>
public sealed record ApiAttempt(int Number, string Worker, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, DateTimeOffset LastHeardAt, long ResumedFromStep, string? Outcome, int? ExitCode);

/// <summary>A file of a run.</summary>
/// <param name="Kind"><c>checkpoint</c>, <c>preview</c>, <c>video</c>, <c>poster</c> or <c>raw</c>.</param>
/// <param name="Url">Where to download it, with this token.</param>
public sealed record ApiArtifact(Guid Id, string Kind, string FileName, long Bytes, string Sha256, long Step, int Index, string? Prompt, long? Seed, DateTimeOffset CreatedAt, string Url)
{
    internal static ApiArtifact Of(ArtifactView a) =>
        new(a.Id, a.Kind, a.FileName, a.Bytes, a.Sha256, a.Step, a.Index, a.Prompt, a.Seed, a.CreatedAt, $"/api/v1/files/{a.Sha256}/{Uri.EscapeDataString(a.FileName)}");
}

/// <summary>Everything about a run but its points and its log.</summary>
/// <param name="Can">What this token's member may do now: <c>cancel</c>, <c>stop</c>, <c>pause</c>, <c>resume</c>, <c>delete</c>.</param>
/// <param name="StartStep">Step of the parent's checkpoint that it starts from; null when it starts from nothing.</param>
/// <param name="LastEvent">Number of the newest event; follow from here.</param>
public sealed record ApiRunDetails(
    ApiRun Run, string Spec, string SpecHash, long Seed, string Software, string? Device, string? Precision, string? Phase, double? PhaseProgress, ApiFailure? Failure,
    double DeviceSeconds, long PeakMemoryBytes, Guid? ParentRun, long? StartStep, IReadOnlyList<string> Metrics, IReadOnlyList<ApiAttempt> Attempts, IReadOnlyList<ApiArtifact> Artifacts,
    IReadOnlyList<string> Can, long LastEvent)
{
    internal static ApiRunDetails Of(RunDetails run) => new(
        ApiRun.Of(run.Summary), run.SpecYaml, run.SpecHash, run.Seed, run.SoftwareVersion, run.Device, run.Precision,
        run.PhaseKey is { } phase ? SpecTexts.Phase(phase) : null, run.PhaseProgress,
        run.Summary.FailureCode is { } code ? new(code, SpecTexts.Failure(code, run.FailureArguments), SpecTexts.FailureAdvice(code), run.FailureMessage, run.Failure?.Class.ToString(), run.Failure?.Remedy.ToString()) : null,
        run.DeviceSeconds, run.PeakMemoryBytes, run.ParentRun?.Id, run.StartStep, run.MetricNames,
        [.. run.Attempts.Select(a => new ApiAttempt(a.Number, a.Worker, a.StartedAt, a.EndedAt, a.LastHeardAt, a.ResumedFromStep, a.Outcome, a.ExitCode))],
        [.. run.Artifacts.Select(ApiArtifact.Of)],
        [.. new (bool May, string What)[] { (run.Actions.Cancel, "cancel"), (run.Actions.StopAndKeep, "stop"), (run.Actions.Pause, "pause"), (run.Actions.Resume, "resume"), (run.Actions.Delete, "delete") }.Where(action => action.May).Select(action => action.What)],
        run.LastSeq);
}

/// <summary>A line of a run's log.</summary>
/// <param name="Event">Number of the event that brought it.</param>
/// <param name="Text">In the language asked for.</param>
public sealed record ApiLogLine(long Event, DateTimeOffset At, string Level, string Text);

/// <summary>What a spec would cost here.</summary>
/// <param name="Seconds">Low, likely, high.</param>
public sealed record ApiEstimate(bool Ok, IReadOnlyList<ApiReason> Reasons, string? CanonicalSpec, double? MemoryBytes, IReadOnlyList<double>? Seconds);
