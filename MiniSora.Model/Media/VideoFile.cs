using CliWrap;

namespace MiniSora.Model.Media;

/// <summary>What ffprobe says about a video.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Frames">Number of frames (packets of the video stream).</param>
/// <param name="FramesPerSecond">Average rate, 0 where unknown.</param>
/// <param name="Seconds">Duration, 0 where unknown.</param>
public sealed record VideoInfo(int Width, int Height, long Frames, double FramesPerSecond, double Seconds);

/// <summary>Writes and reads video files through ffmpeg.</summary>
public static class VideoFile
{
    /// <summary>Whether videos can be written here: asked before the work whose result would be lost.</summary>
    /// <exception cref="MediaException">ffmpeg missing.</exception>
    public static Task RequireWriterAsync(CancellationToken cancellationToken) =>
        Ffmpeg.RunAsync("ffmpeg", ["-hide_banner", "-version"], PipeSource.Null, PipeTarget.Null, cancellationToken);

    /// <summary>
    /// Writes H.264 (yuv420p, CRF 18, index first) with tags in the container. Small clips are enlarged by whole factors,
    /// nearest neighbour, until the shorter side has at least 256 pixels. The file appears whole or not at all.
    /// </summary>
    /// <param name="path">Ends in <c>.mp4</c>; replaced when there.</param>
    /// <param name="frames">uint8 [T, H, W, 3].</param>
    /// <param name="T">Frames, at least 1.</param>
    /// <param name="H">Height in pixels.</param>
    /// <param name="W">Width in pixels.</param>
    /// <param name="framesPerSecond">Rate, above 0.</param>
    /// <param name="tags">Names as in <see cref="MediaTags"/>; any text without NUL.</param>
    /// <param name="cancellationToken">Leaves no file behind.</param>
    /// <exception cref="MediaException">ffmpeg missing or failing, disk full.</exception>
    public static Task WriteAsync(
        string path, byte[] frames, int T, int H, int W, double framesPerSecond,
        IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken) =>
        VideoWriter.WriteAsync(path, frames, T, H, W, framesPerSecond, tags, cancellationToken);

    /// <summary>The container's tags; names compare without case.</summary>
    /// <exception cref="MediaException">Not a video, or ffprobe missing.</exception>
    public static Task<IReadOnlyDictionary<string, string>> ReadTagsAsync(string path, CancellationToken cancellationToken) =>
        VideoReader.ReadTagsAsync(path, cancellationToken);

    /// <summary>Copies a video with more tags (or others of the same name); pictures are not touched. The file appears whole or not at all.</summary>
    /// <param name="source">Any video of ours.</param>
    /// <param name="target">Ends in <c>.mp4</c>; replaced when there.</param>
    /// <param name="tags">Names as in <see cref="MediaTags"/>; any text without NUL.</param>
    /// <param name="cancellationToken">Leaves no file behind.</param>
    /// <exception cref="MediaException">Not a video, ffmpeg missing or failing, disk full.</exception>
    public static async Task AddTagsAsync(string source, string target, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        var all = new Dictionary<string, string>(await VideoReader.ReadTagsAsync(source, cancellationToken), StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in tags)
            all[name] = value;
        await VideoWriter.CopyAsync(source, target, all, cancellationToken);
    }

    /// <summary>SHA-256 (hex) of the coded pictures alone: the same after a copy into another container, with whatever tags.</summary>
    /// <exception cref="MediaException">Not a video, or ffmpeg missing.</exception>
    public static Task<string> PictureHashAsync(string path, CancellationToken cancellationToken) =>
        VideoReader.PictureHashAsync(path, cancellationToken);

    /// <summary>Size, frames and duration.</summary>
    /// <exception cref="MediaException">Not a video, or ffprobe missing.</exception>
    public static Task<VideoInfo> ProbeAsync(string path, CancellationToken cancellationToken) =>
        VideoReader.ProbeAsync(path, cancellationToken);

    /// <summary>T frames, uniform over the video, centre-cropped to a square and scaled: uint8 [T, S, S, 3].</summary>
    /// <param name="path">Any video ffmpeg reads.</param>
    /// <param name="frames">T.</param>
    /// <param name="size">S in pixels.</param>
    /// <param name="cancellationToken">Stops ffmpeg.</param>
    /// <exception cref="MediaException">Not a video, damaged, or ffmpeg missing.</exception>
    public static async Task<byte[]> ReadFramesAsync(string path, int frames, int size, CancellationToken cancellationToken)
    {
        var info = await VideoReader.ProbeAsync(path, cancellationToken);
        return await VideoReader.ReadFramesAsync(path, info.Frames, FramePicks.Uniform(info.Frames, frames), size, size, cancellationToken);
    }

    /// <summary>
    /// A whole video at a rate of at most <paramref name="framesPerSecond"/>, the centre in the proportions of the wanted size, scaled. Frames are left out,
    /// never repeated: a slower video keeps its own.
    /// </summary>
    /// <param name="path">Any video ffmpeg reads.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="framesPerSecond">Rate, above 0.</param>
    /// <param name="mostFrames">More than these are refused.</param>
    /// <param name="cancellationToken">Stops ffmpeg.</param>
    /// <exception cref="MediaException">Not a video, damaged, too long, or ffmpeg missing.</exception>
    public static async Task<Sampling.PixelClip> ReadClipAsync(string path, int height, int width, double framesPerSecond, int mostFrames, CancellationToken cancellationToken)
    {
        var info = await VideoReader.ProbeAsync(path, cancellationToken);
        var picks = FramePicks.AtRate(info.Frames, info.FramesPerSecond, framesPerSecond);
        if (picks.Length > mostFrames)
            throw new MediaException(MediaErrors.VideoTooLong, $"{Path.GetFileName(path)} has {picks.Length} frames at this rate; at most {mostFrames} can be used.", [Path.GetFileName(path), $"{picks.Length}", $"{mostFrames}"]);
        var pixels = await VideoReader.ReadFramesAsync(path, info.Frames, picks, height, width, cancellationToken);
        return new(pixels, picks.Length, height, width);
    }
}
