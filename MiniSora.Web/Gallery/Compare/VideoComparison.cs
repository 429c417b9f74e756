using MiniSora.Jobs.Specs;
using MiniSora.Web.Runs.Compare;

namespace MiniSora.Web.Gallery.Compare;

/// <summary>One of the videos side by side.</summary>
/// <param name="Sampling">Spec that made it; null when it cannot be read any more.</param>
/// <param name="Training">Spec of the run that trained its checkpoint; null when that is gone.</param>
public sealed record ComparedVideo(PostDetails Post, SamplingSpec? Sampling, TrainingSpec? Training)
{
    /// <summary>Length in seconds; null where it is not known.</summary>
    public double? Seconds => Post.Frames > 0 && Sampling is { FramesPerSecond: > 0 and var rate } ? (double)Post.Frames / rate : null;
}

/// <summary>Puts videos of the gallery side by side.</summary>
internal static class VideoComparison
{
    /// <summary>More could not be told apart on a screen.</summary>
    public const int Most = 4;

    /// <summary>
    /// Settings of sampling, then those of training unless all come from one checkpoint; what differs first. <paramref name="ofModel"/> stands
    /// beside those of training.
    /// </summary>
    public static IReadOnlyList<ComparedRow> Settings(IReadOnlyList<ComparedVideo> videos, string ofModel)
    {
        // The checkpoint's hash says less than the settings that made it.
        var sampling = Comparison.Settings([.. videos.Select(video => video.Sampling)]).Where(row => row.Key != "checkpoint");
        var training = OneModel(videos) || videos.All(video => video.Training is null)
            ? []
            : Comparison.Settings([.. videos.Select(video => video.Training)]).Select(row => row with { Key = "training." + row.Key, Group = row.Group.Length > 0 ? $"{ofModel} · {row.Group}" : ofModel });
        return [.. sampling.Concat(training).OrderByDescending(row => row.Differs)];
    }

    /// <summary>Whether one checkpoint made all of several videos.</summary>
    public static bool OneModel(IReadOnlyList<ComparedVideo> videos) =>
        videos.Count > 1 && videos.Select(video => video.Post.CheckpointSha256).Distinct().Count() == 1;
}
