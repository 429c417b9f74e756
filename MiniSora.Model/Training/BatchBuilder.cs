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

    private readonly BucketSchedule schedule = new(
        setup.Seed, [.. setup.AllBuckets.Select(bucket => bucket.Share)], [.. setup.AllBuckets.Select(setup.BatchOf)]);

    /// <summary>Latent frames of a clip of the main size.</summary>
    public int LatentFrames => setup.Dataset.Frames / codec.FramesPerLatent;

    /// <summary>The batch of one step; the caller owns it.</summary>
    public TrainingBatch Build(long step)
    {
        var (number, size, position) = schedule.At(step);
        var dataset = setup.AllBuckets[number].Dataset;
        var plan = BatchPlan.For(setup.Seed, step, size, dataset.Count, dataset.Frames, dataset.Frames / codec.FramesPerLatent, Shifted(dataset), position) with
        {
            Masking = TokenMasking.For(setup.Seed, step, setup.Training),
        };
        return Build(plan, dataset);
    }

    /// <summary>The batch of a given plan over clips of the main size; the caller owns it.</summary>
    public TrainingBatch Build(BatchPlan plan) => Build(plan, setup.Dataset);

    private TrainingBatch Build(BatchPlan plan, IVideoDataset dataset)
    {
        var step = plan.Step;
        var clips = plan.Lanes.Select(lane => dataset.Read(lane.ClipIndex, lane.Augmentation)).ToList();
        var conditions = plan.Lanes.Zip(clips, (lane, clip) => Condition(dataset, lane.ClipIndex, clip, lane.Chinese, lane.DropCaption)).ToList();

        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var latents = plan.IsImage
            ? codec.Encode(Frames(dataset, clips, plan.Lanes.Select(lane => lane.ImageFrame).ToList()))
            : EncodeClips(dataset, plan, clips);
        latents = latents.to(CPU);
        var beside = setup.Model.Network == NetworkKind.Latte ? setup.Model.ImageFrames : 0;
        if (beside == 0)
            return system.Prepare(new StepInput(plan, conditions, [], latents));

        var images = BatchPlan.Images(setup.Seed, step, clips.Count, beside, dataset.Count, dataset.Frames, objective.CaptionDropout);
        var sources = images.Select(image => dataset.Read(image.ClipIndex, image.Augmentation)).ToList();
        var stills = codec.Encode(Frames(dataset, sources, [.. images.Select(image => image.Frame)])).to(CPU); // [B·I, 1, c, h, w]
        var joined = cat([latents, stills.reshape([clips.Count, beside, .. stills.shape[2..]])], 1);
        return system.Prepare(new StepInput(
            plan, conditions, [.. images.Zip(sources, (image, source) => Condition(dataset, image.ClipIndex, source, image.Chinese, image.DropCaption))], joined));
    }

    /// <summary>The objective of a bucket: clips with more tokens than the main ones lose the same layout only at more noise (Esser et al. 2024, eq. 23).</summary>
    private ObjectiveOptions Shifted(IVideoDataset dataset)
    {
        var main = setup.Dataset;
        var more = (double)dataset.Frames * dataset.Height * dataset.Width / ((double)main.Frames * main.Height * main.Width);
        return more == 1 ? objective : objective with { TimeShift = objective.TimeShift * Math.Sqrt(more) };
    }

    private LaneCondition Condition(IVideoDataset dataset, long index, Clip clip, bool chinese, bool drop) =>
        new(clip.Caption, classes ? dataset.ClassOf(index) : 0, chinese, drop);

    private Tensor EncodeClips(IVideoDataset dataset, BatchPlan plan, List<Clip> clips)
    {
        int frames = dataset.Frames, height = dataset.Height, width = dataset.Width;
        var latents = codec.Encode(ClipPixels.ToTensor(clips.Select(clip => clip.Frames).ToList(), frames, height, width));
        var heads = Enumerable.Range(0, clips.Count).Where(lane => plan.Lanes[lane].Mask == FrameMask.ImageHead).ToList();
        if (heads.Count > 0)
        {
            // What image-to-video will be given at sampling: the first picture alone, not the codec's view of two frames.
            var stills = codec.Encode(Frames(dataset, [.. heads.Select(lane => clips[lane])], [.. heads.Select(_ => 0)]));
            for (var i = 0; i < heads.Count; i++)
                latents[heads[i], 0] = stills[i, 0];
        }

        return latents;
    }

    /// <summary>One frame of each clip as images [B, 1, 3, H, W].</summary>
    private static Tensor Frames(IVideoDataset dataset, List<Clip> clips, List<int> frames)
    {
        int height = dataset.Height, width = dataset.Width, size = height * width * 3;
        var pictures = clips.Select((clip, i) => clip.Frames.AsSpan(frames[i] * size, size).ToArray()).ToList();
        return ClipPixels.ToTensor(pictures, 1, height, width);
    }
}
