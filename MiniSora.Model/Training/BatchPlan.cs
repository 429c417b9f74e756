using MiniSora.Model.Objectives;

namespace MiniSora.Model.Training;

/// <summary>What one lane of a batch is: every choice follows from (seed, step, lane).</summary>
internal sealed record LanePlan(long ClipIndex, SplitMix64 Augmentation, FrameMask Mask, bool[] Given, float Time, bool Chinese, bool DropCaption, int ImageFrame)
{
    /// <summary>Uniform in [0, 1): the noise level of objectives that have one per lane.</summary>
    public float Uniform { get; init; }
}

/// <summary>An image beside a clip: one frame of a clip of the dataset.</summary>
internal sealed record ImagePlan(long ClipIndex, SplitMix64 Augmentation, int Frame, bool Chinese, bool DropCaption);

/// <summary>Dropping of tokens in one step.</summary>
/// <param name="Ratio">Share to drop.</param>
/// <param name="MixerBlocks">Blocks that see all tokens.</param>
/// <param name="Random">Draws which.</param>
internal sealed record TokenMasking(double Ratio, int MixerBlocks, SplitMix64 Random)
{
    /// <summary>That of a step; null where there is none.</summary>
    public static TokenMasking? For(ulong seed, long step, TrainingOptions training) =>
        training.MaskRatio > 0 && step <= training.Steps * (1 - training.UnmaskedShare)
            ? new TokenMasking(training.MaskRatio, training.MaskMixerBlocks, SplitMix64.For(seed, SeedLanes.Tokens, (ulong)step))
            : null;
}

/// <summary>All choices of one training step, a pure function of the run's seed and the step: the data cursor is the step number.</summary>
internal sealed record BatchPlan(long Step, bool IsImage, IReadOnlyList<LanePlan> Lanes, ulong NoiseSeed)
{
    /// <summary>How tokens are dropped in this step; null: all go through.</summary>
    public TokenMasking? Masking { get; init; }

    /// <summary>
    /// The plan of <paramref name="step"/> = 1, 2, 3 …; <paramref name="latentFrames"/> F and <paramref name="frames"/> T of a clip. <paramref name="position"/>:
    /// clips that came before; null where every step has as many.
    /// </summary>
    public static BatchPlan For(ulong seed, long step, int batch, long clips, int frames, int latentFrames, ObjectiveOptions objective, long? position = null)
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
                ShuffledOrder.IndexAt(seed, (position ?? (step - 1) * batch) + lane, clips),
                SplitMix64.For(seed, SeedLanes.Augmentation, (ulong)step, (ulong)lane),
                mask, FrameMasks.Given(mask, length, ref random), time, chinese, drop, imageFrame)
            {
                Uniform = (float)Math.Min(SplitMix64.For(seed, SeedLanes.NoiseLevel, (ulong)step, (ulong)lane).NextDouble(), 0.9999999),
            };
        }

        return new BatchPlan(step, isImage, lanes, SplitMix64.For(seed, SeedLanes.Noise, (ulong)step).Next() >> 1);
    }

    /// <summary>Images beside the clips of a step, <paramref name="perLane"/> for each lane.</summary>
    public static IReadOnlyList<ImagePlan> Images(ulong seed, long step, int batch, int perLane, long clips, int frames, double dropout)
    {
        var images = new ImagePlan[batch * perLane];
        for (var i = 0; i < images.Length; i++)
        {
            var random = SplitMix64.For(seed, SeedLanes.Images, (ulong)step, (ulong)i);
            var clip = (long)random.Below((int)Math.Min(clips, int.MaxValue));
            var (frame, chinese, drop) = ((int)random.Below(frames), random.NextDouble() < 0.5, random.NextDouble() < dropout);
            images[i] = new ImagePlan(clip, random, frame, chinese, drop);
        }

        return images;
    }
}
