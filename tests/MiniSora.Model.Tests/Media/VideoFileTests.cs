using MiniSora.Model.Datasets;
using MiniSora.Model.Media;

namespace MiniSora.Model.Tests.Media;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class VideoFileTests : IDisposable
{
    private const int T = 16;
    private const int S = 32;

    private readonly TemporaryFolder folder = new();
    private readonly byte[] clip = MovingShapesReference.Clip(700, 0, S);

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_clip_comes_back_nearly_as_it_was()
    {
        await WriteAsync(folder["a.mp4"], []);

        var back = await VideoFile.ReadFramesAsync(folder["a.mp4"], T, S, CancellationToken.None);

        Assert.Equal(clip.Length, back.Length);
        Assert.InRange(clip.Zip(back).Average(pair => Math.Abs(pair.First - pair.Second)), 0, 2);
    }

    [Fact]
    public async Task A_small_clip_is_enlarged_to_256_pixels_and_keeps_its_frames_and_rate()
    {
        await WriteAsync(folder["a.mp4"], []);

        var info = await VideoFile.ProbeAsync(folder["a.mp4"], CancellationToken.None);

        Assert.Equal(new VideoInfo(256, 256, T, 8, 2), info);
    }

    [Fact]
    public async Task A_clip_of_odd_size_is_written()
    {
        await VideoFile.WriteAsync(folder["odd.mp4"], new byte[2 * 301 * 299 * 3], 2, 301, 299, 8, new Dictionary<string, string>(), CancellationToken.None);

        var info = await VideoFile.ProbeAsync(folder["odd.mp4"], CancellationToken.None);

        Assert.Equal((300, 302), (info.Width, info.Height));
    }

    [Fact]
    public async Task Tags_survive_with_line_ends_special_signs_and_chinese()
    {
        var tags = new Dictionary<string, string>
        {
            [MediaTags.Spec] = "name: \"a; b # c = d\\e\"\nprompts:\n  - 一只猫\n  - 'x'\n\n[STREAM]\nlast: true\n",
            [MediaTags.Seed] = "7",
            [MediaTags.Title] = "一个红色的心 beating",
        };

        await WriteAsync(folder["tagged.mp4"], tags);
        var read = await VideoFile.ReadTagsAsync(folder["tagged.mp4"], CancellationToken.None);

        Assert.All(tags, tag => Assert.Equal(tag.Value, read[tag.Key]));
    }

    [Fact]
    public async Task A_spec_of_200_kilobytes_fits_into_a_tag()
    {
        var spec = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"k{i}: {i % 7}\n"));

        await WriteAsync(folder["big.mp4"], new() { [MediaTags.Spec] = spec });

        Assert.Equal(spec, (await VideoFile.ReadTagsAsync(folder["big.mp4"], CancellationToken.None))[MediaTags.Spec]);
    }

    [Fact]
    public async Task The_index_comes_before_the_frames_so_that_browsers_start_at_once()
    {
        await WriteAsync(folder["a.mp4"], []);

        var bytes = await File.ReadAllBytesAsync(folder["a.mp4"]);

        Assert.InRange(bytes.AsSpan().IndexOf("moov"u8), 0, bytes.AsSpan().IndexOf("mdat"u8));
    }

    [Fact]
    public async Task The_same_clip_and_tags_give_the_same_bytes()
    {
        await WriteAsync(folder["a.mp4"], new() { [MediaTags.Seed] = "1" });
        await WriteAsync(folder["b.mp4"], new() { [MediaTags.Seed] = "1" });

        Assert.Equal(await File.ReadAllBytesAsync(folder["a.mp4"]), await File.ReadAllBytesAsync(folder["b.mp4"]));
    }

    [Fact]
    public async Task Fewer_frames_are_taken_uniformly_from_first_to_last()
    {
        await WriteAsync(folder["a.mp4"], []);
        var all = await VideoFile.ReadFramesAsync(folder["a.mp4"], T, S, CancellationToken.None);

        var four = await VideoFile.ReadFramesAsync(folder["a.mp4"], 4, S, CancellationToken.None);

        var frame = S * S * 3;
        Assert.Equal(new[] { 0, 5, 10, 15 }.SelectMany(t => all.Skip(t * frame).Take(frame)), four);
    }

    [Fact]
    public async Task A_whole_clip_is_read_in_other_proportions_around_its_centre()
    {
        await WriteAsync(folder["a.mp4"], []);
        var square = await VideoFile.ReadClipAsync(folder["a.mp4"], S, S, 8, 100, CancellationToken.None);
        Assert.Equal(await VideoFile.ReadFramesAsync(folder["a.mp4"], T, S, CancellationToken.None), square.Pixels);

        var flat = await VideoFile.ReadClipAsync(folder["a.mp4"], S / 2, S, 8, 100, CancellationToken.None);
        Assert.Equal((T, S / 2, S), (flat.Frames, flat.Height, flat.Width));
        var middle = square.Pixels.AsSpan(S / 4 * S * 3, S / 2 * S * 3).ToArray();
        Assert.True(middle.Zip(flat.Part(0, 1).Pixels).Average(pair => Math.Abs(pair.First - pair.Second)) < 2);
    }

    [Fact]
    public async Task A_video_with_more_frames_than_can_be_used_is_refused()
    {
        await WriteAsync(folder["a.mp4"], []);
        var refused = await Assert.ThrowsAsync<MediaException>(() => VideoFile.ReadClipAsync(folder["a.mp4"], S, S, 8, T - 1, CancellationToken.None));
        Assert.Equal(MediaErrors.VideoTooLong, refused.Code);
    }

    [Fact]
    public async Task Text_is_not_a_video()
    {
        await File.WriteAllTextAsync(folder["text.mp4"], "no video at all");

        var refused = await Assert.ThrowsAsync<MediaException>(() => VideoFile.ReadTagsAsync(folder["text.mp4"], CancellationToken.None));

        Assert.Equal((MediaErrors.NotAVideo, "text.mp4"), (refused.Code, refused.Arguments[0]));
    }

    [Fact]
    public async Task A_playlist_that_points_at_another_file_is_not_followed()
    {
        await WriteAsync(folder["secret.mp4"], []);
        await File.WriteAllTextAsync(folder["list.mp4"], "ffconcat version 1.0\nfile secret.mp4\n");
        await File.WriteAllTextAsync(folder["list.m3u8"], "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nsecret.mp4\n#EXT-X-ENDLIST\n");

        foreach (var name in new[] { "list.mp4", "list.m3u8" })
            await Assert.ThrowsAsync<MediaException>(() => VideoFile.ProbeAsync(folder[name], CancellationToken.None));
    }

    [Fact]
    public async Task Without_ffmpeg_the_message_says_what_to_install()
    {
        Ffmpeg.UseFolder(folder.Path);

        var refused = await Assert.ThrowsAsync<MediaException>(() => WriteAsync(folder["a.mp4"], []));

        Assert.Equal(MediaErrors.FfmpegMissing, refused.Code);
        Assert.Contains("apt-get install ffmpeg", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task When_ffmpeg_fails_in_the_middle_half_a_file_never_takes_the_place_of_a_whole_one()
    {
        // Writes something to its last argument, the output, and gives up.
        var programs = Directory.CreateDirectory(folder["programs"]).FullName;
        await File.WriteAllTextAsync(Path.Combine(programs, "ffmpeg"), "#!/bin/sh\nfor last; do :; done\necho half > \"${last#file:}\"\necho 'No space left on device' >&2\nexit 1\n");
        File.SetUnixFileMode(Path.Combine(programs, "ffmpeg"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await File.WriteAllTextAsync(folder["a.mp4"], "before");
        Ffmpeg.UseFolder(programs);

        var refused = await Assert.ThrowsAsync<MediaException>(() => WriteAsync(folder["a.mp4"], []));

        Assert.Equal(MediaErrors.DiskFull, refused.Code);
        Assert.Equal("before", await File.ReadAllTextAsync(folder["a.mp4"]));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task A_cancelled_write_leaves_nothing_and_keeps_what_was_there()
    {
        await File.WriteAllTextAsync(folder["a.mp4"], "before");
        using var source = new CancellationTokenSource();
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            VideoFile.WriteAsync(folder["a.mp4"], clip, T, S, S, 8, new Dictionary<string, string>(), source.Token));

        Assert.Equal("before", await File.ReadAllTextAsync(folder["a.mp4"]));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task Frames_of_the_wrong_length_are_refused() =>
        await Assert.ThrowsAsync<ArgumentException>(() =>
            VideoFile.WriteAsync(folder["a.mp4"], new byte[5], T, S, S, 8, new Dictionary<string, string>(), CancellationToken.None));

    private Task WriteAsync(string path, Dictionary<string, string> tags) =>
        VideoFile.WriteAsync(path, clip, T, S, S, 8, tags, CancellationToken.None);
}
