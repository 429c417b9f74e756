using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Specs;

namespace MiniSora.Web.Runs;

/// <summary>Puts a run into the database and the queue. Whether it may be there was decided before.</summary>
internal static class RunAddition
{
    /// <summary>Adds a queued run within the transaction.</summary>
    public static async Task<Run> AddAsync(RunWrite write, RunSpec spec, Guid owner, Origin origin, int priority, CancellationToken cancellationToken, long? sweepId = null, long? number = null)
    {
        var newest = Math.Max(
            await write.Context.Runs.MaxAsync(r => (long?)r.Number, cancellationToken) ?? 0,
            write.Context.Runs.Local.Select(r => r.Number).DefaultIfEmpty().Max());
        var start = CheckpointOf(spec) is { } checkpoint && spec is TrainingSpec ? await RunStart.OfAsync(write.Context, checkpoint, cancellationToken) : null;
        var run = new Run
        {
            Id = Guid.CreateVersion7(write.Now),
            Number = number ?? 1 + newest,
            OwnerId = owner,
            Kind = KindOf(spec),
            Name = spec.Name,
            SpecYaml = SpecYaml.Write(spec),
            SpecHash = SpecHash.Of(spec),
            Seed = spec.Seed,
            SoftwareVersion = Product.Version,
            Priority = priority,
            ParentRunId = start?.RunId ?? origin.RunId,
            StartStep = start?.Step,
            StartFlops = start?.Flops ?? 0,
            StartSeconds = start?.Seconds ?? 0,
            ParentPostId = origin.PostId,
            SweepId = sweepId,
            CheckpointSha256 = CheckpointOf(spec),
            ImageSha256 = spec is SamplingSpec { Image.Length: > 0 } sampling ? sampling.Image : null,
            CreatedAt = write.Now,
            TotalSteps = spec is TrainingSpec training ? training.Training.Steps : 0,
        };
        write.Context.Runs.Add(run);
        write.TellState(run);
        return run;
    }

    /// <summary>The checkpoint that a spec reads or starts from, or null.</summary>
    public static string? CheckpointOf(RunSpec spec) => spec switch
    {
        TrainingSpec { Start.Checkpoint: { Length: > 0 } start } => start,
        SamplingSpec sampling => sampling.Checkpoint,
        EvaluationSpec evaluation => evaluation.Checkpoint,
        ReplaySpec replay => replay.Checkpoint,
        _ => null,
    };

    /// <summary>The files of the store that a spec names.</summary>
    public static IReadOnlyList<string> FilesOf(RunSpec spec)
    {
        var sampling = spec as SamplingSpec;
        string?[] named = [CheckpointOf(spec), sampling?.Image, sampling?.Input.Video, sampling?.Input.SecondVideo, sampling?.Original];
        return [.. named.OfType<string>().Distinct()];
    }

    /// <summary>What kind of run a spec makes.</summary>
    public static RunKind KindOf(RunSpec spec) => spec switch
    {
        TrainingSpec => RunKind.Training,
        SamplingSpec => RunKind.Sampling,
        EvaluationSpec => RunKind.Evaluation,
        EncoderSpec => RunKind.Encoder,
        ReplaySpec => RunKind.Replay,
        _ => throw new ArgumentException($"{spec.GetType()} is no kind of run.", nameof(spec)),
    };
}
