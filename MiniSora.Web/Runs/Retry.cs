using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Backbones;

namespace MiniSora.Web.Runs;

/// <summary>The spec that a failure suggests, for a person to look at: nothing of it starts by itself.</summary>
internal static class Retry
{
    /// <param name="failed">What failed.</param>
    /// <param name="remedy">What its failure suggests; null for none.</param>
    /// <param name="checkpoint">Its newest checkpoint.</param>
    public static TrainingSpec Of(TrainingSpec failed, FailureRemedy? remedy, (string Sha256, long Step)? checkpoint) => remedy switch
    {
        FailureRemedy.HalveBatch => Halved(failed),
        FailureRemedy.LowerRate => Slower(checkpoint is { } good ? Fork.Of(failed, good.Sha256, good.Step) : failed),
        _ => failed,
    };

    /// <summary>
    /// Half as many clips in memory. Where steps can be taken in parts, twice as many parts leave the step's clips, and so its gradient, as they were;
    /// where they cannot, or every part is one clip, the batch itself is halved.
    /// </summary>
    private static TrainingSpec Halved(TrainingSpec failed)
    {
        var training = failed.Training;
        return failed with
        {
            Training = failed.Model.Network != NetworkKind.Cascade && training.Accumulation * 2 <= training.Batch
                ? training with { Accumulation = training.Accumulation * 2 }
                : training with { Batch = Math.Max(1, training.Batch / 2), Accumulation = Math.Min(training.Accumulation, Math.Max(1, training.Batch / 2)) },
        };
    }

    private static TrainingSpec Slower(TrainingSpec spec)
    {
        var rate = spec.Training.LearningRate / 2;
        return spec with { Training = spec.Training with { LearningRate = rate, FinalLearningRate = Math.Min(spec.Training.FinalLearningRate, rate) } };
    }
}
