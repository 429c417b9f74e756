using System.Text.Json;
using System.Text.Json.Nodes;
using MiniSora.Jobs.Runs;
using MiniSora.Web.Artifacts;

namespace MiniSora.Web.Runs;

/// <summary>What the events of an attempt change in the run, and what is told to viewers.</summary>
internal sealed class RunChanges(RunWrite write, Run run, Attempt attempt)
{
    private readonly List<MetricPoint> points = [];

    /// <summary>Points to store with the same transaction.</summary>
    public IReadOnlyList<MetricPoint> Points => points;

    public void Apply(RunEvent happened, Artifact? artifact)
    {
        switch (happened)
        {
            case RunStarted started: Started(started); break;
            case RunPhase phase: Phase(phase); break;
            case RunStep step: Step(step); break;
            case RunLog log: write.Tell(run, "log", new() { ["level"] = log.Level, ["text"] = log.Text, ["key"] = log.Key, ["arguments"] = JsonSerializer.SerializeToNode(log.Arguments) }, log.At); break;
            case RunArtifact when artifact is not null: Stored(artifact, happened.At); break;
            case RunArtifact: break;
            case RunFinished finished: Finished(finished); break;
            case RunFailed failed: Failed(failed); break;
            default: throw new ArgumentException($"Unknown event {happened.GetType().Name}.", nameof(happened));
        }
    }

    private void Started(RunStarted e)
    {
        (run.Device, run.Precision, run.Threads, run.Arithmetic) = (e.Device, e.Precision, e.Threads, e.Arithmetic);
        run.Machine = e.Machine.Length is > 0 and <= 120 ? e.Machine : null;
        (run.TotalSteps, run.Step, attempt.ResumedFromStep) = (e.TotalSteps, e.ResumedFromStep, e.ResumedFromStep);
        write.Tell(run, "started", new()
        {
            ["attempt"] = attempt.Number,
            ["device"] = e.Device,
            ["precision"] = e.Precision,
            ["threads"] = e.Threads,
            ["arithmetic"] = e.Arithmetic,
            ["totalSteps"] = e.TotalSteps,
            ["resumedFromStep"] = e.ResumedFromStep,
        }, e.At);
    }

    private void Phase(RunPhase e)
    {
        (run.PhaseKey, run.PhaseProgress) = (e.Key, Finite(e.Progress));
        write.Tell(run, "phase", new() { ["key"] = e.Key, ["progress"] = run.PhaseProgress }, e.At);
    }

    private void Step(RunStep e)
    {
        run.Step = e.Step;
        run.StepsPerSecond = Finite(e.StepsPerSecond) ?? 0;
        run.SecondsLeft = Finite(e.SecondsLeft) ?? 0;
        points.AddRange(e.Points);
        var series = new JsonObject();
        foreach (var metric in e.Points.GroupBy(point => point.Name))
            series[metric.Key] = new JsonArray([.. metric.Select(point => new JsonArray(point.Step, Finite(point.Value)))]);
        write.Tell(run, "step", new()
        {
            ["step"] = e.Step,
            ["totalSteps"] = run.TotalSteps,
            ["stepsPerSecond"] = run.StepsPerSecond,
            ["secondsLeft"] = run.SecondsLeft,
            ["points"] = series,
        }, e.At);
    }

    private void Stored(Artifact artifact, DateTimeOffset at)
    {
        write.Context.Artifacts.Add(artifact);
        // A new checkpoint is progress that cannot be lost: the count of losses starts again.
        if (artifact.Kind == "checkpoint")
            run.LostInARow = 0;
        write.Tell(run, "artifact", new()
        {
            ["id"] = artifact.Id,
            ["kind"] = artifact.Kind,
            ["sha256"] = artifact.Sha256,
            ["bytes"] = artifact.Bytes,
            ["fileName"] = artifact.FileName,
            ["url"] = artifact.Url,
            ["step"] = artifact.Step,
            ["index"] = artifact.Index,
            ["prompt"] = artifact.Prompt,
            ["seed"] = artifact.Seed,
            ["steps"] = artifact.Steps,
        }, at);
    }

    private void Finished(RunFinished e)
    {
        attempt.Outcome = e.Reason;
        run.Step = e.Step;
        run.DeviceSeconds += Finite(e.DeviceSeconds) ?? 0;
        run.Flops += Finite(e.Flops) ?? 0;
        run.PeakMemoryBytes = Math.Max(run.PeakMemoryBytes, e.PeakMemoryBytes);
        run.Joules = Finite(e.Joules) is { } joules ? (run.Joules ?? 0) + joules : run.Joules;
        run.SecondsPerVideoSecond = Finite(e.SecondsPerVideoSecond) ?? run.SecondsPerVideoSecond;
        run.JoulesPerVideoSecond = Finite(e.JoulesPerVideoSecond) ?? run.JoulesPerVideoSecond;
        write.Tell(run, "finished", new()
        {
            ["reason"] = e.Reason,
            ["step"] = e.Step,
            ["deviceSeconds"] = run.DeviceSeconds,
            ["peakMemoryBytes"] = run.PeakMemoryBytes,
            ["flops"] = run.Flops,
        }, e.At);
    }

    private void Failed(RunFailed e)
    {
        attempt.Outcome = "failed";
        (run.FailureCode, run.FailureMessage, run.FailureArguments) = (e.Code, e.Message, JsonSerializer.Serialize(e.Arguments, LiveJson.Options));
        write.Tell(run, "failed", new()
        {
            ["code"] = e.Code,
            ["message"] = e.Message,
            ["arguments"] = JsonNode.Parse(run.FailureArguments),
        }, e.At);
    }

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
