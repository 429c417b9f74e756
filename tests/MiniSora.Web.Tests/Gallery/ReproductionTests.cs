using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Gallery;
using MiniSora.Web.Gallery.Reproductions;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Gallery;

public class ReproductionTests
{
    [Fact]
    public async Task The_run_makes_the_one_clip_of_the_post_again_behind_all_others_and_reads_the_published_file()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var post = await PostAsync(backend, mei);
        Assert.Empty(await AskAsync(backend, post.Slug, tom));

        var view = Assert.Single(await OfAsync(backend, post.Id));
        Assert.Equal((ReproductionVerdict.Running, RunState.Queued), (view.Verdict, view.State));
        var run = await backend.RunAsync(view.RunId!.Value);
        var spec = Assert.IsType<SamplingSpec>(SpecYaml.Read(run.SpecYaml).Spec);
        Assert.Equal((tom.MemberId!.Value, RunPriority.Low, post.Id), (run.OwnerId, run.Priority, run.ParentPostId!.Value));
        Assert.Equal((1, post.Seed, post.Prompt, post.VideoSha256, post.CheckpointSha256), (spec.Clips, spec.Seed, spec.Prompt, spec.Original, spec.Checkpoint));
        var grant = (await backend.Ledger.ClaimAsync(run.Id, "test", CancellationToken.None))!;
        Assert.True(File.Exists(grant.Inputs[post.VideoSha256]));
    }

    [Fact]
    public async Task What_the_run_measured_is_the_verdict_and_a_kind_of_device_counts_once()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var post = await PostAsync(backend, mei);
        await MadeAsync(backend, post.Slug, tom, "Xeon × 2", exact: 1, psnr: 100);
        await MadeAsync(backend, post.Slug, tom, "Xeon × 2", exact: 1, psnr: 100);
        await MadeAsync(backend, post.Slug, tom, "H200", exact: 0, psnr: 47.5);
        await MadeAsync(backend, post.Slug, tom, "Old card", exact: 0, psnr: 21);

        var all = await OfAsync(backend, post.Id);
        Assert.Equal(
            [(ReproductionVerdict.Different, "Old card", 21), (ReproductionVerdict.Near, "H200", 47.5), (ReproductionVerdict.Exact, "Xeon × 2", 100), (ReproductionVerdict.Exact, "Xeon × 2", 100)],
            all.Select(one => (one.Verdict, one.Machine, one.Psnr!.Value)));
        Assert.Equal(2, (await backend.Get<GalleryService>().GetAsync(post.Slug, mei, CancellationToken.None))!.ReproducedOn);
        Assert.Equal(2, Assert.Single((await backend.Get<GalleryService>().ListAsync(null, null, 10, CancellationToken.None)).Posts).ReproducedOn);
        // Its author reads of each kind of device once, and of nothing that failed.
        var told = await backend.Get<NoticeBoard>().ListAsync(mei.MemberId!.Value, CancellationToken.None);
        Assert.Equal([("reproduction", "H200"), ("reproduction", "Xeon × 2")], told.Select(notice => (notice.Kind, notice.Who)));
    }

    [Fact]
    public async Task A_run_that_fails_or_is_given_up_says_nothing_about_the_video()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var post = await PostAsync(backend, mei);
        await AskAsync(backend, post.Slug, mei);
        var first = (await OfAsync(backend, post.Id))[0].RunId!.Value;
        await backend.Runs.CancelAsync(first, mei, CancellationToken.None);
        await AskAsync(backend, post.Slug, mei);
        var grant = (await backend.Ledger.ClaimAsync((await OfAsync(backend, post.Id))[0].RunId!.Value, "test", CancellationToken.None))!;
        // Left before its clip was there: a run that ended in good order, without a figure.
        await backend.ReportAsync(grant, new RunFinished("stopped", 0, 1, 1, 1) { Seq = 1 });
        await backend.EndAsync(grant);

        Assert.All(await OfAsync(backend, post.Id), one => Assert.Equal((ReproductionVerdict.Broken, (double?)null), (one.Verdict, one.Psnr)));
        Assert.Equal(0, (await backend.Get<GalleryService>().GetAsync(post.Slug, mei, CancellationToken.None))!.ReproducedOn);
    }

    [Fact]
    public async Task What_was_found_outlives_the_run_and_goes_with_the_post()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var post = await PostAsync(backend, mei);
        var run = await MadeAsync(backend, post.Slug, mei, "Xeon × 2", exact: 1, psnr: 100);
        Assert.Null(await backend.Runs.DeleteAsync(run, mei, CancellationToken.None));
        var kept = Assert.Single(await OfAsync(backend, post.Id));
        Assert.Equal((ReproductionVerdict.Exact, null, (RunState?)null), (kept.Verdict, kept.RunId, kept.State));
        Assert.Null(await backend.Get<GalleryService>().RemoveAsync(post.Id, mei, CancellationToken.None));
        await using var db = await backend.DbAsync();
        Assert.Equal(0, await db.Set<Reproduction>().CountAsync());
    }

    [Fact]
    public async Task It_is_refused_with_all_reasons_and_writes_nothing()
    {
        await using var backend = await Backend.StartAsync(null, ("Runs:MinFreeBytes", long.MaxValue.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        await using var db = await backend.DbAsync();
        var mei = await backend.MemberAsync("mei");
        db.Posts.Add(new() { Id = Guid.NewGuid(), Number = 1, Slug = "gone", Title = "Gone", AuthorId = mei.MemberId!.Value, SpecYaml = SpecYaml.Write(new SamplingSpec { Name = "x", Checkpoint = new string('a', 64), Prompt = "a red circle" }), CheckpointSha256 = new string('a', 64), VideoSha256 = new string('b', 64), Prompt = "a red circle" });
        db.Posts.Add(new() { Id = Guid.NewGuid(), Number = 2, Slug = "older", Title = "Older", AuthorId = mei.MemberId!.Value, SpecYaml = "nonsense" });
        await db.SaveChangesAsync();

        Assert.Equal(["spec.checkpoint_missing", "spec.video_missing", "not_signed_in"], await AskAsync(backend, "gone", Viewer.Visitor));
        Assert.Equal(["spec.device_unknown", "spec.checkpoint_missing", "spec.video_missing", "disk_nearly_full"], (await AskAsync(backend, "gone", mei, "toaster")).Order(StringComparer.Ordinal).OrderBy(code => code == "disk_nearly_full").ThenBy(code => code != "spec.device_unknown"));
        Assert.Equal(["spec_unreadable"], await AskAsync(backend, "older", mei));
        Assert.Equal(["not_found"], await AskAsync(backend, "nowhere", mei));
        Assert.Equal(0, await db.Set<Reproduction>().CountAsync());
        Assert.Equal(0, await db.Runs.CountAsync());
    }

    [Fact]
    public async Task One_at_a_time()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var post = await PostAsync(backend, mei);
        Assert.Empty(await AskAsync(backend, post.Slug, mei));
        Assert.Equal(["reproduction_running"], await AskAsync(backend, post.Slug, tom));
        Assert.Single(await OfAsync(backend, post.Id));
    }

    private static async Task<PostDetails> PostAsync(Backend backend, Viewer author)
    {
        var published = await GalleryServiceTests.PublishClipAsync(backend, author, new byte[8 * 32 * 32 * 3]);
        return (await backend.Get<GalleryService>().GetAsync(published.Slug, author, CancellationToken.None))!;
    }

    private static async Task<IReadOnlyList<string>> AskAsync(Backend backend, string slug, Viewer viewer, string device = "auto")
    {
        // What separates two members' clicks: the limit of submissions is not what is tested here.
        backend.Clock.Advance(TimeSpan.FromMinutes(2));
        return [.. (await backend.Get<ReproductionService>().AskAsync(slug, device, viewer, CancellationToken.None)).Select(reason => reason.Code)];
    }

    private static Task<IReadOnlyList<ReproductionView>> OfAsync(Backend backend, Guid post) => backend.Get<ReproductionService>().OfAsync(post, CancellationToken.None);

    private static async Task<Guid> MadeAsync(Backend backend, string slug, Viewer viewer, string machine, double exact, double psnr)
    {
        Assert.Empty(await AskAsync(backend, slug, viewer));
        var post = (await backend.Get<GalleryService>().GetAsync(slug, viewer, CancellationToken.None))!.Id;
        var run = (await OfAsync(backend, post))[0].RunId!.Value;
        var grant = (await backend.Ledger.ClaimAsync(run, "test", CancellationToken.None))!;
        await backend.ReportAsync(
            grant,
            new RunStarted("cpu", "fp32", 2, "0.1.0", "fine", 1, 0) { Machine = machine, Seq = 1 },
            new RunStep(1, 1, 0, new OriginalLikeness(exact > 0, psnr, 0.9).Points(1)) { Seq = 2 },
            new RunFinished("completed", 1, 2.5, 1, 1) { Seq = 3 });
        await backend.EndAsync(grant);
        return run;
    }
}
