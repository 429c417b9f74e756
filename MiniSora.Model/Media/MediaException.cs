namespace MiniSora.Model.Media;

/// <summary>
/// A video or image file cannot be read or written. <see cref="Code"/> is stable and translated where people read it.
/// </summary>
/// <param name="code">One of <see cref="MediaErrors"/>.</param>
/// <param name="message">English, says what to do.</param>
/// <param name="arguments">Values for the translated text's placeholders.</param>
/// <param name="inner">What caused it.</param>
public sealed class MediaException(string code, string message, IReadOnlyList<string>? arguments = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Stable code, one of <see cref="MediaErrors"/>.</summary>
    public string Code { get; } = code;

    /// <summary>Values for the translated text's placeholders.</summary>
    public IReadOnlyList<string> Arguments { get; } = arguments ?? [];
}

/// <summary>Every code a <see cref="MediaException"/> may carry, with the meaning of its arguments.</summary>
public static class MediaErrors
{
    /// <summary>ffmpeg or ffprobe is not installed. {0} program.</summary>
    public const string FfmpegMissing = "ffmpeg_missing";

    /// <summary>ffmpeg could not write. {0} file name, {1} ffmpeg's last words.</summary>
    public const string WriteFailed = "video_write_failed";

    /// <summary>Not a video, or damaged. {0} file name, {1} ffmpeg's last words.</summary>
    public const string NotAVideo = "video_not_a_video";

    /// <summary>Not an image. {0} file name.</summary>
    public const string NotAnImage = "image_not_an_image";

    /// <summary>Too many bytes or pixels. {0} file name, {1} the limit.</summary>
    public const string ImageTooLarge = "image_too_large";

    /// <summary>More frames than can be used. {0} file name, {1} its frames, {2} the limit.</summary>
    public const string VideoTooLong = "video_too_long";

    /// <summary>No room on the disk. {0} folder.</summary>
    public const string DiskFull = "disk_full";

    /// <summary>All codes, so that a test can check that each is translated.</summary>
    public static IReadOnlyList<string> All { get; } = [FfmpegMissing, WriteFailed, NotAVideo, NotAnImage, ImageTooLarge, VideoTooLong, DiskFull];
}
