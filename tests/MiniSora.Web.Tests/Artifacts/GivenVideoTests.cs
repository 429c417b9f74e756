using MiniSora.Jobs.Specs;
using MiniSora.Model.Media;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Artifacts;

public sealed class GivenVideoTests
{
    [Fact]
    public async Task A_video_that_was_uploaded_reaches_the_run_that_starts_from_it()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (_, grant) = await backend.RunningAsync(mei);
        await backend.ReportAsync(grant, await backend.FileAsync(grant, 1, "checkpoint", "step-1.safetensors", [1, 2, 3], step: 1));
        var checkpoint = Assert.Single(await backend.Runs.CheckpointsAsync(mei, 10, CancellationToken.None));
        var stored = Assert.IsType<VideoStored>(await backend.Get<UploadService>().StoreVideoAsync(await VideoAsync(backend), mei, CancellationToken.None));

        var spec = new SamplingSpec { Name = "More", Checkpoint = checkpoint.Sha256, Task = SamplingTask.ExtendForward, Input = new() { Video = stored.Sha256 } };
        var id = Assert.IsType<Submitted>(await backend.Runs.SubmitAsync(spec, new(), mei, CancellationToken.None)).RunId;
        await backend.EndAsync(grant);
        var inputs = (await backend.Ledger.ClaimAsync(id, "test", CancellationToken.None))!.Inputs;

        Assert.Equal(new[] { checkpoint.Sha256, stored.Sha256 }.Order(), inputs.Keys.Order());
        Assert.True(File.Exists(inputs[stored.Sha256]));
    }

    [Fact]
    public async Task A_video_that_nobody_has_is_named_among_the_reasons()
    {
        await using var backend = await Backend.StartAsync();
        var spec = new SamplingSpec { Name = "More", Checkpoint = "c", Task = SamplingTask.Connect, Input = new() { Video = new string('a', 64) } };
        var reasons = await backend.Runs.CheckAsync(spec, await backend.MemberAsync("mei"), CancellationToken.None);
        Assert.Equal([("checkpoint", "spec.checkpoint_missing"), ("input.video", "spec.video_missing"), ("input.second_video", "spec.video_required")], reasons.Select(reason => (reason.Path, reason.Code)));
    }

    [Fact]
    public async Task What_is_no_video_is_refused_and_nothing_is_kept()
    {
        await using var backend = await Backend.StartAsync();
        var refused = Assert.IsType<UploadRefused>(await backend.Get<UploadService>().StoreVideoAsync(new MemoryStream("no video"u8.ToArray()), await backend.MemberAsync("mei"), CancellationToken.None));
        Assert.Equal(MediaErrors.NotAVideo, refused.Reason.Code);
        Assert.Equal("not_signed_in", Assert.IsType<UploadRefused>(await backend.Get<UploadService>().StoreVideoAsync(new MemoryStream([1]), Viewer.Visitor, CancellationToken.None)).Reason.Code);
        await using var db = await backend.DbAsync();
        Assert.Empty(db.Artifacts);
    }

    [Fact]
    public async Task A_members_own_videos_can_be_chosen_from()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (_, grant) = await backend.RunningAsync(mei);
        var video = await backend.FileAsync(grant, 1, "video", "clip-000.mp4", [1, 2, 3]);
        await backend.ReportAsync(grant, video);

        Assert.Equal(video.Sha256, Assert.Single(await backend.Runs.VideosAsync(mei, 10, CancellationToken.None)).Sha256);
        Assert.Empty(await backend.Runs.VideosAsync(await backend.MemberAsync("tom"), 10, CancellationToken.None));
    }

    private static async Task<Stream> VideoAsync(Backend backend)
    {
        var path = Path.Combine(backend.Root, "given.mp4");
        await VideoFile.WriteAsync(path, new byte[4 * 16 * 16 * 3], 4, 16, 16, 8, new Dictionary<string, string>(), CancellationToken.None);
        return new MemoryStream(await File.ReadAllBytesAsync(path));
    }
}
