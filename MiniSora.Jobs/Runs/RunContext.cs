using System.Globalization;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Sampling;

namespace MiniSora.Jobs.Runs;

/// <summary>Everything a handler works with.</summary>
/// <param name="Folder">The run's folder.</param>
/// <param name="Inputs">SHA-256 to absolute path.</param>
/// <param name="DataFolder">Datasets and calibration.</param>
/// <param name="Reporter">Where events go.</param>
/// <param name="Control">What was asked.</param>
/// <param name="Time">Clock.</param>
public sealed record RunContext(
    RunFolder Folder, IReadOnlyDictionary<string, string> Inputs, string DataFolder, IRunReporter Reporter, RunControl Control, TimeProvider Time)
{
    internal void Phase(string key, double? progress = null) => Reporter.Report(new RunPhase(key, progress));

    /// <summary>A line of the log by its key in <see cref="SpecTexts"/>: readers see it in their language.</summary>
    internal void Info(string key, params (string Name, string Value)[] arguments) => Log("info", key, arguments);

    internal void Warning(string key, params (string Name, string Value)[] arguments) => Log("warning", key, arguments);

    internal void Warning(SamplerWarning warning) => Log("warning", "log." + warning.Code, [.. warning.Arguments.Select(pair => (pair.Key, pair.Value))]);

    private void Log(string level, string key, (string Name, string Value)[] arguments) =>
        Reporter.Report(new RunLog(level, SpecTexts.Format(key, CultureInfo.InvariantCulture, arguments), key, arguments.ToDictionary(pair => pair.Name, pair => pair.Value)));

    /// <summary>Reports a complete file of the run.</summary>
    internal RunArtifact Artifact(string kind, string path, long step, int index = 0, string? prompt = null, long? seed = null)
    {
        var artifact = new RunArtifact(kind, Folder.Relative(path), new FileInfo(path).Length, FileHash.Sha256(path), step, index, prompt, seed);
        Reporter.Report(artifact);
        return artifact;
    }
}

/// <summary>Carries out one kind of spec. Called on one dedicated thread, since torch scopes and grad mode are per thread.</summary>
internal interface IRunHandler
{
    /// <summary>Runs to the end. Returns what to report last, or null when it was cancelled. Throws when it fails.</summary>
    RunFinished? Run(RunContext context);
}

/// <summary>The handler of a spec.</summary>
internal static class RunHandlers
{
    public static IRunHandler For(RunSpec spec) => spec switch
    {
        TrainingSpec training => new TrainingRun(training),
        SamplingSpec sampling => new SamplingRun(sampling),
        EvaluationSpec evaluation => new EvaluationRun(evaluation),
        EncoderSpec encoder => new EncoderRun(encoder),
        ReplaySpec replay => new ReplayRun(replay),
        _ => throw new ArgumentException($"{spec.GetType()} has no handler.", nameof(spec)),
    };
}
