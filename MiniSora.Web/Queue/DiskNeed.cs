using MiniSora.Jobs.Specs;

namespace MiniSora.Web.Queue;

/// <summary>What a run is expected to write, so that its place on the disk can be kept before it starts.</summary>
internal static class DiskNeed
{
    // A clip with its poster and raw frames, or a preview, in a small format; generous.
    private const long BytesPerClip = 4 << 20;

    // Four metrics a step in the database with its index, and the run's own journal.
    private const long BytesPerStep = 400;

    /// <summary>Bytes: checkpoints (weights, two moments and the averaged copies, as 32-bit numbers), one more than are kept since the new one is complete before the oldest goes; previews or clips; points.</summary>
    /// <param name="checkpointsKept">Checkpoints that a run of so many steps may come to have.</param>
    public static long Of(RunSpec spec, RunEstimate estimate, Func<long, long> checkpointsKept) => spec switch
    {
        TrainingSpec training => (long)Math.Min(
            4.0 * estimate.Parameters * (3 + training.Training.Averages.Count) * (checkpointsKept(training.Training.Steps) + 1)
                + BytesPerClip * (1 + training.Preview.Prompts.Count) + (double)BytesPerStep * training.Training.Steps,
            long.MaxValue / 4),
        SamplingSpec sampling => BytesPerClip * sampling.Clips,
        _ => BytesPerClip,
    };
}
