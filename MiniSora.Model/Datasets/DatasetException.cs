namespace MiniSora.Model.Datasets;

/// <summary>
/// A dataset cannot be used. <see cref="Code"/> is stable and translated where people read it; the message is English
/// and says what to do; <see cref="Arguments"/> fill the placeholders of the translation, in order.
/// </summary>
/// <param name="code">One of <see cref="DatasetErrors"/>.</param>
/// <param name="message">English, for logs and the command line.</param>
/// <param name="arguments">Values for the translated text's placeholders.</param>
/// <param name="inner">What caused it.</param>
public sealed class DatasetException(string code, string message, IReadOnlyList<string>? arguments = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Stable code, one of <see cref="DatasetErrors"/>.</summary>
    public string Code { get; } = code;

    /// <summary>Values for the translated text's placeholders.</summary>
    public IReadOnlyList<string> Arguments { get; } = arguments ?? [];
}

/// <summary>Every code a <see cref="DatasetException"/> may carry, with the meaning of its arguments.</summary>
public static class DatasetErrors
{
    /// <summary>No dataset of that name. {0} name.</summary>
    public const string Unknown = "dataset_unknown";

    /// <summary>Known, but not prepared on this machine. {0} name.</summary>
    public const string Missing = "dataset_missing";

    /// <summary>Its files are damaged. {0} name, {1} what is wrong.</summary>
    public const string Broken = "dataset_broken";

    /// <summary>Cannot be had at this size. {0} name, {1} frames, {2} size in pixels, {3} what is possible.</summary>
    public const string Size = "dataset_size";

    /// <summary>Has no classes, but a network that is told one needs them. {0} name.</summary>
    public const string NoClasses = "dataset_no_classes";

    /// <summary>Another process is preparing it. {0} name.</summary>
    public const string Busy = "dataset_busy";

    /// <summary>A name for an imported dataset that is not allowed. {0} name.</summary>
    public const string Name = "dataset_name";

    /// <summary>The folder to import is not there. {0} folder.</summary>
    public const string FolderMissing = "dataset_folder_missing";

    /// <summary>The captions file cannot be read. {0} file, {1} what is wrong.</summary>
    public const string CaptionsBroken = "dataset_captions_broken";

    /// <summary>Not one file of the folder could be used. {0} number of refused files.</summary>
    public const string NothingUsable = "dataset_nothing_usable";

    /// <summary>npm is not installed. No arguments.</summary>
    public const string NpmMissing = "npm_missing";

    /// <summary>npm could not fetch a package. {0} package, {1} npm's last words.</summary>
    public const string DownloadFailed = "download_failed";

    /// <summary>A package's SHA-256 is not the expected one; the file was deleted. {0} package.</summary>
    public const string DownloadBroken = "download_broken";

    /// <summary>Offline, and a package is neither given nor found. {0} package, {1} file name, {2} folder to put it in.</summary>
    public const string DownloadOffline = "download_offline";

    /// <summary>A given archive is not there. {0} file.</summary>
    public const string ArchiveMissing = "archive_missing";

    /// <summary>A given archive is none of the packages; it was left alone. {0} file.</summary>
    public const string ArchiveUnknown = "archive_unknown";

    /// <summary>Not enough room. {0} folder.</summary>
    public const string DiskFull = "disk_full";

    /// <summary>No clip came for a long time. {0} name, {1} seconds.</summary>
    public const string Stalled = "data_stall";

    /// <summary>All codes, so that a test can check that each is translated.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Unknown, Missing, Broken, Size, NoClasses, Busy, Name, FolderMissing, CaptionsBroken, NothingUsable,
        NpmMissing, DownloadFailed, DownloadBroken, DownloadOffline, ArchiveMissing, ArchiveUnknown, DiskFull, Stalled,
    ];
}
