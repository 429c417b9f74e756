using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;
using MiniSora.Model.Objectives;
using MiniSora.Model.Systems;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>Turns plans into batches: reads clips, encodes them, lets the system add noise. Runs beside the training thread.</summary>
internal sealed class BatchBuilder(TrainerSetup setup, IVideoCodec codec, IVideoSystem system)
{
    // Only rectified flow masks frames and mixes whole batches of images in.
    private readonly ObjectiveOptions objective = setup.Objective.Kind == ObjectiveKind.RectifiedFlow
        ? setup.Objective
        : setup.Objective with { MaskedFraction = 0, ImageFraction = system.ImagesOnly ? 1 : 0 };

    private readonly bool classes = VideoSystem.ReadsClasses(setup.Model);

    /// <summary>Latent frames of a clip.</summary>
    private int LatentFrames => setup.Dataset.Frames / codec.FramesPerLatent;

    /// <summary>The batch of one step; the caller owns it.</summary>
    public TrainingBatch Build(long step)
    {
        var plan = BatchPlan.For(setup.Seed, step, setup.Training.Batch, setup.Dataset.Count, setup.Dataset.Frames, LatentFrames, objective) with
        {
            Masking = TokenMasking.For(setup.Seed, step, setup.Training),
        };
        var clips = plan.Lanes.Select(lane => setup.Dataset.Read(lane.ClipIndex, lane.Augmentation)).ToList();
        var conditions = plan.Lanes.Zip(clips, (lane, clip) => Condition(lane.ClipIndex, clip, lane.Chinese, lane.DropCaption)).ToList();

        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var latents = plan.IsImage
            ? codec.Encode(Frames(clips, plan.Lanes.Select(lane => lane.ImageFrame).ToList()))
            : EncodeClips(plan, clips);
        latents = latents.to(CPU);
        var beside = setup.Model.Network == NetworkKind.Latte ? setup.Model.ImageFrames : 0;
        if (beside == 0)
            return system.Prepare(new StepInput(plan, conditions, [], latents));

        var images = BatchPlan.Images(setup.Seed, step, clips.Count, beside, setup.Dataset.Count, setup.Dataset.Frames, objective.CaptionDropout);
        var sources = images.Select(image => setup.Dataset.Read(image.ClipIndex, image.Augmentation)).ToList();
        var stills = codec.Encode(Frames(sources, [.. images.Select(image => image.Frame)])).to(CPU); // [B·I, 1, c, h, w]
        var joined = cat([latents, stills.reshape([clips.Count, beside, .. stills.shape[2..]])], 1);
        return system.Prepare(new StepInput(
            plan, conditions, [.. images.Zip(sources, (image, source) => Condition(image.ClipIndex, source, image.Chinese, image.DropCaption))], joined));
    }

    private LaneCondition Condition(long index, Clip clip, bool chinese, bool drop) =>
        new(clip.Caption, classes ? setup.Dataset.ClassOf(index) : 0, chinese, drop);

    private Tensor EncodeClips(BatchPlan plan, List<Clip> clips)
    {
        int frames = setup.Dataset.Frames, height = setup.Dataset.Height, width = setup.Dataset.Width;
        var latents = codec.Encode(ClipPixels.ToTensor(clips.Select(clip => clip.Frames).ToList(), frames, height, width));
        var heads = Enumerable.Range(0, clips.Count).Where(lane => plan.Lanes[lane].Mask == FrameMask.ImageHead).ToList();
        if (heads.Count > 0)
        {
            // What image-to-video will be given at sampling: the first picture alone, not the codec's view of two frames.
            var stills = codec.Encode(Frames([.. heads.Select(lane => clips[lane])], [.. heads.Select(_ => 0)]));
            for (var i = 0; i < heads.Count; i++)
                latents[heads[i], 0] = stills[i, 0];
        }

        return latents;
    }

    /// <summary>One frame of each clip as images [B, 1, 3, H, W].</summary>
    private Tensor Frames(List<Clip> clips, List<int> frames)
    {
        int height = setup.Dataset.Height, width = setup.Dataset.Width, size = height * width * 3;
        var pictures = clips.Select((clip, i) => clip.Frames.AsSpan(frames[i] * size, size).ToArray()).ToList();
        return ClipPixels.ToTensor(pictures, 1, height, width);
    }
}
