using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Gallery;
using MiniSora.Web.Localization;
using MiniSora.Web.Moderation;
using MiniSora.Web.Papers;
using MiniSora.Web.Prose;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Roundtables;

/// <summary>A roundtable in a list.</summary>
public sealed record RoundtableRow(
    string Slug, string Title, string TitleZh, RoundtableState State, DateTimeOffset? StartsAt, int Minutes, string PresenterName, string? PresenterHandle, int Votes, bool Voted, string RecordingUrl, bool HasReplay)
{
    public string Shown => Bilingual.Of(Title, TitleZh);
}

/// <summary>Everything the page of a roundtable shows.</summary>
public sealed record RoundtableDetails(RoundtableRow Row, Roundtable Roundtable, string PaperTitle, bool IsPresenter, bool MayManage)
{
    public string Abstract => Bilingual.Of(Roundtable.Abstract, Roundtable.AbstractZh);
}

/// <summary>Proposals, votes, dates of roundtables.</summary>
public sealed class RoundtableService
{
    /// <summary>Proposals of one member that nobody has scheduled.</summary>
    private const int MostProposed = 5;

    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunWriting writing;
    private readonly Standing standing;
    private readonly ArtifactStore store;

    internal RoundtableService(IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, Standing standing, ArtifactStore store) =>
        (this.contexts, this.writing, this.standing, this.store) = (contexts, writing, standing, store);

    /// <summary>All roundtables but cancelled ones: those to come by date, proposals by votes, those held newest first.</summary>
    public async Task<IReadOnlyList<RoundtableRow>> ListAsync(Viewer viewer, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await RowsAsync(context, context.Roundtables.Where(roundtable => roundtable.State != RoundtableState.Cancelled), viewer, cancellationToken);
        return [.. rows.OrderBy(row => row.State switch { RoundtableState.Live => 0, RoundtableState.Scheduled => 1, RoundtableState.Proposed => 2, _ => 3 })
            .ThenBy(row => row.State == RoundtableState.Scheduled ? row.StartsAt : null)
            .ThenByDescending(row => row.State == RoundtableState.Held ? row.StartsAt : null)
            .ThenByDescending(row => row.Votes)];
    }

    /// <summary>The one that goes on or comes next; null when none is scheduled.</summary>
    public async Task<RoundtableRow?> NextAsync(Viewer viewer, CancellationToken cancellationToken) =>
        (await ListAsync(viewer, cancellationToken)).FirstOrDefault(row => row.State is RoundtableState.Live or RoundtableState.Scheduled);

    /// <summary>One roundtable; null when there is none.</summary>
    public async Task<RoundtableDetails?> GetAsync(string slug, Viewer viewer, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var roundtable = await context.Roundtables.AsNoTracking().SingleOrDefaultAsync(roundtable => roundtable.Slug == slug, cancellationToken);
        if (roundtable is null)
            return null;
        var row = (await RowsAsync(context, context.Roundtables.Where(other => other.Id == roundtable.Id), viewer, cancellationToken)).Single();
        var paper = await context.Papers.Where(paper => paper.Slug == roundtable.PaperSlug && paper.Admission == PaperAdmission.Admitted).Select(paper => new { paper.Title, paper.TitleZh }).SingleOrDefaultAsync(cancellationToken);
        var isPresenter = roundtable.PresenterId is not null && roundtable.PresenterId == viewer.MemberId;
        return new(row, roundtable, paper is null ? "" : Bilingual.Of(paper.Title, paper.TitleZh), isPresenter, isPresenter || viewer.IsModerator);
    }

    /// <summary>Proposes a roundtable; the proposer may offer to present it.</summary>
    public Task<PaperResult> ProposeAsync(string title, string about, string paperSlug, bool present, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            (title, about) = (title.Trim(), about.Trim());
            var reasons = await standing.CheckAsync(write, viewer, [title, about], cancellationToken);
            if (title.Length is 0 or > Roundtable.MaxTitle)
                reasons.Add(new("roundtable_title", ("limit", Text(Roundtable.MaxTitle))));
            if (about.Length is 0 or > Roundtable.MaxAbstract)
                reasons.Add(new("roundtable_abstract", ("limit", Text(Roundtable.MaxAbstract))));
            if (paperSlug.Length > 0 && !await write.Context.Papers.AnyAsync(paper => paper.Slug == paperSlug && paper.Admission == PaperAdmission.Admitted, cancellationToken))
                reasons.Add(new("roundtable_paper"));
            if (await write.Context.Roundtables.CountAsync(other => other.ProposedBy == viewer.MemberId && other.State == RoundtableState.Proposed, cancellationToken) >= MostProposed)
                reasons.Add(new("too_many_proposals", ("limit", Text(MostProposed))));
            if (reasons.Count > 0)
                return new PaperResult(null, reasons);
            var zh = Cultures.IsChinese;
            var made = new Roundtable
            {
                Id = Guid.CreateVersion7(write.Now),
                Slug = GalleryService.SlugOf(title, "roundtable"),
                Title = zh ? "" : title,
                TitleZh = zh ? title : "",
                Abstract = zh ? "" : about,
                AbstractZh = zh ? about : "",
                PaperSlug = paperSlug,
                PresenterId = present ? viewer.MemberId : null,
                ProposedBy = viewer.MemberId,
                CreatedAt = write.Now,
            };
            write.Context.Roundtables.Add(made);
            write.Context.RoundtableVotes.Add(new() { RoundtableId = made.Id, MemberId = viewer.MemberId!.Value });
            return new PaperResult(made.Slug, []);
        },
        cancellationToken);

    /// <summary>Sets or takes back one's vote for a proposal. Null when done; doing it twice is harmless.</summary>
    public Task<Refusal?> VoteAsync(string slug, bool on, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            if (viewer.MemberId is not { } member)
                return new Refusal("not_signed_in");
            var roundtable = await write.Context.Roundtables.SingleOrDefaultAsync(roundtable => roundtable.Slug == slug, cancellationToken);
            if (roundtable is null)
                return new Refusal("not_found");
            if (roundtable.State != RoundtableState.Proposed)
                return new Refusal("roundtable_not_proposed");
            var vote = await write.Context.RoundtableVotes.FindAsync([roundtable.Id, member], cancellationToken);
            if (on && vote is null)
                write.Context.RoundtableVotes.Add(new() { RoundtableId = roundtable.Id, MemberId = member });
            else if (!on && vote is not null)
                write.Context.RoundtableVotes.Remove(vote);
            return null;
        },
        cancellationToken);

    /// <summary>Offers to present a proposal that has nobody, or withdraws. Null when done.</summary>
    public Task<Refusal?> PresentAsync(string slug, bool present, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            var reasons = await standing.CheckAsync(write, viewer, [], cancellationToken);
            if (reasons.Count > 0)
                return reasons[0];
            var roundtable = await write.Context.Roundtables.SingleOrDefaultAsync(r => r.Slug == slug && (r.State == RoundtableState.Proposed || r.State == RoundtableState.Scheduled), cancellationToken);
            if (roundtable is null)
                return new Refusal("not_found");
            if (present && roundtable.PresenterId is not null && roundtable.PresenterId != viewer.MemberId)
                return new Refusal("slot_taken");
            if (!present && roundtable.PresenterId != viewer.MemberId)
                return new Refusal("not_found");
            roundtable.PresenterId = present ? viewer.MemberId : null;
            return null;
        },
        cancellationToken);

    /// <summary>A moderator gives it a date (or another), and everybody who voted is told. Null when done.</summary>
    public Task<Refusal?> ScheduleAsync(string slug, DateTimeOffset? startsAt, int minutes, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            var roundtable = viewer.IsModerator ? await write.Context.Roundtables.SingleOrDefaultAsync(r => r.Slug == slug && (r.State == RoundtableState.Proposed || r.State == RoundtableState.Scheduled), cancellationToken) : null;
            if (roundtable is null)
                return new Refusal("not_found");
            if (startsAt is not { } at || at < write.Now || at > write.Now.AddYears(2) || minutes is < 10 or > 480)
                return new Refusal("roundtable_date");
            (roundtable.State, roundtable.StartsAt, roundtable.Minutes) = (RoundtableState.Scheduled, at, minutes);
            var title = Bilingual.Of(roundtable.Title, roundtable.TitleZh);
            var told = await write.Context.RoundtableVotes.Where(vote => vote.RoundtableId == roundtable.Id).Select(vote => vote.MemberId).ToListAsync(cancellationToken);
            if (roundtable.PresenterId is { } presenter)
                told.Add(presenter);
            foreach (var member in told.Distinct())
                NoticeBoard.Tell(write, member, viewer.MemberId, "scheduled", "", title, "/roundtables/" + slug);
            write.Announce(new(
                null, WebhookEvents.RoundtableScheduled, FormattableString.Invariant($"scheduled {roundtable.Id:N} {at.UtcTicks}"), "", roundtable.Title, roundtable.TitleZh, "/roundtables/" + slug, at));
            await Audit.WriteAsync(write, viewer, "roundtable_scheduled", title, "/roundtables/" + slug, cancellationToken);
            return null;
        },
        cancellationToken);

    /// <summary>A moderator calls it off. Null when done.</summary>
    public Task<Refusal?> CancelAsync(string slug, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            var roundtable = viewer.IsModerator ? await write.Context.Roundtables.SingleOrDefaultAsync(r => r.Slug == slug && (r.State == RoundtableState.Proposed || r.State == RoundtableState.Scheduled), cancellationToken) : null;
            if (roundtable is null)
                return new Refusal("not_found");
            roundtable.State = RoundtableState.Cancelled;
            await Audit.WriteAsync(write, viewer, "roundtable_cancelled", Bilingual.Of(roundtable.Title, roundtable.TitleZh), "", cancellationToken);
            return null;
        },
        cancellationToken);

    /// <summary>Presenter or moderator say where to meet, where slides and recording are, and from which checkpoint prompts are sampled. Null when done.</summary>
    public async Task<Refusal?> ArrangeAsync(string slug, string joinUrl, string slidesUrl, string recordingUrl, string checkpoint, Viewer viewer, CancellationToken cancellationToken)
    {
        checkpoint = checkpoint.Trim().ToLowerInvariant();
        // Asked before the transaction: it keeps every other writer waiting.
        var known = checkpoint.Length == 0 || await store.HasAsync(checkpoint, cancellationToken);
        return await writing.DoAsync(
            async write =>
            {
                var roundtable = await write.Context.Roundtables.SingleOrDefaultAsync(r => r.Slug == slug && (viewer.IsModerator || (r.PresenterId != null && r.PresenterId == viewer.MemberId)), cancellationToken);
                if (roundtable is null)
                    return new Refusal("not_found");
                var urls = new[] { joinUrl.Trim(), slidesUrl.Trim(), recordingUrl.Trim() };
                if (urls.Any(url => url.Length > Paper.MaxUrl || (url.Length > 0 && !ProseText.IsHarmless(url))))
                    return new Refusal("roundtable_url");
                if (!known)
                    return new Refusal("roundtable_checkpoint");
                (roundtable.JoinUrl, roundtable.SlidesUrl, roundtable.RecordingUrl, roundtable.StageCheckpoint) = (urls[0], urls[1], urls[2], checkpoint);
                return null;
            },
            cancellationToken);
    }

    private static async Task<List<RoundtableRow>> RowsAsync(MiniSoraDbContext context, IQueryable<Roundtable> roundtables, Viewer viewer, CancellationToken cancellationToken)
    {
        var rows = await roundtables.AsNoTracking().Select(roundtable => new
        {
            Roundtable = roundtable,
            Presenter = context.Users.Where(member => member.Id == roundtable.PresenterId).Select(member => new { member.DisplayName, member.Handle }).FirstOrDefault(),
            Votes = context.RoundtableVotes.Count(vote => vote.RoundtableId == roundtable.Id),
            Voted = context.RoundtableVotes.Any(vote => vote.RoundtableId == roundtable.Id && vote.MemberId == viewer.MemberId),
        }).ToListAsync(cancellationToken);
        return [.. rows.Select(row => new RoundtableRow(
            row.Roundtable.Slug, row.Roundtable.Title, row.Roundtable.TitleZh, row.Roundtable.State, row.Roundtable.StartsAt, row.Roundtable.Minutes,
            row.Presenter?.DisplayName ?? row.Roundtable.PresenterName, row.Presenter?.Handle, row.Votes, row.Voted, row.Roundtable.RecordingUrl, row.Roundtable.BeganAt is not null))];
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
