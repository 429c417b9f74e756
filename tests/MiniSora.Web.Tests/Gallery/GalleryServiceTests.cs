using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Media;
using MiniSora.Web.Account;
using MiniSora.Web.Gallery;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Gallery;

public class GalleryServiceTests
{
    [Fact]
    public async Task A_published_video_carries_what_made_it_and_is_found()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var video = await VideoAsync(backend, mei);
        var published = Assert.IsType<Published>(await Gallery(backend).PublishAsync(video, " A red Heart ", mei, CancellationToken.None));
        Assert.StartsWith("a-red-heart-", published.Slug, StringComparison.Ordinal);

        var post = await Gallery(backend).GetAsync(published.Slug, Viewer.Visitor, CancellationToken.None);
        Assert.Equal(("A red Heart", "a red circle", 7L, "mei", 2.5, false), (post!.Title, post.Prompt, post.Seed, post.AuthorName, post.DeviceSeconds, post.MayRemove));
        Assert.Contains("kind: \"sampling\"", post.SpecYaml.Replace("kind: sampling", "kind: \"sampling\"", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.NotNull(post.Training);
        Assert.NotNull(post.PosterUrl);
        Assert.Single((await Gallery(backend).ListAsync("HEART mei", null, 10, CancellationToken.None)).Posts);
        Assert.Empty((await Gallery(backend).ListAsync("100%", null, 10, CancellationToken.None)).Posts);
    }

    [Fact]
    public async Task Publishing_is_refused_with_all_reasons()
    {
        await using var backend = await Backend.StartAsync();
        var video = await VideoAsync(backend, await backend.MemberAsync("mei"));
        var refused = Assert.IsType<NotPublished>(await Gallery(backend).PublishAsync(video, " ", await backend.MemberAsync("tom"), CancellationToken.None));
        Assert.Equal(["title_empty", "video_unknown"], refused.Reasons.Select(r => r.Code));
    }

    [Fact]
    public async Task A_video_is_published_once()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var video = await VideoAsync(backend, mei);
        await Gallery(backend).PublishAsync(video, "One", mei, CancellationToken.None);
        var refused = Assert.IsType<NotPublished>(await Gallery(backend).PublishAsync(video, "Two", mei, CancellationToken.None));
        Assert.Equal("already_published", Assert.Single(refused.Reasons).Code);
    }

    [Fact]
    public async Task Pages_follow_each_other_newest_first()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        for (byte i = 1; i <= 3; i++)
            await Gallery(backend).PublishAsync(await VideoAsync(backend, mei, i), $"Video {i}", mei, CancellationToken.None);
        var first = await Gallery(backend).ListAsync(null, null, 2, CancellationToken.None);
        var second = await Gallery(backend).ListAsync(null, first.Next, 2, CancellationToken.None);
        Assert.Equal(["Video 3", "Video 2", "Video 1"], first.Posts.Concat(second.Posts).Select(p => p.Title));
        Assert.Null(second.Next);
    }

    [Fact]
    public async Task The_author_and_a_moderator_may_take_a_post_out_and_nobody_else()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var post = Assert.IsType<Published>(await Gallery(backend).PublishAsync(await VideoAsync(backend, mei), "One", mei, CancellationToken.None));
        Assert.Equal("not_found", (await Gallery(backend).RemoveAsync(post.PostId, await backend.MemberAsync("tom"), CancellationToken.None))?.Code);
        Assert.Null(await Gallery(backend).RemoveAsync(post.PostId, new(Guid.NewGuid(), true, false), CancellationToken.None));
        Assert.Empty((await Gallery(backend).ListAsync(null, null, 10, CancellationToken.None)).Posts);
    }

    [Theory]
    [InlineData("红色的心", "video-")]
    [InlineData("<script>alert(1)</script>", "script-alert-1-script-")]
    public void A_slug_is_harmless(string title, string start) =>
        Assert.StartsWith(start, GalleryService.SlugOf(title), StringComparison.Ordinal);

    private static GalleryService Gallery(Backend backend) => backend.Get<GalleryService>();

    /// <summary>Publishes a clip whose file is a real video, as a run process writes it.</summary>
    internal static async Task<Published> PublishClipAsync(Backend backend, Viewer member, byte[] frames)
    {
        var (trainingId, training) = await backend.RunningAsync(member);
        var checkpoint = await backend.FileAsync(training, 1, "checkpoint", "1.safetensors", [9, 9]);
        await backend.ReportAsync(training, checkpoint, Backend.Step(2, 1, 0.5), Backend.Step(3, 2, 0.25));
        var spec = new SamplingSpec { Name = "Samples", Checkpoint = checkpoint.Sha256, Prompt = "a red circle" };
        var id = Assert.IsType<Submitted>(await backend.Runs.SubmitAsync(spec, new(trainingId), member, CancellationToken.None)).RunId;
        var grant = (await backend.Ledger.ClaimAsync(id, "test", CancellationToken.None))!;
        var path = Path.Combine(grant.Folder, "made.mp4");
        var tags = new Dictionary<string, string> { [MediaTags.Spec] = grant.SpecYaml, [MediaTags.Seed] = "7", [MediaTags.Checkpoint] = checkpoint.Sha256, [MediaTags.Title] = "a red circle" };
        await VideoFile.WriteAsync(path, frames, 8, 32, 32, 8, tags, CancellationToken.None);
        var video = await backend.FileAsync(grant, 1, "video", "0.mp4", await File.ReadAllBytesAsync(path));
        await backend.ReportAsync(grant, video, new RunFinished("completed", 1, 2.5, 1, 1) { Seq = 2 });
        await backend.EndAsync(grant);
        var details = await backend.Runs.GetAsync(id, member, CancellationToken.None);
        return Assert.IsType<Published>(await Gallery(backend).PublishAsync(details!.Artifacts.Single(a => a.Kind == "video").Id, "A red circle", member, CancellationToken.None));
    }

    internal static async Task<Guid> VideoAsync(Backend backend, Viewer member, byte content = 1)
    {
        var (trainingId, training) = await backend.RunningAsync(member);
        var checkpoint = await backend.FileAsync(training, 1, "checkpoint", "1.safetensors", [9, content]);
        await backend.ReportAsync(training, checkpoint);
        var spec = new SamplingSpec { Name = "Samples", Checkpoint = checkpoint.Sha256, Prompt = "a red circle" };
        var id = Assert.IsType<Submitted>(await backend.Runs.SubmitAsync(spec, new(trainingId), member, CancellationToken.None)).RunId;
        var grant = (await backend.Ledger.ClaimAsync(id, "test", CancellationToken.None))!;
        Assert.Equal([checkpoint.Sha256], grant.Inputs.Keys);
        await backend.ReportAsync(
            grant,
            await backend.FileAsync(grant, 1, "video", "0.mp4", [content]),
            await backend.FileAsync(grant, 2, "poster", "0.webp", [2, content]),
            new RunFinished("completed", 1, 2.5, 1, 1) { Seq = 3 });
        await backend.EndAsync(grant);
        var details = await backend.Runs.GetAsync(id, member, CancellationToken.None);
        return details!.Artifacts.Single(a => a.Kind == "video").Id;
    }
}
