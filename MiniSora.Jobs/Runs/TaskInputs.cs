using MiniSora.Jobs.Specs;
using MiniSora.Model.Media;
using MiniSora.Model.Sampling;

namespace MiniSora.Jobs.Runs;

/// <summary>Reads what the tasks of sampling specs start from, every file once.</summary>
/// <param name="locate">Path of a file that a spec names.</param>
/// <param name="cancellationToken">Stops reading.</param>
internal sealed class TaskInputs(Func<string, string> locate, CancellationToken cancellationToken)
{
    /// <summary>Bytes of a given clip's frames: a video of minutes is no clip.</summary>
    private const int MostBytes = 256 << 20;

    private readonly Dictionary<(string, ClipSize, double), PixelClip> videos = [];
    private readonly Dictionary<(string, ClipSize), byte[]> images = [];
    private readonly Dictionary<string, string> hashes = [];

    /// <summary>The request of a spec's clip.</summary>
    public SampleRequest Request(SamplingSpec spec, ClipSize size, long seed) => new(spec.Prompt, seed, Task(spec, size), size);

    /// <summary>The spec with its files named by what is in them, so that it means the same anywhere.</summary>
    public SamplingSpec ByContent(SamplingSpec spec, string checkpointHash)
    {
        string Used(string name, bool used) => used && name.Length > 0 ? Hash(name) : "";
        return spec with
        {
            Checkpoint = checkpointHash,
            // What a clip was compared with is no part of how it was made.
            Original = "",
            Image = Used(spec.Image, spec.Task == SamplingTask.ImageToVideo),
            Input = spec.Input with
            {
                Video = Used(spec.Input.Video, spec.Task.TakesVideo()),
                SecondVideo = Used(spec.Input.SecondVideo, spec.Task == SamplingTask.Connect),
            },
        };
    }

    private SampleTask Task(SamplingSpec spec, ClipSize size)
    {
        var input = spec.Input;
        PixelClip Clip(string name) => Video(name, size, spec.FramesPerSecond);
        return spec.Task switch
        {
            SamplingTask.TextToVideo => SampleTask.FromPrompt,
            SamplingTask.Image => new ImageGeneration(),
            SamplingTask.ImageToVideo => new ImageToVideo(Picture(spec.Image, size)),
            SamplingTask.ExtendForward => new ExtendForward(Clip(input.Video), input.GivenFrames, input.Windows),
            SamplingTask.ExtendBackward => new ExtendBackward(Clip(input.Video), input.GivenFrames, input.Windows),
            SamplingTask.LoopBridge => new LoopBridge(Clip(input.Video), input.GivenFrames),
            SamplingTask.LoopCircular => new LoopCircular(),
            SamplingTask.Connect => new Connect(
                Clip(input.Video), Clip(input.SecondVideo), input.GivenFrames, input.SecondPrompt, input.Passage == Passage.CrossFade ? input.Strength : null),
            SamplingTask.Edit => new Edit(Clip(input.Video), input.Strength, input.Departure == Departure.Inversion ? input.SourcePrompt : null),
            var other => throw new ArgumentOutOfRangeException(nameof(spec), other, "no such task"),
        };
    }

    private PixelClip Video(string name, ClipSize size, double framesPerSecond)
    {
        var key = (name, size with { Frames = 0 }, framesPerSecond);
        if (!videos.TryGetValue(key, out var clip))
        {
            var most = Math.Max(1, MostBytes / (size.Height * size.Width * 3));
            clip = VideoFile.ReadClipAsync(locate(name), size.Height, size.Width, framesPerSecond, most, cancellationToken).GetAwaiter().GetResult();
            videos[key] = clip;
        }

        return clip;
    }

    private byte[] Picture(string name, ClipSize size)
    {
        var key = (name, size with { Frames = 0 });
        if (!images.TryGetValue(key, out var picture))
            images[key] = picture = ImageFile.ReadRgb(locate(name), size.Height, size.Width);
        return picture;
    }

    private string Hash(string name)
    {
        if (!hashes.TryGetValue(name, out var hash))
            hashes[name] = hash = FileHash.Sha256(locate(name));
        return hash;
    }
}
