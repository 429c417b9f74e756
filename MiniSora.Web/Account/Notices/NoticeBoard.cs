using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Account.Notices;

/// <summary>A notice as its page shows it.</summary>
public sealed record NoticeView(Guid Id, DateTimeOffset At, string Kind, string Who, string What, string Url, bool IsRead);

/// <summary>Tells members things and lets them read it.</summary>
public sealed class NoticeBoard
{
    /// <summary>Older ones are forgotten.</summary>
    private const int Kept = 200;

    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunWriting writing;

    internal NoticeBoard(IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing) => (this.contexts, this.writing) = (contexts, writing);

    /// <summary>Tells a member with the transaction that did it; never somebody about what they did themselves.</summary>
    internal static void Tell(RunWrite write, Guid memberId, Guid? doer, string kind, string who, string what, string url)
    {
        if (memberId == doer)
            return;
        var id = Guid.CreateVersion7(write.Now);
        write.Announce(new(memberId, WebhookEvents.Notice + kind, id.ToString("N"), who, what, "", url));
        write.Context.Notices.Add(new() { Id = id, MemberId = memberId, At = write.Now, Kind = kind, Who = who, What = what, Url = url });
    }

    public async Task<int> UnreadAsync(Guid memberId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Notices.CountAsync(notice => notice.MemberId == memberId && notice.ReadAt == null, cancellationToken);
    }

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<NoticeView>> ListAsync(Guid memberId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Notices.AsNoTracking().Where(notice => notice.MemberId == memberId).OrderByDescending(notice => notice.At).Take(Kept)
            .Select(notice => new NoticeView(notice.Id, notice.At, notice.Kind, notice.Who, notice.What, notice.Url, notice.ReadAt != null))
            .ToListAsync(cancellationToken);
    }

    /// <summary>Marks all as read and forgets the oldest.</summary>
    public Task ReadAllAsync(Guid memberId, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            var mine = write.Context.Notices.Where(notice => notice.MemberId == memberId);
            await mine.Where(notice => notice.ReadAt == null).ExecuteUpdateAsync(set => set.SetProperty(notice => notice.ReadAt, write.Now), cancellationToken);
            if (await mine.OrderByDescending(notice => notice.At).Skip(Kept).Select(notice => (DateTimeOffset?)notice.At).FirstOrDefaultAsync(cancellationToken) is { } limit)
                await mine.Where(notice => notice.At <= limit).ExecuteDeleteAsync(cancellationToken);
        },
        cancellationToken);
}
