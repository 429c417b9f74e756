using MiniSora.Web.Account;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Roundtables;

namespace MiniSora.Web.Tests.Roundtables;

public class RoundtableServiceTests
{
    [Fact]
    public async Task A_proposal_is_voted_for_scheduled_by_a_moderator_and_its_voters_are_told()
    {
        await using var backend = await Backend.StartAsync();
        var service = backend.Get<RoundtableService>();
        var (mei, tom, moderator) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"), await backend.MemberAsync("mod", administrator: true));
        Assert.Equal(["roundtable_title", "roundtable_abstract", "roundtable_paper"], (await service.ProposeAsync("", "", "no-such-paper", false, mei, CancellationToken.None)).Reasons.Select(reason => reason.Code));
        var slug = (await service.ProposeAsync("SD3 读书会", "MM-DiT", "stable-diffusion-3", false, mei, CancellationToken.None)).Slug!;
        Assert.Null(await service.VoteAsync(slug, true, tom, CancellationToken.None));
        Assert.Null(await service.VoteAsync(slug, true, tom, CancellationToken.None));
        Assert.Equal(2, (await service.GetAsync(slug, tom, CancellationToken.None))!.Row.Votes);
        var at = backend.Clock.GetUtcNow().AddDays(3);
        Assert.Equal("not_found", (await service.ScheduleAsync(slug, at, 60, mei, CancellationToken.None))?.Code);
        Assert.Equal("roundtable_date", (await service.ScheduleAsync(slug, at.AddDays(-9), 60, moderator, CancellationToken.None))?.Code);
        Assert.Null(await service.ScheduleAsync(slug, at, 60, moderator, CancellationToken.None));
        Assert.Equal("scheduled", Assert.Single(await backend.Get<NoticeBoard>().ListAsync(tom.MemberId!.Value, CancellationToken.None)).Kind);
        Assert.Equal("roundtable_not_proposed", (await service.VoteAsync(slug, false, tom, CancellationToken.None))?.Code);
        Assert.Equal(slug, (await service.NextAsync(tom, CancellationToken.None))!.Slug);
        Assert.Equal("not_found", (await service.ArrangeAsync(slug, "https://meet.example", "", "", "", tom, CancellationToken.None))?.Code);
        Assert.Equal("roundtable_url", (await service.ArrangeAsync(slug, "javascript:x", "", "", "", moderator, CancellationToken.None))?.Code);
    }

    [Fact]
    public async Task The_two_roundtables_held_before_are_there()
    {
        await using var backend = await Backend.StartAsync();
        var held = (await backend.Get<RoundtableService>().ListAsync(Viewer.Visitor, CancellationToken.None)).Where(row => row.State == RoundtableState.Held);
        Assert.Equal(["stable-diffusion-3-mm-dit", "night-talk-video-diffusion"], held.Select(row => row.Slug));
    }

    [Fact]
    public async Task The_calendar_is_folded_escaped_and_in_utc()
    {
        await using var backend = await Backend.StartAsync();
        var details = await backend.Get<RoundtableService>().GetAsync("stable-diffusion-3-mm-dit", Viewer.Visitor, CancellationToken.None);
        var lines = Calendar.Of([details!], "https://example.org", backend.Clock.GetUtcNow()).Split("\r\n");
        Assert.Contains("DTSTART:20240312T120000Z", lines);
        Assert.Contains("DTEND:20240312T130000Z", lines);
        Assert.Contains("URL:https://example.org/roundtables/stable-diffusion-3-mm-dit", lines);
        Assert.All(lines, line => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(line), 0, 75));
        Assert.Contains("objective\\, which", string.Concat(lines).Replace("\r\n ", "", StringComparison.Ordinal).Replace("  ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
