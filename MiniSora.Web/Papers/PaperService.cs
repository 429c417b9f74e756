using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Gallery;
using MiniSora.Web.Localization;
using MiniSora.Web.Moderation;
using MiniSora.Web.Prose;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Papers;

/// <summary>The reading plan: papers, who presents them, notes, claims.</summary>
public sealed class PaperService
{
    /// <summary>Proposals of one member that wait.</summary>
    private const int MostWaiting = 5;

    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunWriting writing;
    private readonly Standing standing;

    internal PaperService(IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, Standing standing) =>
        (this.contexts, this.writing, this.standing) = (contexts, writing, standing);

    /// <summary>Papers of the plan: scheduled ones by week, then the rest by title. <paramref name="text"/> is looked for in titles, authors and summaries of both languages.</summary>
    public async Task<IReadOnlyList<PaperRow>> ListAsync(PaperState? state, string? text, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var papers = context.Papers.AsNoTracking().Where(paper => paper.Admission == PaperAdmission.Admitted);
        if (state is { } wanted)
            papers = papers.Where(paper => paper.State == wanted);
        foreach (var word in SearchWords.Of(text))
        {
            papers = papers.Where(paper => EF.Functions.Like(paper.Title, word, SearchWords.Escape) || EF.Functions.Like(paper.TitleZh, word, SearchWords.Escape)
                || EF.Functions.Like(paper.Authors, word, SearchWords.Escape) || EF.Functions.Like(paper.Summary, word, SearchWords.Escape)
                || EF.Functions.Like(paper.SummaryZh, word, SearchWords.Escape)
                || context.PaperNotes.Any(note => note.PaperId == paper.Id && note.HiddenAt == null && (EF.Functions.Like(note.Title, word, SearchWords.Escape) || EF.Functions.Like(note.Markdown, word, SearchWords.Escape))));
        }

        return await RowsAsync(context, papers, cancellationToken);
    }

    /// <summary>Proposals that wait for a moderator: all of them for moderators, one's own for members.</summary>
    public async Task<IReadOnlyList<PaperRow>> WaitingAsync(Viewer viewer, CancellationToken cancellationToken)
    {
        if (viewer.MemberId is null)
            return [];
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await RowsAsync(
            context, context.Papers.AsNoTracking().Where(paper => paper.Admission == PaperAdmission.Waiting && (viewer.IsModerator || paper.ProposedBy == viewer.MemberId)), cancellationToken);
    }

    /// <summary>One paper; null when there is none that this person may see.</summary>
    public async Task<PaperDetails?> GetAsync(string slug, Viewer viewer, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var paper = await context.Papers.AsNoTracking().SingleOrDefaultAsync(
            paper => paper.Slug == slug && (paper.Admission == PaperAdmission.Admitted || viewer.IsModerator || (paper.ProposedBy != null && paper.ProposedBy == viewer.MemberId)), cancellationToken);
        if (paper is null)
            return null;
        var presenter = await context.Users.Where(member => member.Id == paper.PresenterId).Select(member => new { member.DisplayName, member.Handle }).SingleOrDefaultAsync(cancellationToken);
        var links = await context.PaperLinks.AsNoTracking().Where(link => link.PaperId == paper.Id).ToListAsync(cancellationToken);
        var notes = await context.PaperNotes.AsNoTracking().Where(note => note.PaperId == paper.Id && note.HiddenAt == null)
            .Join(context.Users, note => note.AuthorId, member => member.Id, (note, member) => new { note, member.DisplayName, member.Handle })
            .OrderBy(x => x.note.UpdatedAt).ToListAsync(cancellationToken);
        var mine = Cultures.IsChinese ? Cultures.Chinese : Cultures.English;
        return new(
            paper, presenter?.DisplayName ?? (paper.PresenterName.Length > 0 ? paper.PresenterName : null), presenter?.Handle,
            paper.PresenterId is not null && paper.PresenterId == viewer.MemberId, viewer.IsModerator || (paper.PresenterId is not null && paper.PresenterId == viewer.MemberId),
            [.. links.OrderBy(link => link.Kind)],
            // Of a pair the note in the reader's language comes first.
            [.. notes.OrderByDescending(x => x.note.Language == mine).Select(x => new NoteView(
                x.note.Id, x.note.Language, x.note.Title, x.note.Markdown, x.note.AuthorId, x.DisplayName, x.Handle, x.note.UpdatedAt, x.note.PairId,
                notes.FirstOrDefault(other => other.note.PairId == x.note.PairId && other.note.Id != x.note.Id)?.note.Id,
                viewer.IsModerator || x.note.AuthorId == viewer.MemberId))],
            await ClaimsAsync(context, paper.Id, cancellationToken));
    }

    /// <summary>The community's goals.</summary>
    public async Task<IReadOnlyList<ClaimView>> GoalsAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await ClaimsAsync(context, null, cancellationToken);
    }

    /// <summary>Proposes a paper under one of the admission rules; a moderator looks at it.</summary>
    public Task<PaperResult> ProposeAsync(PaperProposal proposal, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            var reasons = await standing.CheckAsync(write, viewer, [proposal.Title, proposal.Authors, proposal.Why], cancellationToken);
            if (proposal.Title.Trim().Length is 0 or > Paper.MaxTitle)
                reasons.Add(new("paper_title", ("limit", Text(Paper.MaxTitle))));
            if (!IsWeb(proposal.Url))
                reasons.Add(new("paper_url"));
            if (proposal.CodeUrl.Trim().Length > 0 && !IsWeb(proposal.CodeUrl))
                reasons.Add(new("paper_code_url"));
            if (proposal.Rule is not { } rule || !Enum.IsDefined(rule))
                reasons.Add(new("paper_rule"));
            if (!IsWeb(proposal.Evidence))
                reasons.Add(new("paper_evidence"));
            if (proposal.Why.Trim().Length is 0 or > Paper.MaxSummary)
                reasons.Add(new("paper_why", ("limit", Text(Paper.MaxSummary))));
            if (await write.Context.Papers.AnyAsync(paper => paper.Url == proposal.Url.Trim(), cancellationToken))
                reasons.Add(new("paper_known"));
            if (await write.Context.Papers.CountAsync(paper => paper.ProposedBy == viewer.MemberId && paper.Admission == PaperAdmission.Waiting, cancellationToken) >= MostWaiting)
                reasons.Add(new("too_many_proposals", ("limit", Text(MostWaiting))));
            if (reasons.Count > 0)
                return new PaperResult(null, reasons);
            var zh = Cultures.IsChinese;
            var made = new Paper
            {
                Id = Guid.CreateVersion7(write.Now),
                Slug = GalleryService.SlugOf(proposal.Title, "paper"),
                Title = proposal.Title.Trim(),
                Authors = proposal.Authors.Trim(),
                Venue = proposal.Venue.Trim(),
                Url = proposal.Url.Trim(),
                CodeUrl = proposal.CodeUrl.Trim(),
                Summary = zh ? "" : proposal.Why.Trim(),
                SummaryZh = zh ? proposal.Why.Trim() : "",
                Rule = proposal.Rule,
                Evidence = proposal.Evidence.Trim(),
                Admission = PaperAdmission.Waiting,
                CallOpen = true,
                ProposedBy = viewer.MemberId,
                CreatedAt = write.Now,
            };
            write.Context.Papers.Add(made);
            return new PaperResult(made.Slug, []);
        },
        cancellationToken);

    /// <summary>A moderator lets a proposal in or not. Null when done.</summary>
    public Task<Refusal?> AdmitAsync(string slug, bool admit, Viewer viewer, CancellationToken cancellationToken) => ManageAsync(slug, viewer, onlyModerators: true, async (write, paper) =>
    {
        if (paper.Admission != PaperAdmission.Waiting)
            return new Refusal("not_found");
        paper.Admission = admit ? PaperAdmission.Admitted : PaperAdmission.Declined;
        // Before, its page is for moderators and whoever proposed it.
        if (admit)
            write.Announce(new(null, WebhookEvents.Paper, $"paper {paper.Id:N}", "", paper.Title, paper.TitleZh, "/papers/" + slug));
        if (paper.ProposedBy is { } proposer)
            NoticeBoard.Tell(write, proposer, viewer.MemberId, admit ? "paper_admitted" : "paper_declined", "", paper.Title, "/papers/" + slug);
        await Audit.WriteAsync(write, viewer, admit ? "paper_admitted" : "paper_declined", paper.Title, "/papers/" + slug, cancellationToken);
        return null;
    }, cancellationToken);

    /// <summary>A moderator moves a paper in the plan; <paramref name="week"/> is any day of its week. Null when done.</summary>
    public Task<Refusal?> PlanAsync(string slug, PaperState state, DateOnly? week, Viewer viewer, CancellationToken cancellationToken) => ManageAsync(slug, viewer, onlyModerators: true, async (write, paper) =>
    {
        if (state == PaperState.Scheduled && week is null)
            return new Refusal("paper_week");
        paper.State = state;
        paper.Week = week is { } day ? day.AddDays(-(((int)day.DayOfWeek + 6) % 7)) : null;
        await Audit.WriteAsync(write, viewer, "paper_planned", paper.Title, "/papers/" + slug, cancellationToken);
        return null;
    }, cancellationToken);

    /// <summary>Takes the open slot as presenter, or gives one's own back. Null when done.</summary>
    public Task<Refusal?> PresentAsync(string slug, bool present, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            var reasons = await standing.CheckAsync(write, viewer, [], cancellationToken);
            if (reasons.Count > 0)
                return reasons[0];
            var paper = await write.Context.Papers.SingleOrDefaultAsync(paper => paper.Slug == slug && paper.Admission == PaperAdmission.Admitted, cancellationToken);
            if (paper is null)
                return new Refusal("not_found");
            if (present)
            {
                if (paper.PresenterId == viewer.MemberId)
                    return null;
                if (paper.PresenterId is not null || !paper.CallOpen)
                    return new Refusal("slot_taken");
                (paper.PresenterId, paper.CallOpen) = (viewer.MemberId, false);
                if (paper.ProposedBy is { } proposer)
                    NoticeBoard.Tell(write, proposer, viewer.MemberId, "presenter", await NameAsync(write, viewer, cancellationToken), paper.Title, "/papers/" + slug);
            }
            else
            {
                if (paper.PresenterId != viewer.MemberId)
                    return new Refusal("not_found");
                (paper.PresenterId, paper.CallOpen) = (null, true);
            }

            return null;
        },
        cancellationToken);

    /// <summary>Writes a note; with <paramref name="translates"/>, the same in the other language. An author's note in that place is replaced.</summary>
    public Task<IReadOnlyList<Refusal>> WriteNoteAsync(string slug, string language, string title, string markdown, Guid? translates, Viewer viewer, CancellationToken cancellationToken) =>
        writing.DoAsync<IReadOnlyList<Refusal>>(
            async write =>
            {
                (title, markdown) = (title.Trim(), markdown.Trim());
                var reasons = await standing.CheckTextAsync(write, viewer, markdown, PaperNote.MaxLength, cancellationToken);
                reasons.AddRange((await standing.CheckAsync(write, viewer, [title], cancellationToken)).Where(reason => reasons.All(known => known.Code != reason.Code)));
                if (title.Length is 0 or > PaperNote.MaxTitle)
                    reasons.Add(new("note_title", ("limit", Text(PaperNote.MaxTitle))));
                if (language is not (Cultures.English or Cultures.Chinese))
                    reasons.Add(new("note_language"));
                var paper = await write.Context.Papers.Where(paper => paper.Slug == slug && paper.Admission == PaperAdmission.Admitted).Select(paper => new { paper.Id, paper.PresenterId, paper.Title }).SingleOrDefaultAsync(cancellationToken);
                if (paper is null)
                    reasons.Add(new("not_found"));
                var original = translates is { } id ? await write.Context.PaperNotes.SingleOrDefaultAsync(note => note.Id == id && note.HiddenAt == null, cancellationToken) : null;
                if (translates is not null && (original is null || original.PaperId != paper?.Id || original.Language == language))
                    reasons.Add(new("note_pair"));
                if (reasons.Count > 0)
                    return reasons;
                var pair = original?.PairId ?? Guid.CreateVersion7(write.Now);
                var there = await write.Context.PaperNotes.SingleOrDefaultAsync(note => note.PairId == pair && note.Language == language, cancellationToken);
                if (there is not null && there.AuthorId != viewer.MemberId)
                    return [new Refusal("note_translated")];
                if (there is not null)
                {
                    (there.Title, there.Markdown, there.UpdatedAt) = (title, markdown, write.Now);
                    return reasons;
                }

                write.Context.PaperNotes.Add(new()
                {
                    Id = Guid.CreateVersion7(write.Now),
                    PaperId = paper!.Id,
                    AuthorId = viewer.MemberId!.Value,
                    Language = language,
                    Title = title,
                    Markdown = markdown,
                    PairId = pair,
                    UpdatedAt = write.Now,
                });
                if (paper.PresenterId is { } presenter)
                    NoticeBoard.Tell(write, presenter, viewer.MemberId, "note", await NameAsync(write, viewer, cancellationToken), paper.Title, $"/papers/{slug}#notes");
                return reasons;
            },
            cancellationToken);

    /// <summary>Changes one's own note. Empty when done.</summary>
    public Task<IReadOnlyList<Refusal>> ChangeNoteAsync(Guid noteId, string title, string markdown, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync<IReadOnlyList<Refusal>>(
        async write =>
        {
            (title, markdown) = (title.Trim(), markdown.Trim());
            var reasons = await standing.CheckTextAsync(write, viewer, markdown, PaperNote.MaxLength, cancellationToken);
            if (title.Length is 0 or > PaperNote.MaxTitle)
                reasons.Add(new("note_title", ("limit", Text(PaperNote.MaxTitle))));
            var note = await write.Context.PaperNotes.SingleOrDefaultAsync(note => note.Id == noteId && note.AuthorId == viewer.MemberId, cancellationToken);
            if (note is null)
                reasons.Add(new("not_found"));
            if (note is not null && reasons.Count == 0)
                (note.Title, note.Markdown, note.UpdatedAt) = (title, markdown, write.Now);
            return reasons;
        },
        cancellationToken);

    /// <summary>Removes a note; its author and moderators may. Null when done.</summary>
    public Task<Refusal?> RemoveNoteAsync(Guid noteId, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            var note = await write.Context.PaperNotes.SingleOrDefaultAsync(note => note.Id == noteId && (viewer.IsModerator || note.AuthorId == viewer.MemberId), cancellationToken);
            if (note is null)
                return new Refusal("not_found");
            write.Context.PaperNotes.Remove(note);
            if (note.AuthorId != viewer.MemberId)
                await Audit.WriteAsync(write, viewer, "note_removed", note.Title, "", cancellationToken);
            return null;
        },
        cancellationToken);

    /// <summary>Adds a link to a recipe, run, talk or file; presenter and moderators may. Null when done.</summary>
    public Task<Refusal?> LinkAsync(string slug, PaperLinkKind kind, string label, string url, Viewer viewer, CancellationToken cancellationToken) => ManageAsync(slug, viewer, onlyModerators: false, (write, paper) =>
    {
        (label, url) = (label.Trim(), url.Trim());
        if (!ProseText.IsHarmless(url) || url.Length > Paper.MaxUrl || label.Length is 0 or > Paper.MaxTitle || !Enum.IsDefined(kind))
            return Task.FromResult<Refusal?>(new("paper_link"));
        write.Context.PaperLinks.Add(new() { Id = Guid.CreateVersion7(write.Now), PaperId = paper.Id, Kind = kind, Label = label, Url = url });
        return Task.FromResult<Refusal?>(null);
    }, cancellationToken);

    /// <summary>Takes a claim that has no owner, or gives one's own back. Null when done.</summary>
    public Task<Refusal?> OwnClaimAsync(Guid claimId, bool own, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            if (viewer.MemberId is null)
                return new Refusal("not_signed_in");
            var claim = await write.Context.PaperClaims.SingleOrDefaultAsync(claim => claim.Id == claimId, cancellationToken);
            if (claim is null)
                return new Refusal("not_found");
            if (claim.OwnerId is { } owner && owner != viewer.MemberId)
                return new Refusal("claim_taken");
            claim.OwnerId = own ? viewer.MemberId : null;
            return null;
        },
        cancellationToken);

    /// <summary>The owner of a claim says what comes next and what it costs. Null when done.</summary>
    public Task<Refusal?> NextStepAsync(Guid claimId, string nextStep, string cost, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            var claim = await write.Context.PaperClaims.SingleOrDefaultAsync(claim => claim.Id == claimId && (viewer.IsModerator || (claim.OwnerId != null && claim.OwnerId == viewer.MemberId)), cancellationToken);
            if (claim is null)
                return new Refusal("not_found");
            if (nextStep.Length > 400 || cost.Length > 120)
                return new Refusal("claim_words");
            // In the language it was written in; the other stays as it is until somebody writes it.
            if (Cultures.IsChinese)
                (claim.CostZh, claim.NextStepZh) = (cost.Trim(), nextStep.Trim());
            else
                (claim.Cost, claim.NextStep) = (cost.Trim(), nextStep.Trim());
            return null;
        },
        cancellationToken);

    /// <summary>A moderator confirms a value that a run reached; it counts when it is better. A reached target makes the paper reproduced. Null when done.</summary>
    public Task<Refusal?> ConfirmAsync(Guid claimId, double value, Guid runId, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            var claim = viewer.IsModerator ? await write.Context.PaperClaims.SingleOrDefaultAsync(claim => claim.Id == claimId, cancellationToken) : null;
            if (claim is null || !await write.Context.Runs.AnyAsync(run => run.Id == runId, cancellationToken))
                return new Refusal("not_found");
            if (!double.IsFinite(value))
                return new Refusal("claim_value");
            if (claim.Best is { } best && (claim.LowerIsBetter ? value >= best : value <= best))
                return new Refusal("claim_not_better");
            (claim.Best, claim.BestRunId) = (value, runId);
            if (claim.IsReached && claim.PaperId is { } paperId && await write.Context.Papers.FindAsync([paperId], cancellationToken) is { } paper)
                paper.State = PaperState.Reproduced;
            if (claim.OwnerId is { } owner)
                NoticeBoard.Tell(write, owner, viewer.MemberId, "claim", "", claim.Text, "/papers/plan");
            await Audit.WriteAsync(write, viewer, "claim_confirmed", claim.Text, $"/runs/{runId}", cancellationToken);
            return null;
        },
        cancellationToken);

    /// <summary>Note of one's own to be changed; null when there is none.</summary>
    public async Task<NoteView?> OwnNoteAsync(Guid noteId, Viewer viewer, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var note = await context.PaperNotes.AsNoTracking().SingleOrDefaultAsync(note => note.Id == noteId && note.AuthorId == viewer.MemberId, cancellationToken);
        return note is null ? null : new(note.Id, note.Language, note.Title, note.Markdown, note.AuthorId, "", "", note.UpdatedAt, note.PairId, null, true);
    }

    private Task<Refusal?> ManageAsync(string slug, Viewer viewer, bool onlyModerators, Func<RunWrite, Paper, Task<Refusal?>> act, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            var paper = await write.Context.Papers.SingleOrDefaultAsync(
                paper => paper.Slug == slug && (viewer.IsModerator || (!onlyModerators && paper.PresenterId != null && paper.PresenterId == viewer.MemberId)), cancellationToken);
            return paper is null ? new Refusal("not_found") : await act(write, paper);
        },
        cancellationToken);

    private static async Task<IReadOnlyList<PaperRow>> RowsAsync(MiniSoraDbContext context, IQueryable<Paper> papers, CancellationToken cancellationToken)
    {
        var rows = await papers.Select(paper => new
        {
            Paper = paper,
            Presenter = context.Users.Where(member => member.Id == paper.PresenterId).Select(member => new { member.DisplayName, member.Handle }).FirstOrDefault(),
            Notes = context.PaperNotes.Count(note => note.PaperId == paper.Id && note.HiddenAt == null),
            Claims = context.PaperClaims.Where(claim => claim.PaperId == paper.Id).ToList(),
        }).ToListAsync(cancellationToken);
        return [.. rows.OrderBy(row => row.Paper.Week is null).ThenBy(row => row.Paper.Week).ThenBy(row => row.Paper.Title, StringComparer.OrdinalIgnoreCase).Select(row => new PaperRow(
            row.Paper.Slug, row.Paper.Title, row.Paper.TitleZh, row.Paper.Authors, row.Paper.Venue, row.Paper.State, row.Paper.Admission, row.Paper.Week, row.Paper.CallOpen,
            row.Presenter?.DisplayName ?? row.Paper.PresenterName, row.Presenter?.Handle, row.Paper.Tags, row.Notes, row.Claims.Count, row.Claims.Count(claim => claim.IsReached)))];
    }

    private static async Task<IReadOnlyList<ClaimView>> ClaimsAsync(MiniSoraDbContext context, Guid? paperId, CancellationToken cancellationToken)
    {
        var claims = await context.PaperClaims.AsNoTracking().Where(claim => claim.PaperId == paperId)
            .Select(claim => new { claim, Owner = context.Users.Where(member => member.Id == claim.OwnerId).Select(member => new { member.DisplayName, member.Handle }).FirstOrDefault() })
            .ToListAsync(cancellationToken);
        return [.. claims.OrderBy(x => x.claim.Order).Select(x => new ClaimView(x.claim, x.Owner?.DisplayName, x.Owner?.Handle))];
    }

    private static bool IsWeb(string url) => url.Trim() is { Length: <= Paper.MaxUrl } text && Uri.TryCreate(text, UriKind.Absolute, out var parsed) && (parsed.Scheme == Uri.UriSchemeHttps || parsed.Scheme == Uri.UriSchemeHttp);

    private static Task<string> NameAsync(RunWrite write, Viewer viewer, CancellationToken cancellationToken) =>
        write.Context.Users.Where(member => member.Id == viewer.MemberId).Select(member => member.DisplayName).SingleAsync(cancellationToken);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
