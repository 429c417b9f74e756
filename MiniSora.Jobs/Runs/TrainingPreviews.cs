using System.Globalization;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Media;
using MiniSora.Model.Sampling;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Runs;

/// <summary>Preview clips of fixed prompts from the current weights. They are drawn between two steps and do not touch the training's random state.</summary>
internal sealed class TrainingPreviews(TrainingSpec spec, RunContext context) : IDisposable
{
    private long last = context.Time.GetTimestamp();
    private long lastStep = -1;
    private Task files = Task.CompletedTask;
    private bool off = spec.Preview.EverySeconds <= 0 || spec.Preview.Prompts.Count == 0;

    /// <summary>Makes previews when their time has come.</summary>
    public void MakeWhenDue(ITrainer trainer)
    {
        if (!off && context.Time.GetElapsedTime(last).TotalSeconds >= spec.Preview.EverySeconds)
            Make(trainer);
    }

    /// <summary>Makes previews now, unless they are switched off or were made at this step.</summary>
    public void Make(ITrainer trainer)
    {
        if (off || lastStep == trainer.StepNumber || !trainer.CanSample)
            return;
        context.Phase("phase.preview");
        lastStep = trainer.StepNumber;
        byte[][] clips;
        int frames, height, width;
        try
        {
            using var sampler = trainer.BorrowSampler(spec.Preview.Sampler.Ema, spec.Preview.Sampler.EmaWidth);
            (frames, height, width) = (sampler.Frames, sampler.Height, sampler.Width);
            var requests = spec.Preview.Prompts.Select((prompt, index) => new SampleRequest(prompt, spec.Seed + index)).ToList();
            clips = sampler.Sample(requests, spec.Preview.Sampler, null, context.Control.Leaving);
        }
        catch (OperationCanceledException)
        {
            // Somebody asked the run to leave: the training loop sees that next.
            return;
        }

        WaitForFiles();
        var step = lastStep;
        // ffmpeg works beside the next training steps.
        files = Task.Run(() => WriteAsync(clips, step, frames, height, width));
        last = context.Time.GetTimestamp();
        context.Phase("phase.train");
    }

    /// <summary>Waits until every file is written and reported.</summary>
    public void WaitForFiles() => files.GetAwaiter().GetResult();

    public void Dispose() => WaitForFiles();

    private async Task WriteAsync(byte[][] clips, long step, int frames, int height, int width)
    {
        try
        {
            Directory.CreateDirectory(context.Folder.Previews);
            for (var index = 0; index < clips.Length; index++)
            {
                var name = Path.Combine(context.Folder.Previews, string.Create(CultureInfo.InvariantCulture, $"step-{step:D8}-{index}"));
                var (prompt, seed) = (spec.Preview.Prompts[index], spec.Seed + index);
                var tags = VideoTags.Of(SpecYaml.Write(spec), seed, prompt, checkpointHash: "");
                await VideoFile.WriteAsync(name + ".mp4", clips[index], frames, height, width, 8, tags, CancellationToken.None).ConfigureAwait(false);
                context.Artifact("preview", name + ".mp4", step, index, prompt, seed);
                Poster.Write(name + ".webp", clips[index].AsSpan(height * width * 3 * (frames / 2), height * width * 3), height, width);
                context.Artifact("poster", name + ".webp", step, index, prompt, seed);
            }

            context.Info("log.previews", ("step", step.ToString("N0", CultureInfo.InvariantCulture)));
        }
        catch (Exception error) when (error is MediaException or IOException or UnauthorizedAccessException)
        {
            // A preview is a comfort: training goes on without, and says so once.
            off = true;
            var known = RunFailure.From(error).Code;
            context.Warning(known is "ffmpeg_missing" or "disk_full" ? "log.previews_off." + known : "log.previews_off", ("detail", error.Message));
        }
    }
}
