using System.Globalization;
using System.Text;
using CliWrap;

namespace MiniSora.Model.Media;

/// <summary>Feeds raw frames to ffmpeg.</summary>
internal static class VideoWriter
{
    internal static async Task WriteAsync(
        string path, byte[] frames, int T, int H, int W, double framesPerSecond,
        IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(T, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(framesPerSecond);
        if (frames.LongLength != (long)T * H * W * 3)
            throw new ArgumentException($"{T} frames of {W} × {H} pixels are {(long)T * H * W * 3} bytes, were {frames.LongLength}", nameof(frames));

        await WithTagsAsync(path, tags, tagFile => temporary => Ffmpeg.RunAsync(
            "ffmpeg", Arguments(temporary, tagFile, H, W, framesPerSecond), PipeSource.FromBytes(frames), PipeTarget.Null, cancellationToken), cancellationToken);
    }

    internal static Task CopyAsync(string source, string target, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken) =>
        WithTagsAsync(target, tags, tagFile => temporary => Ffmpeg.RunAsync(
            "ffmpeg",
            [
                "-nostdin", "-hide_banner", "-loglevel", "error", "-y", .. Ffmpeg.SafeInput, "-i", Ffmpeg.FileArgument(source),
                "-f", "ffmetadata", "-i", Ffmpeg.FileArgument(tagFile), "-map", "0:V:0", "-map_metadata", "1", "-c", "copy", "-fflags", "+bitexact",
                "-movflags", "+faststart+use_metadata_tags", "-f", "mp4", Ffmpeg.FileArgument(temporary),
            ],
            PipeSource.Null, PipeTarget.Null, cancellationToken), cancellationToken);

    private static async Task WithTagsAsync(
        string path, IReadOnlyDictionary<string, string> tags, Func<string, Func<string, Task<(int ExitCode, string LastWords)>>> write, CancellationToken cancellationToken)
    {
        // Tags go through a file, not through the command line, where other users of the machine could read prompts.
        var tagFile = Path.Combine(Path.GetTempPath(), $"minisora-{Guid.NewGuid():N}.tags");
        try
        {
            await File.WriteAllTextAsync(tagFile, TagText(tags), new UTF8Encoding(false), cancellationToken);
            await AtomicFile.WriteAsync(path, async temporary =>
            {
                var (exitCode, lastWords) = await write(tagFile)(temporary);
                if (exitCode != 0)
                    throw Failure(path, lastWords);
            });
        }
        catch (IOException error) when (AtomicFile.IsDiskFull(error))
        {
            throw DiskFull(path, error);
        }
        finally
        {
            File.Delete(tagFile);
        }
    }

    private static IEnumerable<string> Arguments(string target, string tagFile, int H, int W, double framesPerSecond)
    {
        var factor = PixelScaling.ShownFactor(H, W);
        var rate = framesPerSecond.ToString("0.######", CultureInfo.InvariantCulture);

        // H.264 halves the colour planes, so an odd side gets one more line. The matrix is said, since players guess differently.
        var filter = $"scale={W * factor}:{H * factor}:flags=neighbor+accurate_rnd+full_chroma_int:out_color_matrix=bt709:out_range=tv,"
            + "pad=ceil(iw/2)*2:ceil(ih/2)*2,format=yuv420p";
        return
        [
            "-nostdin", "-hide_banner", "-loglevel", "error", "-y",
            "-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", $"{W}x{H}", "-framerate", rate, "-i", "pipe:0",
            "-f", "ffmetadata", "-i", Ffmpeg.FileArgument(tagFile),
            "-map", "0:v:0", "-map_metadata", "1",
            "-vf", filter, "-c:v", "libx264", "-preset", "medium", "-crf", "18",
            "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
            "-fflags", "+bitexact", "-flags:v", "+bitexact",
            "-movflags", "+faststart+use_metadata_tags", "-f", "mp4", Ffmpeg.FileArgument(target),
        ];
    }

    /// <summary>ffmpeg's metadata text: special characters and line ends take a backslash.</summary>
    private static string TagText(IReadOnlyDictionary<string, string> tags)
    {
        var text = new StringBuilder(";FFMETADATA1\n");
        foreach (var (name, value) in tags.OrderBy(tag => tag.Key, StringComparer.Ordinal))
        {
            if (value.Contains('\0', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal))
                throw new ArgumentException($"tag {name} contains NUL", nameof(tags));
            Escape(text, name);
            text.Append('=');
            Escape(text, value);
            text.Append('\n');
        }

        return text.ToString();
    }

    private static void Escape(StringBuilder text, string value)
    {
        foreach (var letter in value)
        {
            if (letter is '=' or ';' or '#' or '\\' or '\n')
                text.Append('\\');
            text.Append(letter);
        }
    }

    private static MediaException Failure(string path, string lastWords) =>
        lastWords.Contains("No space left on device", StringComparison.Ordinal)
            ? DiskFull(path, null)
            : new MediaException(
                MediaErrors.WriteFailed, $"ffmpeg could not write {Path.GetFileName(path)}: {lastWords}", [Path.GetFileName(path), lastWords]);

    private static MediaException DiskFull(string path, Exception? inner)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? path;
        return new MediaException(MediaErrors.DiskFull, $"No room left on the disk of {folder}.", [folder], inner);
    }
}
