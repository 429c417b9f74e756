namespace MiniSora.Model.Datasets;

/// <summary>A file of an imported folder that could not be used.</summary>
/// <param name="File">Path relative to the folder.</param>
/// <param name="Reason">Stable code, one of <see cref="FolderRefusals"/>.</param>
/// <param name="Detail">English detail for the log, or empty.</param>
public sealed record RefusedFile(string File, string Reason, string Detail);

/// <summary>Every reason why a file of a folder is refused.</summary>
public static class FolderRefusals
{
    /// <summary>The captions file names a file that is not there.</summary>
    public const string FileMissing = "file_missing";

    /// <summary>The captions file names a file outside the folder.</summary>
    public const string FileOutside = "file_outside";

    /// <summary>No caption, and not in a class folder.</summary>
    public const string CaptionMissing = "caption_missing";

    /// <summary>Caption longer than 500 characters.</summary>
    public const string CaptionTooLong = "caption_too_long";

    /// <summary>The same file is captioned twice; the first caption counts.</summary>
    public const string FileTwice = "file_twice";

    /// <summary>ffmpeg finds no video in it.</summary>
    public const string NotAVideo = "not_a_video";

    /// <summary>Fewer frames than a clip has.</summary>
    public const string TooShort = "video_too_short";

    /// <summary>Longer than <see cref="FolderDataset.MaxSeconds"/>.</summary>
    public const string TooLong = "video_too_long";

    /// <summary>A side longer than 8,192 or shorter than 8 pixels.</summary>
    public const string BadDimensions = "video_bad_dimensions";

    /// <summary>ffmpeg gave up in the middle.</summary>
    public const string Damaged = "video_damaged";

    /// <summary>All codes, so that a test can check that each is translated.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        FileMissing, FileOutside, CaptionMissing, CaptionTooLong, FileTwice, NotAVideo, TooShort, TooLong, BadDimensions, Damaged,
    ];
}
