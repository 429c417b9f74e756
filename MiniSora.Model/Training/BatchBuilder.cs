using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;
using MiniSora.Model.Objectives;
using MiniSora.Model.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>Turns plans into batches: reads clips, encodes them, adds noise. Runs beside the training thread.</summary>
internal sealed class BatchBuilder(TrainerSetup setup, IVideoCodec codec, Vocabulary vocabulary)
{
    /// <summary>Latent frames of a clip.</summary>
    private int LatentFrames => setup.Dataset.Frames / codec.FramesPerLatent;

    /// <summary>The batch of one step; the caller owns it.</summary>
    public TrainingBatch Build(long step)
    {
        var plan = BatchPlan.For(setup.Seed, step, setup.Training.Batch, setup.Dataset.Count, setup.Dataset.Frames, LatentFrames, setup.Objective);
        var clips = plan.Lanes.Select(lane => setup.Dataset.Read(lane.ClipIndex, lane.Augmentation)).ToList();

        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var latents = plan.IsImage
            ? codec.Encode(Frames(clips, plan.Lanes.Select(lane => lane.ImageFrame).ToList()))
            : EncodeClips(plan, clips);
        var data = Patches.Split(latents.to(CPU), setup.Model.Patch);

        using var generator = new Generator(plan.NoiseSeed, CPU);
        var noise = randn(data.shape, generator: generator);
        int batch = plan.Lanes.Count, frames = (int)data.shape[1];
        var times = new float[batch, frames];
        var generated = plan.Lanes.Sum(lane => lane.Given.Count(given => !given));
        var share = 1f / ((float)generated * data.shape[2] * data.shape[3]);
        var weights = new float[batch * frames];
        for (var b = 0; b < batch; b++)
        {
            for (var f = 0; f < frames; f++)
            {
                var given = plan.Lanes[b].Given[f];
                times[b, f] = given ? 0 : plan.Lanes[b].Time;
                weights[b * frames + f] = given ? 0 : share * RectifiedFlow.ErrorWeight(setup.Objective, plan.Lanes[b].Time);
            }
        }

        var mixed = RectifiedFlow.Mix(data, noise, tensor(times).view(batch, frames, 1, 1));
        var captions = plan.Lanes.Zip(clips, (lane, clip) => Caption(lane, clip.Caption)).ToList();
        return new TrainingBatch(
            step,
            mixed.DetachFromDisposeScope(),
            (setup.Objective.Prediction == Prediction.Data ? data : RectifiedFlow.Velocity(data, noise)).DetachFromDisposeScope(),
            tensor(weights, [batch, frames, 1, 1]).DetachFromDisposeScope(),
            FrameTimes.From(times),
            captions,
            (int)latents.shape[3] / setup.Model.Patch,
            (int)latents.shape[4] / setup.Model.Patch);
    }

    private EncodedCaption Caption(LanePlan lane, Caption caption)
    {
        var length = setup.Model.TextLength;
        var text = lane.Chinese ? caption.Chinese ?? caption.English : caption.English ?? caption.Chinese;
        return lane.DropCaption ? Vocabulary.EncodeNull(length) : vocabulary.Encode(text ?? "", length);
    }

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
