using System.Globalization;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Media;
using MiniSora.Model.Sampling;
using TorchSharp;

namespace MiniSora.Jobs.Runs;

/// <summary>Makes the clips of a sampling spec: videos with tags, posters. Clip k uses seed + k.</summary>
internal sealed class SamplingRun(SamplingSpec spec) : IRunHandler
{
    /// <summary>The clips that were made, uint8 [T, H, W, 3] each, and T, H, W: for the command line's other outputs.</summary>
    public (IReadOnlyList<byte[]> Clips, int Frames, int Height, int Width) Made { get; private set; } = ([], 0, 0, 0);

    private string imageHash = "";
    private double reported;

    public RunFinished? Run(RunContext context)
    {
        var start = context.Time.GetTimestamp();
        using var session = SamplingSession.Open(context, spec);
        context.Reporter.Report(new RunStarted(session.Placement.Device.ToString(), session.PrecisionName, torch.get_num_threads(), SoftwareVersion.Current,
            session.Arithmetic.Summary, spec.Clips, 0));
        string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
        context.Info("log.sampling", ("clips", Number(spec.Clips)), ("frames", Number(session.Frames)), ("width", Number(session.Width)), ("height", Number(session.Height)), ("checkpoint", session.CheckpointHash[..12]));
        var requests = Requests(context, session);
        Directory.CreateDirectory(context.Folder.Videos);
        var clips = new List<byte[]>();
        context.Phase("phase.sample", 0);
        foreach (var clip in session.Make(requests, spec.Sampler, progress => Progress(context, progress), context.Control.Leaving))
        {
            Write(context, session, clips.Count, requests[clips.Count], clip);
            clips.Add(clip);
            var seconds = context.Time.GetElapsedTime(start).TotalSeconds / clips.Count;
            context.Reporter.Report(new RunStep(clips.Count, 1 / seconds, seconds * (spec.Clips - clips.Count),
                [new MetricPoint("memory_bytes", clips.Count, Environment.WorkingSet)]));
            // Clips that are made are kept; after an interruption all are made again, the same ones.
            if (context.Control.Request is { } request)
            {
                if (request == StopRequest.Cancel)
                    return null;
                break;
            }
        }

        Made = (clips, session.Frames, session.Height, session.Width);
        foreach (var warning in session.Warnings)
            context.Warning(warning);
        var reason = clips.Count == spec.Clips ? "completed" : context.Control.Request == StopRequest.StopAndKeep ? "stopped" : "interrupted";
        return new RunFinished(reason, clips.Count, context.Time.GetElapsedTime(start).TotalSeconds, TrainingMeter.PeakMemoryBytes(), session.FlopsPerClip(spec) * clips.Count);
    }

    /// <summary>At most a hundred reports, however many solver steps there are.</summary>
    private void Progress(RunContext context, double progress)
    {
        if (progress < reported + 0.01)
            return;
        reported = progress;
        context.Phase("phase.sample", progress);
    }

    private List<SampleRequest> Requests(RunContext context, SamplingSession session)
    {
        byte[]? first = null;
        if (spec.Task == SamplingTask.ImageToVideo)
        {
            var path = context.Inputs.GetValueOrDefault(spec.Image) ?? spec.Image;
            first = ImageFile.ReadRgb(path, session.Width);
            imageHash = FileHash.Sha256(path);
        }

        return [.. Enumerable.Range(0, spec.Clips).Select(clip => new SampleRequest(spec.Prompt, spec.Seed + clip, first))];
    }

    private void Write(RunContext context, SamplingSession session, int index, SampleRequest request, byte[] clip)
    {
        // The tags name checkpoint and image by their content, so that the file can be dropped on any portal that has them.
        var own = spec with { Checkpoint = session.CheckpointHash, Image = imageHash };
        var tags = VideoTags.Of(SpecYaml.Write(own), request.Seed, request.Prompt, session.CheckpointHash);
        var name = Path.Combine(context.Folder.Videos, string.Create(CultureInfo.InvariantCulture, $"clip-{index:D3}"));
        var (frames, height, width) = (session.Frames, session.Height, session.Width);
        VideoFile.WriteAsync(name + ".mp4", clip, frames, height, width, spec.FramesPerSecond, tags, context.Control.Cancelled).GetAwaiter().GetResult();
        context.Artifact("video", name + ".mp4", 0, index, request.Prompt, request.Seed);
        Poster.Write(name + ".webp", clip.AsSpan(height * width * 3 * (frames / 2), height * width * 3), height, width);
        context.Artifact("poster", name + ".webp", 0, index, request.Prompt, request.Seed);
    }
}
