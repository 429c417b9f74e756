using System.Globalization;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Media;
using MiniSora.Model.Sampling;

namespace MiniSora.Jobs.Runs;

/// <summary>
/// Pictures of clips on their way: the middle frame of what the network takes the noise for, at steps spread evenly. They take a small share of the time at
/// most: a fast run shows fewer of them, never a slower clip. The portal drops them when the clip is there.
/// </summary>
internal sealed class StepPreviews(SamplingSpec spec, IReadOnlyList<SampleRequest> requests, RunContext context)
{
    /// <summary>Most of the time of sampling that pictures may take, but for the very first one: it loads what writes pictures, which the posters need in any case.</summary>
    public const double LargestShare = 0.05;

    private bool off = spec.StepPreviews == 0;
    private int clip = -1;
    private long shown = -1;
    private long before;
    private TimeSpan sampled;
    private TimeSpan first;
    private int made;

    /// <summary>For <see cref="SamplingSession.Draw"/>; null when none are wanted.</summary>
    public Action<SampleStep>? Watch => off ? null : See;

    /// <summary>Time that pictures took so far.</summary>
    public TimeSpan Spent { get; private set; }

    /// <summary>Says in the log how many there were and what they took.</summary>
    public void Report()
    {
        if (made > 0 && sampled > TimeSpan.Zero)
            context.Info("log.step_previews", ("count", made.ToString(CultureInfo.InvariantCulture)), ("percent", (100 * (Spent / sampled)).ToString("0.0", CultureInfo.InvariantCulture)));
    }

    private void See(SampleStep step)
    {
        var now = context.Time.GetTimestamp();
        if (step.Clip == clip)
            sampled += context.Time.GetElapsedTime(before, now);
        else
            (clip, shown) = (step.Clip, -1);
        before = now;
        // The last one would be the clip itself: what is due is due from the beginning of its part of the way.
        var due = (step.Step - 1L) * spec.StepPreviews / step.Steps;
        if (off || due <= shown || (made > 1 && (Spent - first) * ((double)made / (made - 1)) > sampled * LargestShare))
            return;
        shown = due;
        Make(step);
        before = context.Time.GetTimestamp();
        Spent += context.Time.GetElapsedTime(now, before);
        if (made++ == 0)
            first = Spent;
    }

    private void Make(SampleStep step)
    {
        var look = step.Look();
        try
        {
            Directory.CreateDirectory(context.Folder.Previews);
            var path = Path.Combine(context.Folder.Previews, EstimateFile.NameOf(step.Clip, step.Step, step.Steps));
            Poster.Write(path, look.Part(look.Frames / 2, 1).Pixels, look.Height, look.Width);
            context.Artifact(EstimateFile.Kind, path, step.Step, step.Clip, requests[step.Clip].Prompt, requests[step.Clip].Seed);
        }
        catch (Exception error) when (error is MediaException or IOException or UnauthorizedAccessException)
        {
            // A preview is a comfort: sampling goes on without, and says so once.
            off = true;
            context.Warning(RunFailure.From(error).Code == "disk_full" ? "log.previews_off.disk_full" : "log.previews_off", ("detail", error.Message));
        }
    }
}
