using System.Globalization;
using System.Text;
using System.Text.Json;
using CliWrap;

namespace MiniSora.Model.Media;

/// <summary>Asks ffprobe, and takes raw frames from ffmpeg.</summary>
internal static class VideoReader
{
    internal static async Task<IReadOnlyDictionary<string, string>> ReadTagsAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await AskAsync(path, ["-show_entries", "format_tags"], cancellationToken);
        var tags = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (answer.RootElement.TryGetProperty("format", out var format) && format.TryGetProperty("tags", out var entries))
            foreach (var entry in entries.EnumerateObject())
                tags[entry.Name] = entry.Value.GetString() ?? "";
        return tags;
    }

    internal static async Task<VideoInfo> ProbeAsync(string path, CancellationToken cancellationToken)
    {
        // Still pictures attached to sound files are no video: V leaves them out. Packets are counted without decoding.
        using var answer = await AskAsync(
            path,
            ["-select_streams", "V:0", "-count_packets", "-show_entries", "stream=width,height,avg_frame_rate,nb_read_packets:format=duration"],
            cancellationToken);
        if (!answer.RootElement.TryGetProperty("streams", out var streams) || streams.GetArrayLength() == 0)
            throw NotAVideo(path, "no video stream");
        var stream = streams[0];
        var frames = (long)Number(stream, "nb_read_packets");
        if (frames < 1)
            throw NotAVideo(path, "no frames");
        answer.RootElement.TryGetProperty("format", out var format);
        return new VideoInfo(
            (int)Number(stream, "width"), (int)Number(stream, "height"), frames, Number(stream, "avg_frame_rate"), Number(format, "duration"));
    }

    internal static async Task<byte[]> ReadFramesAsync(
        string path, long available, long[] picks, int height, int width, CancellationToken cancellationToken)
    {
        var collector = new FrameCollector(picks, height * width * 3);

        // Pixels that are not square are made so first; then the centre in the wanted proportions, then the size.
        var filter = string.Create(
            CultureInfo.InvariantCulture,
            $"scale='max(1,iw*sar)':ih,setsar=1,crop='max(1,min(iw,ih*{width}/{height}))':'max(1,min(ih,iw*{height}/{width}))',scale={width}:{height}:flags=area+accurate_rnd+full_chroma_int,format=rgb24");
        var (exitCode, lastWords) = await Ffmpeg.RunAsync(
            "ffmpeg",
            [
                "-nostdin", "-hide_banner", "-loglevel", "error", .. Ffmpeg.SafeInput, "-i", Ffmpeg.FileArgument(path),
                "-map", "0:V:0", "-an", "-vsync", "passthrough", "-vf", filter, "-f", "rawvideo", "pipe:1",
            ],
            PipeSource.Null,
            PipeTarget.Create(collector.CollectAsync),
            cancellationToken);

        // Some streams count two packets for one frame; fewer than half means that decoding broke down.
        if (exitCode != 0 || collector.Seen == 0 || collector.Seen * 2 < available)
            throw NotAVideo(path, lastWords.Length > 0 ? lastWords : $"{collector.Seen} of {available} frames could be decoded");
        return collector.Clip();
    }

    internal static async Task<string> PictureHashAsync(string path, CancellationToken cancellationToken)
    {
        var output = new StringBuilder();
        var (exitCode, lastWords) = await Ffmpeg.RunAsync(
            "ffmpeg",
            [
                "-nostdin", "-hide_banner", "-loglevel", "error", .. Ffmpeg.SafeInput, "-i", Ffmpeg.FileArgument(path),
                "-map", "0:V:0", "-c", "copy", "-f", "streamhash", "-hash", "sha256", "pipe:1",
            ],
            PipeSource.Null,
            PipeTarget.ToStringBuilder(output),
            cancellationToken);

        // "0,v,SHA256=<hex>"
        var hash = output.ToString().Trim().Split('=')[^1].ToLowerInvariant();
        return exitCode == 0 && hash.Length == 64 ? hash : throw NotAVideo(path, lastWords);
    }

    private static async Task<JsonDocument> AskAsync(string path, IEnumerable<string> question, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        var (exitCode, lastWords) = await Ffmpeg.RunAsync(
            "ffprobe",
            ["-hide_banner", "-loglevel", "error", .. Ffmpeg.SafeInput, .. question, "-of", "json", Ffmpeg.FileArgument(path)],
            PipeSource.Null,
            PipeTarget.ToStream(output),
            cancellationToken);
        return exitCode == 0 ? JsonDocument.Parse(output.ToArray()) : throw NotAVideo(path, lastWords);
    }

    /// <summary>A number that ffprobe writes as a number, a text or a fraction; 0 where it does not know.</summary>
    private static double Number(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var value))
            return 0;
        var text = value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : value.GetRawText();
        var parts = text.Split('/').Select(part =>
            double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : 0).ToArray();
        return parts.Length == 2 ? (parts[1] == 0 ? 0 : parts[0] / parts[1]) : parts[0];
    }

    private static MediaException NotAVideo(string path, string lastWords) => new(
        MediaErrors.NotAVideo,
        $"{Path.GetFileName(path)} is not a video that can be read: {lastWords}",
        [Path.GetFileName(path), lastWords]);
}
