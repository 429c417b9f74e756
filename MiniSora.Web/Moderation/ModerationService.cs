using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Gallery;
using MiniSora.Web.Prose;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Moderation;

/// <summary>What is to be reported, as the form shows it.</summary>
public sealed record ReportTarget(ReportedKind Kind, Guid Id, string Title, string Url, Guid AuthorId);

/// <summary>A report in the queue.</summary>
public sealed record ReportView(
    Guid Id, ReportedKind Kind, string Title, string Url, string AuthorName, string ReporterName, ReportReason Reason, string Text, DateTimeOffset CreatedAt, int AuthorStrikes);

/// <summary>A strike with its appeal.</summary>
public sealed record StrikeView(Guid Id, string MemberName, ReportReason Reason, string TargetTitle, DateTimeOffset At, string? Appeal, bool? AppealGranted, bool Counts);

/// <summary>Reports, decisions, strikes, appeals, and what was done by whom.</summary>
public sealed class ModerationService
{
    /// <summary>Open reports of one member.</summary>
    private const int MostOpen = 20;

    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunWriting writing;
    private readonly GalleryFeed feed;
    private readonly TimeProvider clock;

    internal ModerationService(IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, GalleryFeed feed, TimeProvider clock) =>
        (this.contexts, this.writing, this.feed, this.clock) = (contexts, writing, feed, clock);

    /// <summary>What a report would be about; null when it is not there.</summary>
    public async Task<ReportTarget?> FindAsync(ReportedKind kind, Guid id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await FindAsync(context, kind, id, cancellationToken);
    }

    /// <summary>Files a report. Empty when done, else all reasons against it.</summary>
    public Task<IReadOnlyList<Refusal>> ReportAsync(ReportedKind kind, Guid id, ReportReason reason, string text, Viewer viewer, CancellationToken cancellationToken) =>
        writing.DoAsync<IReadOnlyList<Refusal>>(
            async write =>
            {
                text = text.Trim();
                var reasons = new List<Refusal>();
                if (viewer.MemberId is null)
                    reasons.Add(new("not_signed_in"));
                if (!Enum.IsDefined(reason))
                    reasons.Add(new("report_reason"));
                if (text.Length > Report.MaxText)
                    reasons.Add(new("text_too_long", ("limit", Number(Report.MaxText)), ("length", Number(text.Length))));
                var target = await FindAsync(write.Context, kind, id, cancellationToken);
                if (target is null)
                    reasons.Add(new("not_found"));
                var mine = write.Context.Reports.Where(report => report.ReporterId == viewer.MemberId && report.State == ReportState.Open);
                if (await mine.AnyAsync(report => report.TargetId == id, cancellationToken))
                    reasons.Add(new("reported_already"));
                else if (await mine.CountAsync(cancellationToken) >= MostOpen)
                    reasons.Add(new("too_many_reports", ("limit", Number(MostOpen))));
                if (reasons.Count > 0)
                    return reasons;
                write.Context.Reports.Add(new()
                {
                    Id = Guid.CreateVersion7(write.Now),
                    Kind = kind,
                    TargetId = id,
                    TargetTitle = target!.Title,
                    TargetUrl = target.Url,
                    TargetAuthorId = target.AuthorId,
                    ReporterId = viewer.MemberId!.Value,
                    Reason = reason,
                    Text = text,
                    CreatedAt = write.Now,
                });
                return reasons;
            },
            cancellationToken);

    /// <summary>Open reports, oldest first; nothing for those who do not moderate.</summary>
    public async Task<IReadOnlyList<ReportView>> QueueAsync(Viewer viewer, CancellationToken cancellationToken)
    {
        if (!viewer.IsModerator)
            return [];
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Reports.AsNoTracking().Where(report => report.State == ReportState.Open).OrderBy(report => report.CreatedAt).Take(100)
            .Select(report => new ReportView(
                report.Id, report.Kind, report.TargetTitle, report.TargetUrl,
                context.Users.Where(member => member.Id == report.TargetAuthorId).Select(member => member.DisplayName).FirstOrDefault() ?? "",
                context.Users.Where(member => member.Id == report.ReporterId).Select(member => member.DisplayName).FirstOrDefault() ?? "",
                report.Reason, report.Text, report.CreatedAt,
                context.Strikes.Count(strike => strike.MemberId == report.TargetAuthorId && strike.AppealGranted != true)))
            .ToListAsync(cancellationToken);
    }

    /// <summary>Strikes with an appeal that nobody has answered, oldest first; nothing for those who do not moderate.</summary>
    public async Task<IReadOnlyList<StrikeView>> AppealsAsync(Viewer viewer, CancellationToken cancellationToken) =>
        viewer.IsModerator ? await StrikesAsync(strike => strike.Appeal != null && strike.AppealGranted == null, cancellationToken) : [];

    /// <summary>A member's own strikes, oldest first.</summary>
    public Task<IReadOnlyList<StrikeView>> StrikesOfAsync(Guid memberId, CancellationToken cancellationToken) => StrikesAsync(strike => strike.MemberId == memberId, cancellationToken);

    /// <summary>What was done, newest first; nothing for those who do not moderate.</summary>
    public async Task<IReadOnlyList<AuditEntry>> TrailAsync(Viewer viewer, CancellationToken cancellationToken)
    {
        if (!viewer.IsModerator)
            return [];
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.AuditEntries.AsNoTracking().OrderByDescending(entry => entry.Id).Take(100).ToListAsync(cancellationToken);
    }

    /// <summary>Agrees (out of sight, a strike for the author) or does not. Other open reports of the same thing are decided with it. Null when done.</summary>
    public async Task<Refusal?> DecideAsync(Guid reportId, bool uphold, Viewer viewer, CancellationToken cancellationToken)
    {
        var refusal = await writing.DoAsync(
            async write =>
            {
                var report = viewer.IsModerator ? await write.Context.Reports.SingleOrDefaultAsync(r => r.Id == reportId && r.State == ReportState.Open, cancellationToken) : null;
                if (report is null)
                    return new Refusal("not_found");
                // Nobody judges what they wrote themselves.
                if (report.TargetAuthorId == viewer.MemberId)
                    return new Refusal("own_report");
                foreach (var same in await write.Context.Reports.Where(r => r.TargetId == report.TargetId && r.State == ReportState.Open).ToListAsync(cancellationToken))
                {
                    (same.State, same.DecidedBy, same.DecidedAt) = (uphold ? ReportState.Upheld : ReportState.Dismissed, viewer.MemberId, write.Now);
                    NoticeBoard.Tell(write, same.ReporterId, viewer.MemberId, uphold ? "report_upheld" : "report_dismissed", "", report.TargetTitle, "/me/notices");
                }

                if (uphold)
                {
                    await SightAsync(write, report, isHidden: true, cancellationToken);
                    if (await write.Context.Users.AnyAsync(member => member.Id == report.TargetAuthorId, cancellationToken))
                    {
                        write.Context.Strikes.Add(new() { Id = Guid.CreateVersion7(write.Now), MemberId = report.TargetAuthorId, ReportId = report.Id, Reason = report.Reason, TargetTitle = report.TargetTitle, At = write.Now });
                        NoticeBoard.Tell(write, report.TargetAuthorId, viewer.MemberId, "strike", "", report.TargetTitle, "/me/strikes");
                    }
                }

                await Audit.WriteAsync(write, viewer, uphold ? "report_upheld" : "report_dismissed", report.TargetTitle, report.TargetUrl, cancellationToken);
                return null;
            },
            cancellationToken);
        feed.Forget();
        return refusal;
    }

    /// <summary>A member says what is wrong with a strike of theirs, once. Empty when done.</summary>
    public Task<IReadOnlyList<Refusal>> AppealAsync(Guid strikeId, string text, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync<IReadOnlyList<Refusal>>(
        async write =>
        {
            text = text.Trim();
            var reasons = new List<Refusal>();
            var strike = await write.Context.Strikes.SingleOrDefaultAsync(s => s.Id == strikeId && s.MemberId == viewer.MemberId && s.Appeal == null, cancellationToken);
            if (strike is null)
                reasons.Add(new("not_found"));
            if (text.Length == 0)
                reasons.Add(new("text_empty"));
            if (text.Length > Strike.MaxAppeal)
                reasons.Add(new("text_too_long", ("limit", Number(Strike.MaxAppeal)), ("length", Number(text.Length))));
            if (reasons.Count == 0)
                strike!.Appeal = text;
            return reasons;
        },
        cancellationToken);

    /// <summary>Answers an appeal; granted, the strike no longer counts and what was hidden is shown again. Null when done.</summary>
    public async Task<Refusal?> AnswerAsync(Guid strikeId, bool grant, Viewer viewer, CancellationToken cancellationToken)
    {
        var refusal = await writing.DoAsync(
            async write =>
            {
                var strike = viewer.IsModerator ? await write.Context.Strikes.SingleOrDefaultAsync(s => s.Id == strikeId && s.Appeal != null && s.AppealGranted == null, cancellationToken) : null;
                if (strike is null)
                    return new Refusal("not_found");
                if (strike.MemberId == viewer.MemberId)
                    return new Refusal("own_report");
                strike.AppealGranted = grant;
                if (grant && await write.Context.Reports.SingleOrDefaultAsync(r => r.Id == strike.ReportId, cancellationToken) is { } report)
                    await SightAsync(write, report, isHidden: false, cancellationToken);
                NoticeBoard.Tell(write, strike.MemberId, viewer.MemberId, grant ? "appeal_granted" : "appeal_refused", "", strike.TargetTitle, "/me/strikes");
                await Audit.WriteAsync(write, viewer, grant ? "appeal_granted" : "appeal_refused", strike.TargetTitle, "", cancellationToken);
                return null;
            },
            cancellationToken);
        feed.Forget();
        return refusal;
    }

    private async Task<IReadOnlyList<StrikeView>> StrikesAsync(System.Linq.Expressions.Expression<Func<Strike, bool>> which, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.Strikes.AsNoTracking().Where(which).OrderBy(strike => strike.At)
            .Join(context.Users, strike => strike.MemberId, member => member.Id, (strike, member) => new { strike, member.DisplayName }).ToListAsync(cancellationToken);
        return [.. rows.Select(x => new StrikeView(
            x.strike.Id, x.DisplayName, x.strike.Reason, x.strike.TargetTitle, x.strike.At, x.strike.Appeal, x.strike.AppealGranted, x.strike.Counts(clock.GetUtcNow())))];
    }

    private static async Task<ReportTarget?> FindAsync(MiniSoraDbContext context, ReportedKind kind, Guid id, CancellationToken cancellationToken)
    {
        switch (kind)
        {
            case ReportedKind.Post:
                return await context.Posts.Where(post => post.Id == id && post.HiddenAt == null)
                    .Select(post => new ReportTarget(kind, id, post.Title, "/gallery/" + post.Slug, post.AuthorId)).SingleOrDefaultAsync(cancellationToken);
            case ReportedKind.Comment:
                var comment = await context.Comments.Where(comment => comment.Id == id && comment.HiddenAt == null)
                    .Join(context.Posts, comment => comment.PostId, post => post.Id, (comment, post) => new { comment.Markdown, comment.AuthorId, post.Slug }).SingleOrDefaultAsync(cancellationToken);
                return comment is null ? null : new(kind, id, ProseText.Plain(comment.Markdown, 80), $"/gallery/{comment.Slug}#c-{id:N}", comment.AuthorId);
            case ReportedKind.Note:
                return await context.PaperNotes.Where(note => note.Id == id && note.HiddenAt == null)
                    .Join(context.Papers, note => note.PaperId, paper => paper.Id, (note, paper) => new ReportTarget(kind, id, note.Title, $"/papers/{paper.Slug}#n-{id:N}", note.AuthorId))
                    .SingleOrDefaultAsync(cancellationToken);
            default:
                return null;
        }
    }

    private static async Task SightAsync(RunWrite write, Report report, bool isHidden, CancellationToken cancellationToken)
    {
        DateTimeOffset? at = isHidden ? write.Now : null;
        if (report.Kind == ReportedKind.Post)
        {
            await write.Context.Posts.Where(post => post.Id == report.TargetId).ExecuteUpdateAsync(set => set.SetProperty(post => post.HiddenAt, at), cancellationToken);
        }
        else if (report.Kind == ReportedKind.Note)
        {
            await write.Context.PaperNotes.Where(note => note.Id == report.TargetId).ExecuteUpdateAsync(set => set.SetProperty(note => note.HiddenAt, at), cancellationToken);
        }
        else if (report.Kind == ReportedKind.Comment && await write.Context.Comments.FindAsync([report.TargetId], cancellationToken) is { } comment && comment.HiddenAt is null == isHidden)
        {
            comment.HiddenAt = at;
            await write.Context.Posts.Where(post => post.Id == comment.PostId)
                .ExecuteUpdateAsync(set => set.SetProperty(post => post.Comments, post => post.Comments + (isHidden ? -1 : 1)), cancellationToken);
        }
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
