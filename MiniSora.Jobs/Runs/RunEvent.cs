using System.Text.Json.Serialization;

namespace MiniSora.Jobs.Runs;

/// <summary>
/// One line of the protocol between a run process and whoever started it: JSON, one object a line on standard output.
/// <see cref="Seq"/> counts from 1 within an attempt without gaps; (run, attempt, seq) names an event for good,
/// so that storing it twice is harmless and a gap can be asked for again.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(RunStarted), "started")]
[JsonDerivedType(typeof(RunPhase), "phase")]
[JsonDerivedType(typeof(RunStep), "step")]
[JsonDerivedType(typeof(RunLog), "log")]
[JsonDerivedType(typeof(RunArtifact), "artifact")]
[JsonDerivedType(typeof(RunFinished), "finished")]
[JsonDerivedType(typeof(RunFailed), "failed")]
public abstract record RunEvent
{
    /// <summary>1, 2, 3 … within the attempt.</summary>
    public long Seq { get; init; }

    /// <summary>When it happened, UTC.</summary>
    public DateTimeOffset At { get; init; }
}

/// <summary>The process is up: where it runs and with which arithmetic.</summary>
public sealed record RunStarted(string Device, string Precision, int Threads, string SoftwareVersion, string Arithmetic, long TotalSteps, long ResumedFromStep) : RunEvent
{
    /// <summary>Processor and number of threads, or the card.</summary>
    public string Machine { get; init; } = "";
}

/// <summary>What it does now, for people: a resource key such as <c>phase.fit_codec</c>; progress 0…1 or null.</summary>
public sealed record RunPhase(string Key, double? Progress) : RunEvent;

/// <summary>A batch of per-step values: <c>loss</c>, <c>grad_norm</c>, <c>learning_rate</c>, <c>clips_per_second</c>, <c>memory_bytes</c> …</summary>
public sealed record RunStep(long Step, double StepsPerSecond, double SecondsLeft, IReadOnlyList<MetricPoint> Points) : RunEvent;

/// <summary>One value of one metric.</summary>
public sealed record MetricPoint(string Name, long Step, double Value);

/// <summary>
/// A line of the log. Level: <c>info</c>, <c>warning</c>, <c>error</c>. Text: in English, for the file; readers see the text of
/// <paramref name="Key"/> in <c>SpecTexts</c> with its arguments, in their language.
/// </summary>
public sealed record RunLog(string Level, string Text, string Key = "", IReadOnlyDictionary<string, string>? Arguments = null) : RunEvent;

/// <summary>
/// A file is complete under the run's folder. Kind: <c>checkpoint</c>, <c>preview</c> (prompt number in
/// <paramref name="Index"/>), <c>estimate</c> (the clip <paramref name="Index"/> on its way, at a step of its sampling; see <see cref="EstimateFile"/>), <c>video</c>, <c>poster</c> (of the video with the same index), <c>raw</c>,
/// <c>scores</c> (of an evaluation), <c>nearest</c> (a video beside its nearest training clip), <c>encoder</c> (a feature network).
/// </summary>
public sealed record RunArtifact(string Kind, string Path, long Bytes, string Sha256, long Step, int Index, string? Prompt, long? Seed) : RunEvent;

/// <summary>
/// The work ended well. Reason: <c>completed</c>, <c>stopped</c> (a person asked to stop and keep), or
/// <c>interrupted</c> (asked to leave: a checkpoint was written and the run is to go on later).
/// </summary>
public sealed record RunFinished(string Reason, long Step, double DeviceSeconds, long PeakMemoryBytes, double Flops) : RunEvent
{
    /// <summary>Energy of the processor packages meanwhile; null where it cannot be read.</summary>
    public double? Joules { get; init; }

    /// <summary>Seconds of sampling for a second of video; null for runs that make none.</summary>
    public double? SecondsPerVideoSecond { get; init; }

    /// <summary>Energy of sampling a second of video; null where it cannot be read.</summary>
    public double? JoulesPerVideoSecond { get; init; }
}

/// <summary>It failed. Code: stable, e.g. <c>out_of_memory</c>, <c>diverged</c>, <c>dataset_missing</c>, <c>checkpoint_corrupt</c>, <c>disk_full</c>, <c>ffmpeg_missing</c>, <c>arithmetic</c>, <c>software</c>.</summary>
public sealed record RunFailed(string Code, string Message, IReadOnlyDictionary<string, string> Arguments) : RunEvent;
