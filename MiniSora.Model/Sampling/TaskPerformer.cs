using MiniSora.Model.Autoencoders;
using MiniSora.Model.Datasets;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Sampling;

/// <summary>Draws one window of latents [1, F, c, h, w]; the caller owns it.</summary>
internal delegate Tensor DrawWindow(string prompt, long seed, long[] shape, LatentTask task);

/// <summary>
/// Carries out a <see cref="SampleTask"/>: which frames go into which window, and what is put together of them. Pixels of a given clip come
/// out as they came in; only what was made went through the codec.
/// </summary>
internal sealed class TaskPerformer(IVideoCodec codec, ClipSize size, Device device, DrawWindow draw)
{
    private readonly int window = size.LatentFrames(codec);

    /// <summary>The clip that a request asks for. Throws <see cref="SamplingException"/>.</summary>
    public PixelClip Perform(SampleRequest request)
    {
        using var scope = NewDisposeScope();
        return (request.Task ?? SampleTask.FromPrompt) switch
        {
            TextToVideo => Decode(Draw(request, LatentTask.Free)),
            ImageGeneration => Decode(draw(request.Prompt, request.Seed, size.LatentShape(codec, 1), LatentTask.Free)).Part(0, 1),
            ImageToVideo task => Animate(request, task),
            ExtendForward task => Extend(request, task.Source, task.GivenFrames, task.Windows, forward: true),
            ExtendBackward task => Extend(request, task.Source, task.GivenFrames, task.Windows, forward: false),
            LoopBridge task => Bridge(request, task.Source, task.Source, task.GivenFrames, "") is var bridge ? task.Source.Then(bridge) : null!,
            LoopCircular => Decode(Draw(request, new LatentTask { Circular = true })),
            Connect { CrossFadeFrom: { } from } task => CrossFade(request, task, from),
            Connect task => task.First.Then(Bridge(request, task.First, task.Second, task.GivenFrames, task.SecondPrompt), task.Second),
            Edit task => Change(request, task),
            var other => throw new ArgumentException($"{other.GetType().Name} is no task", nameof(request)),
        };
    }

    private Tensor Draw(SampleRequest request, LatentTask task, int round = 0) =>
        // Each window has noise of its own.
        draw(request.Prompt, round == 0 ? request.Seed : (long)(SplitMix64.For((ulong)request.Seed, SeedLanes.Windows, (ulong)round).Next() >> 1), size.LatentShape(codec), task);

    private PixelClip Animate(SampleRequest request, ImageToVideo task)
    {
        var still = Encode(new PixelClip(task.Picture, 1, size.Height, size.Width));
        return Decode(Draw(request, Given(still, null)));
    }

    private PixelClip Extend(SampleRequest request, PixelClip source, int frames, int windows, bool forward)
    {
        var given = GivenLatents(source, frames, window - 1);
        var pixels = given * codec.FramesPerLatent;
        var end = Encode(source.Part(forward ? source.Frames - pixels : 0, pixels));
        var result = source;
        for (var round = 0; round < windows; round++)
        {
            var latents = Draw(request, forward ? Given(end, null) : Given(null, end), round);
            var made = Decode(latents);
            result = forward
                ? result.Then(made.Part(pixels, made.Frames - pixels))
                : made.Part(0, made.Frames - pixels).Then(result);
            end = latents.narrow(1, forward ? window - given : 0, given);
        }

        return result;
    }

    /// <summary>What lies between the last frames of one clip and the first of another.</summary>
    private PixelClip Bridge(SampleRequest request, PixelClip before, PixelClip after, int frames, string secondPrompt)
    {
        var (head, tail) = Ends(before, after, frames);
        var task = Given(Encode(before.Part(before.Frames - head * codec.FramesPerLatent, head * codec.FramesPerLatent)), Encode(after.Part(0, tail * codec.FramesPerLatent)));
        return Between(Decode(Draw(request, task with { Second = Second(request, secondPrompt, head, tail) })), head, tail);
    }

    private PixelClip CrossFade(SampleRequest request, Connect task, double from)
    {
        var (head, tail) = Ends(task.First, task.Second, task.GivenFrames);
        var unit = codec.FramesPerLatent;
        var middle = window - head - tail;
        Require(task.First, (head + middle) * unit);
        Require(task.Second, (tail + middle) * unit);
        var first = Encode(task.First.Part(task.First.Frames - (head + middle) * unit, (head + middle) * unit));
        var second = Encode(task.Second.Part(0, (middle + tail) * unit));
        using var weights = tensor([.. Enumerable.Range(1, middle).Select(i => (float)i / (middle + 1))], [1, middle, 1, 1, 1], device: device);
        var faded = first.narrow(1, head, middle).lerp(second.narrow(1, 0, middle), weights.expand(-1, -1, first.shape[2], first.shape[3], first.shape[4]));
        var latents = new LatentTask
        {
            Clean = cat([first.narrow(1, 0, head), faded, second.narrow(1, middle, tail)], 1),
            Given = Ends(head, tail),
            From = from,
            Second = Second(request, task.SecondPrompt, head, tail),
        };
        var passage = Between(Decode(Draw(request, latents)), head, tail);
        return task.First.Part(0, task.First.Frames - middle * unit).Then(passage, task.Second.Part(middle * unit, task.Second.Frames - middle * unit));
    }

    private PixelClip Change(SampleRequest request, Edit task)
    {
        Require(task.Source, codec.FramesPerLatent);
        var frames = Math.Min(size.Frames, task.Source.Frames / codec.FramesPerLatent * codec.FramesPerLatent);
        var clean = Encode(task.Source.Part(0, frames));
        return Decode(draw(request.Prompt, request.Seed, clean.shape, new LatentTask { Clean = clean, From = task.Strength, Inversion = task.Inversion }));
    }

    /// <summary>A window whose ends are given, [1, k, c, h, w] each, or null.</summary>
    private LatentTask Given(Tensor? head, Tensor? tail)
    {
        var (before, after) = ((int)(head?.shape[1] ?? 0), (int)(tail?.shape[1] ?? 0));
        var shape = size.LatentShape(codec, window - before - after);
        Tensor?[] parts = [head, zeros(shape, device: device), tail];
        return new LatentTask { Clean = cat([.. parts.OfType<Tensor>()], 1), Given = Ends(before, after) };
    }

    private bool[] Ends(int head, int tail) => [.. Enumerable.Range(0, window).Select(f => f < head || f >= window - tail)];

    private (int Head, int Tail) Ends(PixelClip before, PixelClip after, int frames)
    {
        if ((before.Height, before.Width) != (after.Height, after.Width))
            throw new ArgumentException($"clips of {before.Height}×{before.Width} and {after.Height}×{after.Width} pixels cannot be connected");
        // At least one latent frame is made.
        var most = (window - 1) / 2;
        if (most == 0)
            throw TooShort(size.Frames, 3 * codec.FramesPerLatent);
        return (GivenLatents(before, frames, most), GivenLatents(after, frames, most));
    }

    private (string, float[])? Second(SampleRequest request, string prompt, int head, int tail)
    {
        if (prompt.Length == 0 || prompt == request.Prompt)
            return null;
        var middle = window - head - tail;
        return (prompt, [.. Enumerable.Range(0, window).Select(f => Math.Clamp((f - head + 1f) / (middle + 1), 0, 1))]);
    }

    private int GivenLatents(PixelClip source, int frames, int most)
    {
        Require(source, codec.FramesPerLatent);
        var wanted = (frames + codec.FramesPerLatent - 1) / codec.FramesPerLatent;
        return Math.Max(1, Math.Min(wanted, Math.Min(most, source.Frames / codec.FramesPerLatent)));
    }

    private static void Require(PixelClip clip, int frames)
    {
        if (clip.Frames < frames)
            throw TooShort(clip.Frames, frames);
    }

    private static SamplingException TooShort(int frames, int needed) => new(
        "clip_too_short", $"The clip has {frames} frames; this needs {needed}.", ("frames", $"{frames}"), ("needed", $"{needed}"));

    private PixelClip Between(PixelClip clip, int head, int tail) =>
        clip.Part(head * codec.FramesPerLatent, clip.Frames - (head + tail) * codec.FramesPerLatent);

    private Tensor Encode(PixelClip clip)
    {
        if ((clip.Height, clip.Width) != (size.Height, size.Width))
            throw new ArgumentException($"the clip has {clip.Height}×{clip.Width} pixels, the window {size.Height}×{size.Width}");
        return codec.Encode(ClipPixels.ToTensor([clip.Pixels], clip.Frames, clip.Height, clip.Width).to(device));
    }

    /// <summary>Latents [1, F, c, h, w] as pixels.</summary>
    public PixelClip Decode(Tensor latents)
    {
        var pixels = ClipPixels.ToBytes(codec.Decode(latents, DecodingPlan.For(latents.shape)))[0];
        return new(pixels, pixels.Length / (size.Height * size.Width * 3), size.Height, size.Width);
    }
}
