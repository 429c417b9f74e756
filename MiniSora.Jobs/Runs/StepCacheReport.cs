using System.Globalization;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Evaluation;
using MiniSora.Model.Sampling;

namespace MiniSora.Jobs.Runs;

/// <summary>
/// What a step cache saved, clip by clip, and how near the first clips are to those without it: lines of the log and the metrics
/// <c>cache_skipped</c> (share of evaluations), <c>cache_psnr</c> (dB, at most 100) and <c>cache_ssim</c>.
/// </summary>
internal sealed class StepCacheReport(RunContext context, SamplingSession session, SamplingSpec spec)
{
    /// <summary>Equal clips have no finite PSNR; metrics are numbers.</summary>
    private const double MostDecibels = 100;

    private (int Computed, int Skipped) before;

    /// <summary>Points of clip <paramref name="index"/>, which took so many seconds; empty without a cache.</summary>
    public IReadOnlyList<MetricPoint> Of(int index, SampleRequest request, PixelClip clip, double seconds)
    {
        if (spec.Sampler.StepCache <= 0)
            return [];
        var (computed, skipped) = session.CacheUse;
        var (total, saved) = (computed + skipped - before.Computed - before.Skipped, skipped - before.Skipped);
        before = (computed, skipped);
        // A GPU makes several clips at once; their evaluations are said with the first of them.
        if (total == 0)
            return [];
        string Number(double value, string format = "0") => value.ToString(format, CultureInfo.InvariantCulture);
        var share = (double)saved / total;
        context.Info("log.step_cache", ("clip", Number(index + 1)), ("skipped", Number(saved)), ("total", Number(total)), ("percent", Number(100 * share)));
        var step = index + 1;
        List<MetricPoint> points = [new("cache_skipped", step, share)];
        if (index >= spec.CacheChecks)
            return points;
        var start = context.Time.GetTimestamp();
        var full = session.Draw([request], spec.Sampler with { StepCache = 0 }, null, context.Control.Leaving).Single();
        var took = context.Time.GetElapsedTime(start).TotalSeconds;
        var (psnr, ssim) = ClipSimilarity.Reconstruction(full.Pixels, clip.Pixels, clip.Frames, clip.Height, clip.Width);
        psnr = Math.Min(psnr, MostDecibels);
        context.Info("log.cache_check", ("clip", Number(step)), ("psnr", Number(psnr, "0.0")), ("ssim", Number(ssim, "0.0000")), ("seconds", Number(seconds, "0.00")), ("full", Number(took, "0.00")));
        return [.. points, new("cache_psnr", step, psnr), new("cache_ssim", step, ssim)];
    }
}
