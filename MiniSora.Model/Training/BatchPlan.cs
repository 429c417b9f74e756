using MiniSora.Model.Objectives;

namespace MiniSora.Model.Training;

/// <summary>What one lane of a batch is: every choice follows from (seed, step, lane).</summary>
internal sealed record LanePlan(long ClipIndex, SplitMix64 Augmentation, FrameMask Mask, bool[] Given, float Time, bool Chinese, bool DropCaption, int ImageFrame);

/// <summary>All choices of one training step, a pure function of the run's seed and the step: the data cursor is the step number.</summary>
internal sealed record BatchPlan(long Step, bool IsImage, IReadOnlyList<LanePlan> Lanes, ulong NoiseSeed)
{
    /// <summary>The plan of <paramref name="step"/> = 1, 2, 3 …; <paramref name="latentFrames"/> F and <paramref name="frames"/> T of a clip.</summary>
    public static BatchPlan For(ulong seed, long step, int batch, long clips, int frames, int latentFrames, ObjectiveOptions objective)
    {
        var isImage = SplitMix64.For(seed, SeedLanes.Batch, (ulong)step).NextDouble() < objective.ImageFraction;
        var lanes = new LanePlan[batch];
        for (var lane = 0; lane < batch; lane++)
        {
            var random = SplitMix64.For(seed, SeedLanes.Objective, (ulong)step, (ulong)lane);
            var time = RectifiedFlow.DrawTime(ref random, objective);
            var drop = random.NextDouble() < objective.CaptionDropout;
            var chinese = random.NextDouble() < 0.5;
            var imageFrame = (int)random.Below(frames);
            var length = isImage ? 1 : latentFrames;
            var mask = FrameMasks.Draw(ref random, objective.MaskedFraction, length);
            lanes[lane] = new LanePlan(
                ShuffledOrder.IndexAt(seed, (step - 1) * batch + lane, clips),
                SplitMix64.For(seed, SeedLanes.Augmentation, (ulong)step, (ulong)lane),
                mask, FrameMasks.Given(mask, length, ref random), time, chinese, drop, imageFrame);
        }

        return new BatchPlan(step, isImage, lanes, SplitMix64.For(seed, SeedLanes.Noise, (ulong)step).Next() >> 1);
    }
}
