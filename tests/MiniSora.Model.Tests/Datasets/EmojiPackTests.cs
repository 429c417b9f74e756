using MiniSora.Model.Datasets;

namespace MiniSora.Model.Tests.Datasets;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class EmojiPackTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly TinyEmojiPackages tiny;

    public EmojiPackTests() => tiny = new TinyEmojiPackages(folder["given"]);

    private string Data => folder["data"];

    private EmojiPackOptions Given => new() { Offline = true, Archives = tiny.Archives };

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Given_archives_become_clips_with_names_in_both_languages()
    {
        var state = await PrepareAsync(Given);
        var set = EmojiDataset.Open(Data, 16, 32);

        Assert.Equal((true, 8, EmojiSelection.Light), (state.Prepared, state.Clips, state.Selection));
        Assert.Equal((7, 1), (set.Count, set.HeldOutCount));
        Assert.Equal(
            [("mouse", "老鼠"), ("red heart", "红心"), ("waving hand", "挥手")],
            set.Captions.Take(3).Select(caption => (caption.English!, caption.Chinese!)));
    }

    [Fact]
    public async Task Frames_lie_on_white_and_run_from_the_first_to_the_last()
    {
        await PrepareAsync(Given);

        var frames = EmojiDataset.Open(Data, 4, 64).Read(0, new SplitMix64(1)).Frames;

        Assert.Equal([255, 255, 255], frames[..3]);
        // Frames 0, 6, 13 and 19 of 20, a square that walks 48 columns.
        Assert.Equal([0, 15, 32, 48], Enumerable.Range(0, 4).Select(t => FirstRedColumn(frames, t)));
    }

    [Fact]
    public async Task One_skin_tone_of_a_base_with_all_of_them_is_held_out()
    {
        await PrepareAsync(Given);
        var set = EmojiDataset.Open(Data, 16, 32);

        Assert.Equal("waving hand: skin tone 1", set.ReadHeldOut(0).Caption.English);
        Assert.DoesNotContain("waving hand: skin tone 1", set.Captions.Select(caption => caption.English));
        Assert.Contains("waving hand: skin tone 2", set.Captions.Select(caption => caption.English));
    }

    [Fact]
    public async Task Captions_vary_with_the_generator_and_with_nothing_else()
    {
        await PrepareAsync(Given);
        var set = EmojiDataset.Open(Data, 16, 32);

        var captions = Enumerable.Range(0, 100).Select(i => set.Read(0, SplitMix64.For(1, (ulong)i)).Caption).ToList();

        Assert.Equal(captions, Enumerable.Range(0, 100).Select(i => set.Read(0, SplitMix64.For(1, (ulong)i)).Caption));
        Assert.Contains("an animated emoji of mouse", captions.Select(caption => caption.English));
        Assert.Contains(captions, caption => caption.English!.Split(", ").Length == 4);
        Assert.Contains("老鼠的动画表情", captions.Select(caption => caption.Chinese));
    }

    [Fact]
    public async Task Preparing_again_changes_nothing()
    {
        await PrepareAsync(Given);
        var before = Files();
        var reports = new List<DatasetProgress>();

        await PrepareAsync(Given with { Archives = [] }, new Recorder(reports));

        Assert.Equal(before, Files());
        Assert.Equal(new DatasetProgress(DatasetPhase.Ready, 1, ""), Assert.Single(reports));
    }

    [Fact]
    public async Task Preparing_elsewhere_gives_the_same_fingerprint()
    {
        await PrepareAsync(Given);
        await EmojiPack.PrepareAsync(folder["other"], Given, tiny.Packages, null, CancellationToken.None);

        Assert.Equal(EmojiDataset.Open(Data, 16, 32).Fingerprint, EmojiDataset.Open(folder["other"], 16, 32).Fingerprint);
    }

    [Fact]
    public async Task Progress_never_falls_and_ends_with_ready()
    {
        var reports = new List<DatasetProgress>();

        await PrepareAsync(Given, new Recorder(reports));

        Assert.Equal(reports.Select(report => report.Fraction).Order(), reports.Select(report => report.Fraction));
        Assert.Equal((DatasetPhase.Ready, 1.0), (reports[^1].Phase, reports[^1].Fraction));
        Assert.Contains(reports, report => report.Phase == DatasetPhase.Decoding);
    }

    [Fact]
    public async Task Archives_put_into_the_folder_by_hand_are_found()
    {
        Directory.CreateDirectory(EmojiPack.Folder(Data));
        foreach (var archive in tiny.Archives)
            File.Copy(archive, Path.Combine(EmojiPack.Folder(Data), Path.GetFileName(archive)));

        Assert.True((await PrepareAsync(new() { Offline = true })).Prepared);
    }

    [Fact]
    public async Task Offline_without_archives_says_which_file_to_put_where()
    {
        var refused = await RefusedAsync(new() { Offline = true });

        Assert.Equal(DatasetErrors.DownloadOffline, refused.Code);
        Assert.Equal(["emojibase-data@1.0.0", "emojibase-data-1.0.0.tgz", EmojiPack.Folder(Data)], refused.Arguments);
    }

    [Fact]
    public async Task A_broken_archive_in_the_folder_is_deleted_and_named()
    {
        Directory.CreateDirectory(EmojiPack.Folder(Data));
        var broken = Path.Combine(EmojiPack.Folder(Data), "tiny-anim-1.0.0.tgz");
        await File.WriteAllTextAsync(broken, "half a download");

        var refused = await RefusedAsync(new() { Offline = true, Archives = [tiny.Archives[0]] });

        Assert.Equal((DatasetErrors.DownloadBroken, "tiny-anim-1.0.0.tgz"), (refused.Code, refused.Arguments[0]));
        Assert.False(File.Exists(broken));
    }

    [Fact]
    public async Task A_given_file_that_is_no_package_is_named_and_left_alone()
    {
        await File.WriteAllTextAsync(folder["mine.tgz"], "something else");

        Assert.Equal(DatasetErrors.ArchiveUnknown, (await RefusedAsync(new() { Archives = [folder["mine.tgz"]] })).Code);
        Assert.Equal(DatasetErrors.ArchiveMissing, (await RefusedAsync(new() { Archives = [folder["none.tgz"]] })).Code);
        Assert.True(File.Exists(folder["mine.tgz"]));
    }

    [Fact]
    public async Task Without_npm_the_message_says_what_to_install()
    {
        var refused = await RefusedAsync(new() { Npm = folder["no-such-npm"] });

        Assert.Equal(DatasetErrors.NpmMissing, refused.Code);
        Assert.Contains("apt-get install npm", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo 'npm ERR! code ENOTFOUND registry' >&2; exit 1", DatasetErrors.DownloadFailed)]
    [InlineData("echo 'npm ERR! code ENOSPC' >&2; exit 1", DatasetErrors.DiskFull)]
    [InlineData("exit 0", DatasetErrors.DownloadFailed)]
    [InlineData("echo half > \"$5/emojibase-data-1.0.0.tgz\"", DatasetErrors.DownloadBroken)]
    public async Task What_goes_wrong_in_npm_has_its_own_code_and_leaves_nothing_behind(string script, string code)
    {
        var refused = await RefusedAsync(new() { Npm = Script(script) });

        Assert.Equal(code, refused.Code);
        Assert.Equal([".lock"], Directory.GetFileSystemEntries(EmojiPack.Folder(Data)).Select(Path.GetFileName));
    }

    [Fact]
    public async Task After_a_failed_package_the_next_try_fetches_only_that_one()
    {
        // The first call brings the captions' package, the second fails, the third succeeds.
        var npm = Script($"""
            echo x >> "{folder["calls"]}"
            [ $(wc -l < "{folder["calls"]}") = 2 ] && exit 1
            case "$8" in *emojibase*) f=emojibase-data-1.0.0.tgz;; *) f=tiny-anim-1.0.0.tgz;; esac
            cp "{tiny.Folder}/$f" "$5/"
            """);

        Assert.Equal(DatasetErrors.DownloadFailed, (await RefusedAsync(new() { Npm = npm })).Code);
        Assert.True((await PrepareAsync(new() { Npm = npm })).Prepared);
        Assert.Equal(3, File.ReadAllLines(folder["calls"]).Length);
    }

    [Fact]
    public async Task A_cancelled_download_ends_npm_and_leaves_nothing_behind()
    {
        using var source = new CancellationTokenSource();
        var started = folder["started"];
        var preparing = EmojiPack.PrepareAsync(Data, new() { Npm = Script($"touch '{started}'; exec sleep 600") }, tiny.Packages, null, source.Token);
        using (var watcher = new FileSystemWatcher(folder.Path, "started") { EnableRaisingEvents = true })
        {
            var seen = new TaskCompletionSource();
            watcher.Created += (_, _) => seen.TrySetResult();
            if (!File.Exists(started))
                await seen.Task;
        }

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => preparing);
        Assert.Equal([".lock"], Directory.GetFileSystemEntries(EmojiPack.Folder(Data)).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Two_at_once_are_refused()
    {
        Directory.CreateDirectory(EmojiPack.Folder(Data));
        using var other = DatasetLock.Take("emoji", EmojiPack.Folder(Data));

        Assert.Equal(DatasetErrors.Busy, (await RefusedAsync(Given)).Code);
    }

    [Fact]
    public async Task Nothing_in_an_archive_can_write_outside_the_folder()
    {
        await PrepareAsync(Given);

        Assert.Empty(Directory.GetFiles(folder.Path, "*.webp", SearchOption.AllDirectories));
        Assert.DoesNotContain("evil", await File.ReadAllTextAsync(Path.Combine(EmojiPack.Folder(Data), "manifest.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_never_fetched_is_missing_and_says_how_to_fetch_it()
    {
        var refused = Assert.Throws<DatasetException>(() => DatasetCatalog.Open("emoji", Data, 16, 32, 1));

        Assert.Equal(DatasetErrors.Missing, refused.Code);
        Assert.Contains("data prepare emoji", refused.Message, StringComparison.Ordinal);
        Assert.Equal(new EmojiState(false, 0, null, 0), EmojiPack.State(Data));
    }

    [Fact]
    public async Task Damaged_clips_are_noticed_and_preparing_again_heals_them()
    {
        await PrepareAsync(Given);
        var clips = Path.Combine(EmojiPack.Folder(Data), "clips-16x32x32.bin");
        var bytes = await File.ReadAllBytesAsync(clips);
        bytes[1000] ^= 1;
        await File.WriteAllBytesAsync(clips, bytes);

        Assert.Equal(DatasetErrors.Broken, Assert.Throws<DatasetException>(() => EmojiDataset.Open(Data, 16, 32)).Code);
        await PrepareAsync(Given);
        Assert.Equal(7, EmojiDataset.Open(Data, 16, 32).Count);
    }

    private Task<EmojiState> PrepareAsync(EmojiPackOptions options, IProgress<DatasetProgress>? progress = null) =>
        EmojiPack.PrepareAsync(Data, options, tiny.Packages, progress, CancellationToken.None);

    private Task<DatasetException> RefusedAsync(EmojiPackOptions options) =>
        Assert.ThrowsAsync<DatasetException>(() => PrepareAsync(options));

    private List<(string, DateTime)> Files() =>
        [.. Directory.GetFiles(EmojiPack.Folder(Data)).Order(StringComparer.Ordinal).Select(path => (path, File.GetLastWriteTimeUtc(path)))];

    /// <summary>A program in npm's place. Arguments: pack, two options, --pack-destination, its folder, --cache, its folder, the package.</summary>
    private string Script(string body)
    {
        var path = folder[$"npm-{Guid.NewGuid():N}"];
        File.WriteAllText(path, "#!/bin/sh\n" + body + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

    private static int FirstRedColumn(byte[] frames, int t)
    {
        var row = ((t * 64) + 30) * 64;
        return Enumerable.Range(0, 64).First(x => frames[(row + x) * 3 + 1] < 100);
    }

    private sealed class Recorder(List<DatasetProgress> reports) : IProgress<DatasetProgress>
    {
        public void Report(DatasetProgress value) => reports.Add(value);
    }
}
