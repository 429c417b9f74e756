using System.Globalization;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Datasets;
using MiniSora.Model.Evaluation;
using MiniSora.Model.Evaluation.Scores;
using MiniSora.Model.Media;
using MiniSora.Model.Sampling;
using TorchSharp;

namespace MiniSora.Jobs.Runs;

/// <summary>
/// Scores a checkpoint. Prompts and noise follow from the seed, real clips do not: the reference set is the same for every evaluation of a
/// dataset and size. Writes <c>scores.json</c>, some of the clips as videos, and each of those beside its nearest training clip.
/// </summary>
internal sealed class EvaluationRun(EvaluationSpec spec) : IRunHandler
{
    /// <summary>Seconds of video are counted at this rate, whatever the dataset's own is.</summary>
    internal const int FramesPerSecond = 8;

    /// <summary>What was measured, for the command line.</summary>
    public ScoreReport? Report { get; private set; }

    public RunFinished? Run(RunContext context)
    {
        var start = context.Time.GetTimestamp();
        var energy = EnergyMeter.Start();
        var sampling = new SamplingSpec { Name = spec.Name, Checkpoint = spec.Checkpoint, Sampler = spec.Sampler, Device = spec.Device, Seed = spec.Seed, Prompt = "-" };
        using var session = SamplingSession.Open(context, sampling);
        if (session.Frames < 4)
            throw new RunFailureException("clips_too_short", "Clips of less than four frames cannot be scored.", ("frames", session.Frames.ToString(CultureInfo.InvariantCulture)));
        context.Phase("phase.open_data");
        using var material = EvaluationMaterial.Open(spec, session, context.DataFolder);
        context.Reporter.Report(new RunStarted(session.Placement.Device.ToString(), session.PrecisionName, torch.get_num_threads(), SoftwareVersion.Current,
            session.Arithmetic.Summary, material.Prompts.Count, 0)
        { Machine = MachineName.Of(session.Placement.Device) });
        context.Info("log.evaluating", ("clips", Text(material.Prompts.Count)), ("references", Text(material.Real.Count)), ("checkpoint", session.CheckpointHash[..12]));
        using var features = FeatureNetworks.Open(spec.Features, context);

        var clips = new List<byte[]>();
        context.Phase("phase.sample", 0);
        var (samplingStart, joulesBefore) = (context.Time.GetTimestamp(), energy?.Joules());
        foreach (var clip in session.Make([.. material.Prompts.Select((prompt, index) => new SampleRequest(prompt.Text, spec.Seed + index))], spec.Sampler, null, context.Control.Leaving))
        {
            clips.Add(clip);
            var each = context.Time.GetElapsedTime(samplingStart).TotalSeconds / clips.Count;
            context.Reporter.Report(new RunStep(clips.Count, 1 / each, each * (material.Prompts.Count - clips.Count), [new MetricPoint("memory_bytes", clips.Count, Environment.WorkingSet)]));
            context.Phase("phase.sample", (double)clips.Count / material.Prompts.Count);
            if (context.Control.Request == StopRequest.Cancel)
                return null;
            context.Control.Leaving.ThrowIfCancellationRequested();
        }

        var videoSeconds = clips.Count * session.Frames / (double)FramesPerSecond;
        var cost = new VideoCost(context.Time.GetElapsedTime(samplingStart).TotalSeconds / videoSeconds, (energy?.Joules() - joulesBefore) / videoSeconds);
        context.Phase("phase.score");
        Report = new EvaluationScores(spec, session, material, features, MachineName.Of(session.Placement.Device)).Of(clips, cost, context.Control.Leaving);
        Write(context, session, material, clips);
        foreach (var warning in session.Warnings)
            context.Warning(warning);
        return new RunFinished("completed", clips.Count, context.Time.GetElapsedTime(start).TotalSeconds, TrainingMeter.PeakMemoryBytes(), session.FlopsPerClip(sampling) * clips.Count)
        {
            Joules = energy?.Joules(),
            SecondsPerVideoSecond = cost.Seconds,
            JoulesPerVideoSecond = cost.Joules,
        };
    }

    private void Write(RunContext context, SamplingSession session, EvaluationMaterial material, List<byte[]> clips)
    {
        var scores = Path.Combine(context.Folder.Root, "scores.json");
        Directory.CreateDirectory(context.Folder.Root);
        File.WriteAllText(scores, Report!.ToJson());
        context.Artifact("scores", scores, 0);
        context.Phase("phase.write_videos");
        var (T, H, W) = (session.Frames, session.Height, session.Width);
        Directory.CreateDirectory(context.Folder.Videos);
        var thumbnails = material.Training.Select(clip => ClipThumbnail.Of(clip, T, H, W)).ToList();
        for (var index = 0; index < Math.Min(spec.KeepClips, clips.Count); index++)
        {
            var (clip, prompt, seed) = (clips[index], material.Prompts[index].Text, spec.Seed + index);
            var own = new SamplingSpec { Name = spec.Name, Checkpoint = session.CheckpointHash, Prompt = prompt, Seed = seed, Clips = 1, Sampler = spec.Sampler, FramesPerSecond = FramesPerSecond };
            var tags = VideoTags.Of(SpecYaml.Write(own), seed, prompt, session.CheckpointHash);
            var name = Path.Combine(context.Folder.Videos, string.Create(CultureInfo.InvariantCulture, $"clip-{index:D3}"));
            VideoFile.WriteAsync(name + ".mp4", clip, T, H, W, FramesPerSecond, tags, context.Control.Cancelled).GetAwaiter().GetResult();
            context.Artifact("video", name + ".mp4", 0, index, prompt, seed);
            Poster.Write(name + ".webp", clip.AsSpan(H * W * 3 * (T / 2), H * W * 3), H, W);
            context.Artifact("poster", name + ".webp", 0, index, prompt, seed);
            if (thumbnails.Count == 0)
                continue;
            var nearest = material.Training[ClipThumbnail.Nearest(ClipThumbnail.Of(clip, T, H, W), thumbnails).Index];
            var pair = SideBySide(clip, nearest, T, H, W);
            VideoFile.WriteAsync(name + "-nearest.mp4", pair, T, H, 2 * W, FramesPerSecond, new Dictionary<string, string>(), context.Control.Cancelled).GetAwaiter().GetResult();
            context.Artifact("nearest", name + "-nearest.mp4", 0, index, prompt, seed);
        }
    }

    private static byte[] SideBySide(byte[] left, byte[] right, int T, int H, int W)
    {
        var both = new byte[2 * left.Length];
        var row = W * 3;
        for (var line = 0; line < T * H; line++)
        {
            left.AsSpan(line * row, row).CopyTo(both.AsSpan(2 * line * row));
            right.AsSpan(line * row, row).CopyTo(both.AsSpan((2 * line + 1) * row));
        }

        return both;
    }

    private static string Text(int value) => value.ToString("N0", CultureInfo.InvariantCulture);
}

/// <summary>Seconds and joules for a second of video; joules are null where they cannot be read.</summary>
internal sealed record VideoCost(double Seconds, double? Joules);
