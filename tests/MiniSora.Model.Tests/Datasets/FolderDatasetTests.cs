using MiniSora.Model.Datasets;
using MiniSora.Model.Media;

namespace MiniSora.Model.Tests.Datasets;

public sealed class FolderDatasetTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Source => folder["source"];

    private string Data => folder["data"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Class_folders_give_captions_from_their_names()
    {
        await VideoAsync("ApplyEyeMakeup/a.mp4", 3);
        await VideoAsync("ice_skating/b.mp4", 700);
        await VideoAsync("滑冰/c.mp4", 900);

        var report = await ImportAsync();
        var set = DatasetCatalog.Open("mine", Data, 8, 32, 1);

        Assert.Equal(3, report.Accepted);
        Assert.Empty(report.Refused);
        Assert.Equal(
            [new("apply eye makeup", null), new("ice skating", null), new(null, "滑冰")],
            Enumerable.Range(0, 3).Select(i => set.Read(i, default).Caption));
        Assert.Equal(["shapes", "emoji", .. DatasetCatalog.Worlds, "mine"], DatasetCatalog.Ids(Data));
    }

    [Fact]
    public async Task Clips_hold_what_the_videos_show()
    {
        await VideoAsync("a/a.mp4", 700);
        await ImportAsync();

        var frames = FolderDataset.Open(Data, "mine", 8, 32).Read(0, default).Frames;

        var all = MovingShapesReference.Clip(700, 0, 32);
        var last = all[^(32 * 32 * 3)..];
        Assert.InRange(last.Zip(frames[^(32 * 32 * 3)..]).Average(pair => Math.Abs(pair.First - pair.Second)), 0, 2);
    }

    [Fact]
    public async Task A_wide_video_keeps_its_middle()
    {
        // 96 × 32: red, then white, then blue.
        var frames = new byte[8 * 32 * 96 * 3];
        for (var i = 0; i < frames.Length / 3; i++)
        {
            var x = i % 96;
            (frames[3 * i], frames[3 * i + 1], frames[3 * i + 2]) = x < 32 ? ((byte)255, (byte)0, (byte)0) : x < 64 ? ((byte)255, (byte)255, (byte)255) : ((byte)0, (byte)0, (byte)255);
        }

        Directory.CreateDirectory(Path.Combine(Source, "flag"));
        await VideoFile.WriteAsync(Path.Combine(Source, "flag/wide.mp4"), frames, 8, 32, 96, 8, new Dictionary<string, string>(), CancellationToken.None);
        await ImportAsync();

        Assert.All(FolderDataset.Open(Data, "mine", 8, 32).Read(0, default).Frames, value => Assert.InRange(value, 225, 255));
    }

    [Theory]
    [InlineData("captions.csv", "\uFEFFpath,caption,caption_zh\r\na.mp4,\"a red, \"\"round\"\" thing\",一个红色的东西\r\nsub/b.mp4,blue,\r\n")]
    [InlineData("captions.jsonl", "{\"path\":\"a.mp4\",\"caption\":\"a red, \\\"round\\\" thing\",\"caption_zh\":\"一个红色的东西\"}\n\n{\"path\":\"sub/b.mp4\",\"caption\":\"blue\"}\n")]
    public async Task A_captions_file_is_read(string name, string text)
    {
        await VideoAsync("a.mp4", 3);
        await VideoAsync("sub/b.mp4", 700);
        await File.WriteAllTextAsync(Path.Combine(Source, name), text);

        await ImportAsync();
        var set = FolderDataset.Open(Data, "mine", 8, 32);

        Assert.Equal(new Caption("a red, \"round\" thing", "一个红色的东西"), set.Read(0, default).Caption);
        Assert.Equal(new Caption("blue", null), set.Read(1, default).Caption);
    }

    [Fact]
    public async Task Every_refused_file_is_listed_with_its_reason()
    {
        await VideoAsync("good.mp4", 3);
        await VideoAsync("short.mp4", 3, frames: 4);
        await VideoAsync("long.mp4", 3, framesPerSecond: 0.1);
        await File.WriteAllTextAsync(Path.Combine(Source, "text.mp4"), "no video");
        var whole = await File.ReadAllBytesAsync(Path.Combine(Source, "good.mp4"));
        await File.WriteAllBytesAsync(Path.Combine(Source, "cut.mp4"), [.. whole[..(whole.Length / 2)], .. new byte[whole.Length / 2]]);
        await File.WriteAllTextAsync(folder["secret.mp4"], "x");
        File.CreateSymbolicLink(Path.Combine(Source, "link.mp4"), folder["secret.mp4"]);
        await File.WriteAllTextAsync(
            Path.Combine(Source, "captions.csv"),
            $"path,caption\ngood.mp4,fine\nshort.mp4,x\nlong.mp4,x\ntext.mp4,x\nnone.mp4,x\n../secret.mp4,x\nlink.mp4,x\n{folder["secret.mp4"]},x\n"
            + $"good.mp4,again\nshort.mp4,\nlong.mp4,{new string('x', 501)}\ncut.mp4,x\n");

        var report = await ImportAsync();

        Assert.Equal(1, report.Accepted);
        Assert.Equal(
            [
                ("none.mp4", FolderRefusals.FileMissing), ("../secret.mp4", FolderRefusals.FileOutside), ("link.mp4", FolderRefusals.FileOutside),
                (folder["secret.mp4"], FolderRefusals.FileOutside), ("good.mp4", FolderRefusals.FileTwice), ("short.mp4", FolderRefusals.CaptionMissing),
                ("long.mp4", FolderRefusals.CaptionTooLong), ("short.mp4", FolderRefusals.TooShort), ("long.mp4", FolderRefusals.TooLong),
                ("text.mp4", FolderRefusals.NotAVideo), ("cut.mp4", FolderRefusals.Damaged),
            ],
            report.Refused.Select(refused => (refused.File, refused.Reason)));
        Assert.Equal(report.Refused, FolderDataset.Report(Data, "mine")!.Refused);
    }

    [Fact]
    public async Task A_folder_without_a_usable_file_is_refused_and_leaves_nothing()
    {
        Directory.CreateDirectory(Source);
        await File.WriteAllTextAsync(Path.Combine(Source, "a.mp4"), "no video");

        Assert.Equal(DatasetErrors.NothingUsable, (await RefusedAsync(ImportAsync)).Code);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Data, "datasets")));
    }

    [Theory]
    [InlineData("captions.csv", "file,text\na.mp4,x\n")]
    [InlineData("captions.csv", "path,caption\na.mp4,\"x\n")]
    [InlineData("captions.csv", "")]
    [InlineData("captions.jsonl", "{\"path\":\"a.mp4\",\n")]
    [InlineData("captions.jsonl", "[1]\n")]
    public async Task A_captions_file_that_cannot_be_read_is_refused_by_name(string name, string text)
    {
        Directory.CreateDirectory(Source);
        await File.WriteAllTextAsync(Path.Combine(Source, name), text);

        var refused = await RefusedAsync(ImportAsync);

        Assert.Equal((DatasetErrors.CaptionsBroken, name), (refused.Code, refused.Arguments[0]));
    }

    [Theory]
    [InlineData("shapes")]
    [InlineData("../up")]
    [InlineData("Upper")]
    [InlineData("")]
    public async Task A_name_that_specs_could_not_use_is_refused(string name)
    {
        Directory.CreateDirectory(Source);

        var refused = await RefusedAsync(() => FolderDataset.ImportAsync(Source, Data, name, 8, 32, null, CancellationToken.None));

        Assert.Equal(DatasetErrors.Name, refused.Code);
    }

    [Fact]
    public async Task Importing_again_replaces_the_clips_and_a_failed_import_does_not()
    {
        await VideoAsync("a/a.mp4", 3);
        await ImportAsync();
        var before = FolderDataset.Open(Data, "mine", 8, 32);
        await VideoAsync("a/b.mp4", 700);
        await ImportAsync();
        Directory.Delete(Source, recursive: true);
        Directory.CreateDirectory(Source);
        await RefusedAsync(ImportAsync);

        Assert.Equal(2, FolderDataset.Open(Data, "mine", 8, 32).Count);
        Assert.NotEmpty(before.Read(0, default).Frames);
        Assert.NotEqual(before.Fingerprint, FolderDataset.Open(Data, "mine", 8, 32).Fingerprint);
    }

    [Fact]
    public async Task Another_size_than_the_imported_one_is_refused_with_the_imported_one()
    {
        await VideoAsync("a/a.mp4", 3);
        await ImportAsync();

        var refused = Assert.Throws<DatasetException>(() => DatasetCatalog.Open("mine", Data, 8, 64, 1));

        Assert.Equal((DatasetErrors.Size, "8 × 32"), (refused.Code, refused.Arguments[3]));
    }

    [Fact]
    public void An_unknown_name_is_refused_with_the_known_ones()
    {
        var refused = Assert.Throws<DatasetException>(() => DatasetCatalog.Open("films", Data, 8, 32, 1));

        Assert.Equal(DatasetErrors.Unknown, refused.Code);
        Assert.Contains("shapes, emoji", refused.Message, StringComparison.Ordinal);
        Assert.Equal(DatasetErrors.Unknown, Assert.Throws<DatasetException>(() => DatasetCatalog.Open("../up", Data, 8, 32, 1)).Code);
    }

    private static async Task<DatasetException> RefusedAsync(Func<Task> act) => await Assert.ThrowsAsync<DatasetException>(act);

    private Task<ImportReport> ImportAsync() => FolderDataset.ImportAsync(Source, Data, "mine", 8, 32, null, CancellationToken.None);

    private Task VideoAsync(string name, int reference, int frames = 16, double framesPerSecond = 8)
    {
        var path = Path.Combine(Source, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var clip = MovingShapesReference.Clip(reference, 0, 32)[..(frames * 32 * 32 * 3)];
        return VideoFile.WriteAsync(path, clip, frames, 32, 32, framesPerSecond, new Dictionary<string, string>(), CancellationToken.None);
    }
}
