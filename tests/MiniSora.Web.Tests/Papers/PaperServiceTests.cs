using MiniSora.Web.Account;
using MiniSora.Web.Papers;

namespace MiniSora.Web.Tests.Papers;

public class PaperServiceTests
{
    private static readonly PaperProposal Good = new("A paper", "Somebody", "ICML 2026", "https://example.org/p", "", "It matters", AdmissionRule.Stars, "https://example.org/stars");

    [Fact]
    public async Task A_new_portal_has_the_seed_in_both_languages()
    {
        await using var backend = await Backend.StartAsync();
        var rows = await backend.Get<PaperService>().ListAsync(null, null, CancellationToken.None);
        Assert.Equal(["dit", "latte", "sora", "sora-technical-report", "stable-cascade", "stable-diffusion-3"], rows.Select(row => row.Slug).Order());
        Assert.Equal(["dit", "stable-cascade"], rows.Where(row => row.CallOpen).Select(row => row.Slug).Order());
        Assert.Equal(3, (await backend.Get<PaperService>().GoalsAsync(CancellationToken.None)).Count);
        Assert.All(rows, row => Assert.NotEmpty(row.TitleZh));
        Assert.Equal("latte", Assert.Single(await backend.Get<PaperService>().ListAsync(null, "时间 潜空间", CancellationToken.None), row => row.Slug == "latte").Slug);
    }

    [Fact]
    public async Task A_proposal_is_refused_with_all_reasons_and_seen_by_its_proposer_and_moderators_until_it_is_admitted()
    {
        await using var backend = await Backend.StartAsync();
        var papers = backend.Get<PaperService>();
        var (mei, tom, moderator) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"), await backend.MemberAsync("mod", administrator: true));
        var refused = await papers.ProposeAsync(new("", "", "", "ftp://x", "nonsense", "", null, ""), mei, CancellationToken.None);
        Assert.Equal(["paper_title", "paper_url", "paper_code_url", "paper_rule", "paper_evidence", "paper_why"], refused.Reasons.Select(reason => reason.Code));
        var slug = (await papers.ProposeAsync(Good, mei, CancellationToken.None)).Slug!;
        Assert.Equal("paper_known", Assert.Single((await papers.ProposeAsync(Good, tom, CancellationToken.None)).Reasons).Code);
        Assert.NotNull(await papers.GetAsync(slug, mei, CancellationToken.None));
        Assert.Null(await papers.GetAsync(slug, tom, CancellationToken.None));
        Assert.Null(await papers.GetAsync(slug, Viewer.Visitor, CancellationToken.None));
        Assert.Equal("not_found", (await papers.AdmitAsync(slug, true, mei, CancellationToken.None))?.Code);
        Assert.Null(await papers.AdmitAsync(slug, true, moderator, CancellationToken.None));
        Assert.NotNull(await papers.GetAsync(slug, Viewer.Visitor, CancellationToken.None));
    }

    [Fact]
    public async Task An_open_slot_has_one_presenter_who_may_give_it_back()
    {
        await using var backend = await Backend.StartAsync();
        var papers = backend.Get<PaperService>();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        Assert.Null(await papers.PresentAsync("dit", true, mei, CancellationToken.None));
        Assert.Equal("slot_taken", (await papers.PresentAsync("dit", true, tom, CancellationToken.None))?.Code);
        Assert.Equal("not_found", (await papers.PresentAsync("dit", false, tom, CancellationToken.None))?.Code);
        Assert.Equal("not_found", (await papers.LinkAsync("dit", PaperLinkKind.Run, "A run", "/runs", tom, CancellationToken.None))?.Code);
        Assert.Null(await papers.LinkAsync("dit", PaperLinkKind.Run, "A run", "/runs", mei, CancellationToken.None));
        Assert.Equal("paper_link", (await papers.LinkAsync("dit", PaperLinkKind.Run, "A run", "javascript:x", mei, CancellationToken.None))?.Code);
        Assert.Null(await papers.PresentAsync("dit", false, mei, CancellationToken.None));
        Assert.Null(await papers.PresentAsync("dit", true, tom, CancellationToken.None));
    }

    [Fact]
    public async Task Notes_in_two_languages_find_each_other()
    {
        await using var backend = await Backend.StartAsync();
        var papers = backend.Get<PaperService>();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        Assert.Empty(await papers.WriteNoteAsync("latte", "zh-CN", "四种变体", "交替 $O(FN^2)$", null, mei, CancellationToken.None));
        var chinese = Assert.Single((await papers.GetAsync("latte", tom, CancellationToken.None))!.Notes);
        Assert.Equal("note_pair", Assert.Single(await papers.WriteNoteAsync("latte", "zh-CN", "x", "x", chinese.Id, tom, CancellationToken.None)).Code);
        Assert.Empty(await papers.WriteNoteAsync("latte", "en", "Four variants", "Interleaved", chinese.Id, tom, CancellationToken.None));
        var notes = (await papers.GetAsync("latte", tom, CancellationToken.None))!.Notes;
        Assert.Equal(notes[0].OtherId, notes[1].Id);
        Assert.Equal("note_translated", Assert.Single(await papers.WriteNoteAsync("latte", "en", "Other words", "x", chinese.Id, mei, CancellationToken.None)).Code);
        Assert.Equal("not_found", Assert.Single(await papers.ChangeNoteAsync(chinese.Id, "x", "x", tom, CancellationToken.None)).Code);
        Assert.Equal("not_found", (await papers.RemoveNoteAsync(chinese.Id, tom, CancellationToken.None))?.Code);
        Assert.Contains("latte", (await papers.ListAsync(null, "变体", CancellationToken.None)).Select(row => row.Slug));
    }

    [Fact]
    public async Task A_confirmed_value_that_reaches_the_target_makes_a_paper_reproduced()
    {
        await using var backend = await Backend.StartAsync();
        var papers = backend.Get<PaperService>();
        var (mei, moderator) = (await backend.MemberAsync("mei"), await backend.MemberAsync("mod", administrator: true));
        var run = await backend.SubmitAsync(mei);
        var claim = Assert.Single((await papers.GetAsync("dit", mei, CancellationToken.None))!.Claims).Claim;
        Assert.Equal("not_found", (await papers.ConfirmAsync(claim.Id, 3, run, mei, CancellationToken.None))?.Code);
        Assert.Null(await papers.ConfirmAsync(claim.Id, 4.54, run, moderator, CancellationToken.None));
        Assert.Equal("claim_not_better", (await papers.ConfirmAsync(claim.Id, 5, run, moderator, CancellationToken.None))?.Code);
        var nearer = Assert.Single((await papers.GetAsync("dit", mei, CancellationToken.None))!.Claims).Claim;
        Assert.Equal((1.0, PaperState.Proposed), (Math.Round(nearer.Gap!.Value, 3), (await papers.GetAsync("dit", mei, CancellationToken.None))!.Paper.State));
        Assert.Null(await papers.ConfirmAsync(claim.Id, 2.2, run, moderator, CancellationToken.None));
        Assert.Equal(PaperState.Reproduced, (await papers.GetAsync("dit", mei, CancellationToken.None))!.Paper.State);
    }

    [Fact]
    public void The_library_has_eighteen_sections_and_is_searched_in_both_languages()
    {
        Assert.Equal(18, Library.Sections.Count);
        Assert.Equal(18, Library.Sections.Select(section => section.Id).Distinct().Count());
        Assert.All(Library.Sections.SelectMany(section => section.Entries), entry => Assert.StartsWith("https://", entry.Url, StringComparison.Ordinal));
        Assert.Equal("mamba", Assert.Single(Library.Find("mamba", null)).Section.Id);
        Assert.Contains(Library.Find(null, "长上下文"), found => found.Section.Id == "context");
        Assert.Empty(Library.Find(null, "nothing like this"));
    }
}
