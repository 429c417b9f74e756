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

/// <summary>What became of an import.</summary>
/// <param name="Accepted">Number of clips.</param>
/// <param name="Refused">Every file that could not be used, with its reason.</param>
public sealed record ImportReport(int Accepted, IReadOnlyList<RefusedFile> Refused);

/// <summary>A folder of videos: class folders, or a captions file.</summary>
public sealed class FolderDataset : IVideoDataset
{
    /// <summary>Videos longer than this are refused: sixteen frames of an hour are no motion.</summary>
    public const double MaxSeconds = 120;

    private FolderDataset() { }

    /// <inheritdoc/>
    public string Id => throw new NotImplementedException();

    /// <inheritdoc/>
    public string Fingerprint => throw new NotImplementedException();

    /// <inheritdoc/>
    public int Frames => throw new NotImplementedException();

    /// <inheritdoc/>
    public int Height => throw new NotImplementedException();

    /// <inheritdoc/>
    public int Width => throw new NotImplementedException();

    /// <inheritdoc/>
    public long Count => throw new NotImplementedException();

    /// <summary>Names of imported folders under the data folder, sorted.</summary>
    public static IReadOnlyList<string> Names(string dataFolder) => throw new NotImplementedException();

    /// <summary>The report of an import, or null where there is none of that name.</summary>
    public static ImportReport? Report(string dataFolder, string name) => throw new NotImplementedException();

    /// <summary>
    /// Reads every video of a folder, uniformly sampled, centre-cropped to a square, into one cache. Captions come from
    /// <c>captions.csv</c> (header <c>path,caption[,caption_zh]</c>) or <c>captions.jsonl</c>, else from the class folders' names.
    /// Importing under the same name again replaces the clips.
    /// </summary>
    /// <param name="sourceFolder">Folder of videos.</param>
    /// <param name="dataFolder">The product's data folder.</param>
    /// <param name="name">Identifier for specs: lower-case letters, digits, <c>-</c> and <c>_</c>, 1–80 characters.</param>
    /// <param name="frames">T.</param>
    /// <param name="size">Height and width in pixels.</param>
    /// <param name="progress">Progress, or null.</param>
    /// <param name="cancellationToken">Leaves what was there before untouched.</param>
    /// <exception cref="DatasetException">Bad name, missing folder, unreadable captions, nothing usable, disk full.</exception>
    public static Task<ImportReport> ImportAsync(
        string sourceFolder, string dataFolder, string name, int frames, int size,
        IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Opens an imported folder.</summary>
    /// <exception cref="DatasetException">Missing, broken, or not imported at this size.</exception>
    public static FolderDataset Open(string dataFolder, string name, int frames, int size) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Clip Read(long index, SplitMix64 random) => throw new NotImplementedException();
}
