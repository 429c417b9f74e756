using Microsoft.Extensions.Localization;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Evaluation;

namespace MiniSora.Web.Runs.Details;

/// <summary>What the run page's script starts from.</summary>
/// <param name="Estimates">Clips on their way.</param>
/// <param name="LastSeq">Number of the newest live event in it.</param>
public sealed record LiveSnapshot(IReadOnlyList<LogLine> Log, IReadOnlyList<ArtifactView> Previews, IReadOnlyList<ArtifactView> Estimates, IReadOnlyList<string> MetricNames, long LastSeq);

/// <summary>The words that the run page's script needs, in the reader's language.</summary>
internal static class LiveTexts
{
    private static readonly string[] Metrics = ["loss", "grad_norm", "learning_rate", "clips_per_second", "memory_bytes", "validation_loss", "cache_skipped", "cache_psnr", "cache_ssim", "original_exact", "original_psnr", "original_ssim"];

    private static readonly string[] Phases =
    [
        "start", "check_arithmetic", "open_data", "fit_codec", "train_codec", "encode_data", "calibrate", "load_checkpoint",
        "train", "preview", "checkpoint", "sample", "write_videos", "score",
    ];

    public static object For(IStringLocalizer<RunTexts> texts) => new
    {
        step = texts["Run.Step"].Value,
        raw = texts["Chart.Raw"].Value,
        smoothed = texts["Chart.Smoothed"].Value,
        noPoints = texts["Chart.NoPoints"].Value,
        earlier = texts["Chart.Earlier"].Value,
        band = texts["Chart.Band"].Value,
        compare = texts["Chart.BandCompare"].Value,
        previewStep = texts["Preview.Step"].Value,
        estimate = texts["Estimate.Step"].Value,
        estimateOf = texts["Estimate.Of"].Value,
        seconds = texts["Unit.Seconds"].Value,
        minutes = texts["Unit.Minutes"].Value,
        hours = texts["Unit.Hours"].Value,
        days = texts["Unit.Days"].Value,
        stepsPerSecond = texts["Unit.StepsPerSecond"].Value,
        secondsPerStep = texts["Unit.SecondsPerStep"].Value,
        metrics = Metrics.Concat(ValidationLoss.Levels.Select(level => $"validation_loss_t{Percent(level):D2}")).ToDictionary(name => name, name => Metric(texts, name)),
        levels = texts["Metric.levels"].Value,
        log = SpecTexts.LogTexts(),
        phases = Phases.ToDictionary(name => "phase." + name, name => SpecTexts.Phase("phase." + name)),
    };

    /// <summary>A metric's name in the reader's language; as it is where it has none.</summary>
    public static string Metric(IStringLocalizer<RunTexts> texts, string name)
    {
        foreach (var percent in ValidationLoss.Levels.Select(Percent))
        {
            if (name == $"validation_loss_t{percent:D2}")
                return texts["Metric.validation_loss_at", percent];
        }

        return texts["Metric." + name] is { ResourceNotFound: false } found ? found.Value : name;
    }

    private static int Percent(double level) => (int)Math.Round(100 * level);
}
