using System.Globalization;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Media;
using MiniSora.Model.Sampling;
using TorchSharp;

namespace MiniSora.Jobs.Runs;

/// <summary>Makes the clips of a sampling spec: videos with tags, posters. Clip k uses seed + k.</summary>
internal sealed class SamplingRun(SamplingSpec spec) : IRunHandler
{
    /// <summary>The clips that were made: for the command line's other outputs.</summary>
    public IReadOnlyList<PixelClip> Made { get; private set; } = [];

    /// <summary>Whether the clips become files of the run. Default: yes; otherwise <see cref="Made"/> is all there is, and ffmpeg is not needed.</summary>
    public bool Files { get; init; } = true;

    /// <summary>Whether the spec's pictures of clips on their way are made. Default: yes.</summary>
    public bool Previews { get; init; } = true;

    /// <summary>How near the first clip came to the spec's original; null without one.</summary>
    public OriginalLikeness? Likeness { get; private set; }

    private double reported;

    public RunFinished? Run(RunContext context)
    {
        var start = context.Time.GetTimestamp();
        var energy = EnergyMeter.Start();
        if (Files)
            VideoFile.RequireWriterAsync(context.Control.Leaving).GetAwaiter().GetResult();
        using var session = SamplingSession.Open(context, spec);
        var size = session.SizeOf(spec.Size);
        context.Reporter.Report(new RunStarted(session.Placement.Device.ToString(), session.PrecisionName, torch.get_num_threads(), SoftwareVersion.Current,
            session.Arithmetic.Summary, spec.Clips, 0)
        { Machine = MachineName.Of(session.Placement.Device) });
        string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
        context.Info("log.sampling", ("clips", Number(spec.Clips)), ("frames", Number(size.Frames)), ("width", Number(size.Width)), ("height", Number(size.Height)), ("checkpoint", session.CheckpointHash[..12]));
        var inputs = new TaskInputs(name => context.Inputs.GetValueOrDefault(name) ?? name, context.Control.Leaving);
        var requests = Enumerable.Range(0, spec.Clips).Select(clip => inputs.Request(spec, size, spec.Seed + clip)).ToList();
        var own = inputs.ByContent(spec, session.CheckpointHash);
        var clips = new List<PixelClip>();
        var (made, begin, before) = (TimeSpan.Zero, context.Time.GetTimestamp(), energy?.Joules());
        var spent = before is null ? (double?)null : 0;
        context.Phase("phase.sample", 0);
        var cache = new StepCacheReport(context, session, spec);
        var previews = new StepPreviews(spec, requests, context);
        var looking = TimeSpan.Zero;
        foreach (var clip in session.Draw(requests, spec.Sampler, progress => Progress(context, progress), context.Control.Leaving, Previews ? previews.Watch : null))
        {
            // Writing the file is not making the video, nor is looking on.
            var took = context.Time.GetElapsedTime(begin) - (previews.Spent - looking);
            looking = previews.Spent;
            made += took;
            spent += energy?.Joules() - before;
            var cached = cache.Of(clips.Count, requests[clips.Count], clip, took.TotalSeconds);
            if (Files)
                Write(context, own, clips.Count, requests[clips.Count], clip);
            var compared = clips.Count == 0 ? Compare(context, clip) : [];
            clips.Add(clip);
            (begin, before) = (context.Time.GetTimestamp(), energy?.Joules());
            var seconds = context.Time.GetElapsedTime(start).TotalSeconds / clips.Count;
            context.Reporter.Report(new RunStep(clips.Count, 1 / seconds, seconds * (spec.Clips - clips.Count),
                [new MetricPoint("memory_bytes", clips.Count, Environment.WorkingSet), .. cached, .. compared]));
            // Clips that are made are kept; after an interruption all are made again, the same ones.
            if (context.Control.Request is { } request)
            {
                if (request == StopRequest.Cancel)
                    return null;
                break;
            }
        }

        Made = clips;
        previews.Report();
        foreach (var warning in session.Warnings)
            context.Warning(warning);
        var reason = clips.Count == spec.Clips ? "completed" : context.Control.Request == StopRequest.StopAndKeep ? "stopped" : "interrupted";
        return new RunFinished(reason, clips.Count, context.Time.GetElapsedTime(start).TotalSeconds, TrainingMeter.PeakMemoryBytes(), session.FlopsPerClip(spec) * clips.Count)
        {
            Joules = energy?.Joules(),
            SecondsPerVideoSecond = clips.Count == 0 ? null : made.TotalSeconds / VideoSeconds(clips),
            JoulesPerVideoSecond = clips.Count == 0 ? null : spent / VideoSeconds(clips),
        };
    }

    // The file is compared, so one is written even where nobody wants to keep it.
    private IReadOnlyList<MetricPoint> Compare(RunContext context, PixelClip clip)
    {
        if (spec.Original.Length == 0)
            return [];
        var original = context.Inputs.GetValueOrDefault(spec.Original) ?? spec.Original;
        Likeness = OriginalComparison.Of(context, original, Path.Combine(context.Folder.Videos, "clip-000.mp4"), clip, spec.FramesPerSecond);
        return Likeness.Points(1);
    }

    private double VideoSeconds(List<PixelClip> clips) => clips.Sum(clip => clip.Frames) / (double)spec.FramesPerSecond;

    /// <summary>At most a hundred reports, however many solver steps there are.</summary>
    private void Progress(RunContext context, double progress)
    {
        if (progress < reported + 0.01)
            return;
        reported = progress;
        context.Phase("phase.sample", progress);
    }

    /// <summary>The tags name checkpoint, image and clips by their content, so that the file can be dropped on any portal that has them.</summary>
    private static void Write(RunContext context, SamplingSpec own, int index, SampleRequest request, PixelClip clip)
    {
        var tags = VideoTags.Of(SpecYaml.Write(own), request.Seed, request.Prompt, own.Checkpoint);
        Directory.CreateDirectory(context.Folder.Videos);
        var name = Path.Combine(context.Folder.Videos, string.Create(CultureInfo.InvariantCulture, $"clip-{index:D3}"));
        VideoFile.WriteAsync(name + ".mp4", clip.Pixels, clip.Frames, clip.Height, clip.Width, own.FramesPerSecond, tags, context.Control.Cancelled).GetAwaiter().GetResult();
        context.Artifact("video", name + ".mp4", 0, index, request.Prompt, request.Seed);
        Poster.Write(name + ".webp", clip.Part(clip.Frames / 2, 1).Pixels, clip.Height, clip.Width);
        context.Artifact("poster", name + ".webp", 0, index, request.Prompt, request.Seed);
    }
}
