using MiniSora.Model.Datasets;

namespace MiniSora.Web.Datasets;

/// <summary>What can be said of a dataset now.</summary>
public enum DatasetState
{
    /// <summary>Can be trained on.</summary>
    Ready,

    /// <summary>Not here, and nobody fetches it.</summary>
    Missing,

    /// <summary>Being fetched or decoded; see the progress.</summary>
    Preparing,

    /// <summary>The last try did not work; see the error. It can be tried again.</summary>
    Broken,
}

/// <summary>A dataset as its page shows it.</summary>
/// <param name="Id">As specs name it.</param>
/// <param name="Phase">Resource key of what is done now, e.g. <c>datasets.phase.download</c>; null when nothing is.</param>
/// <param name="Progress">0…1; null when unknown.</param>
/// <param name="Clips">Number of distinct clips; null before it is known.</param>
/// <param name="LicenceName">Short, e.g. <c>MIT</c>.</param>
/// <param name="LicenceText">Full text; null when there is none to show.</param>
/// <param name="Credits">Whom to thank.</param>
/// <param name="ErrorCode">Stable; null without an error.</param>
/// <param name="ErrorMessage">English, for the log and as a last resort.</param>
public sealed record DatasetView(
    string Id,
    DatasetState State,
    string? Phase,
    double? Progress,
    long? Clips,
    long? Bytes,
    string LicenceName,
    string? LicenceText,
    string Credits,
    string? SourceUrl,
    string? ErrorCode,
    string? ErrorMessage)
{
    /// <summary>Frames per clip; null where runs choose.</summary>
    public int? Frames { get; init; }

    /// <summary>Height and width in pixels; null where runs choose.</summary>
    public int? Size { get; init; }

    /// <summary>Files of an imported folder that could not be used.</summary>
    public IReadOnlyList<RefusedFile> Refused { get; init; } = [];
}
