using MiniSora.Web.Account;
using MiniSora.Web.Gallery;
using MiniSora.Web.Moderation;
using MiniSora.Web.Tests.Gallery;

namespace MiniSora.Web.Tests.Moderation;

public class ModerationServiceTests
{
    [Fact]
    public async Task An_upheld_report_hides_the_post_gives_a_strike_and_is_written_down()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom, moderator) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"), await backend.MemberAsync("mod", administrator: true));
        var post = await PostSearchTests.PublishAsync(backend, "One", "", author: mei);
        var moderation = backend.Get<ModerationService>();
        Assert.Empty(await moderation.ReportAsync(ReportedKind.Post, post.Id, ReportReason.Spam, "advertising", tom, CancellationToken.None));
        Assert.Equal("reported_already", Assert.Single(await moderation.ReportAsync(ReportedKind.Post, post.Id, ReportReason.Spam, "", tom, CancellationToken.None)).Code);
        Assert.Empty(await moderation.QueueAsync(tom, CancellationToken.None));
        var report = Assert.Single(await moderation.QueueAsync(moderator, CancellationToken.None));
        Assert.Equal("not_found", (await moderation.DecideAsync(report.Id, true, tom, CancellationToken.None))?.Code);
        Assert.Null(await moderation.DecideAsync(report.Id, true, moderator, CancellationToken.None));

        Assert.Empty((await backend.Get<GalleryFeed>().ListAsync(new(), CancellationToken.None)).Posts);
        Assert.Null(await backend.Get<GalleryService>().GetAsync(post.Slug, tom, CancellationToken.None));
        Assert.True((await backend.Get<GalleryService>().GetAsync(post.Slug, mei, CancellationToken.None))!.IsHidden);
        Assert.Equal(("report_upheld", "mod"), Assert.Single((await moderation.TrailAsync(moderator, CancellationToken.None)).Select(entry => (entry.Action, entry.ActorName))));
        Assert.Empty(await moderation.TrailAsync(mei, CancellationToken.None));

        var strike = Assert.Single(await moderation.StrikesOfAsync(mei.MemberId!.Value, CancellationToken.None));
        Assert.True(strike.Counts);
        Assert.Equal("not_found", Assert.Single(await moderation.AppealAsync(strike.Id, "not mine", tom, CancellationToken.None)).Code);
        Assert.Empty(await moderation.AppealAsync(strike.Id, "It is a joke", mei, CancellationToken.None));
        Assert.Null(await moderation.AnswerAsync(strike.Id, true, moderator, CancellationToken.None));
        Assert.NotNull(await backend.Get<GalleryService>().GetAsync(post.Slug, tom, CancellationToken.None));
    }

    [Fact]
    public async Task Three_strikes_silence_a_member_until_the_oldest_has_aged()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom, moderator) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"), await backend.MemberAsync("mod", administrator: true));
        var post = await PostSearchTests.PublishAsync(backend, "One", "", author: tom);
        for (var k = 0; k < 3; k++)
        {
            var bad = await PostSearchTests.PublishAsync(backend, $"Bad {k}", "", author: mei);
            await backend.Get<ModerationService>().ReportAsync(ReportedKind.Post, bad.Id, ReportReason.Harmful, "", tom, CancellationToken.None);
            var report = Assert.Single(await backend.Get<ModerationService>().QueueAsync(moderator, CancellationToken.None));
            Assert.Null(await backend.Get<ModerationService>().DecideAsync(report.Id, true, moderator, CancellationToken.None));
        }

        Assert.Equal("standing_muted", Assert.Single(await backend.Get<PostTalk>().CommentAsync(post.Slug, "Hello", mei, CancellationToken.None)).Code);
        backend.Clock.Advance(Standing.StrikeAge + TimeSpan.FromDays(1));
        Assert.Empty(await backend.Get<PostTalk>().CommentAsync(post.Slug, "Hello", mei, CancellationToken.None));
    }

    [Fact]
    public async Task Blocked_words_are_refused_and_named()
    {
        await using var backend = await Backend.StartAsync(null, ("Moderation:BlockedWords:0", "casino"));
        var post = await PostSearchTests.PublishAsync(backend, "One", "");
        var reason = Assert.Single(await backend.Get<PostTalk>().CommentAsync(post.Slug, "Best CASINO", await backend.MemberAsync("tom"), CancellationToken.None));
        Assert.Equal(("text_blocked", "casino"), (reason.Code, reason.Arguments["word"]));
    }
}
