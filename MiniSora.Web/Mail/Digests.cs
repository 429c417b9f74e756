using Microsoft.EntityFrameworkCore;
using MimeKit;
using MiniSora.Web.Account;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Mail;

/// <summary>Makes digests when they are due, and writes them when they are sent.</summary>
internal sealed class Digests(IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, MailWords words, UnsubscribeLinks links)
{
    private const int AtOnce = 100;

    /// <summary>Leaves a mail for everybody whose digest is due and has something to say. A portal that was away makes up for one digest, not for all that it missed.</summary>
    public async Task MakeAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            if (!await context.Set<MailChoice>().AnyAsync(choice => choice.NextAt <= now, cancellationToken))
                return;
        }

        await writing.DoAsync(
            async write =>
            {
                var due = await write.Context.Set<MailChoice>().Where(choice => choice.NextAt <= write.Now)
                    .Join(write.Context.Users, choice => choice.MemberId, member => member.Id, (choice, member) => new { Choice = choice, member.Email, member.EmailConfirmed })
                    .OrderBy(found => found.Choice.NextAt).Take(AtOnce).ToListAsync(cancellationToken);
                foreach (var (choice, email, confirmed) in due.Select(found => (found.Choice, found.Email, found.EmailConfirmed)))
                {
                    var key = DigestTimes.Key(choice.Zone, choice.NextAt!.Value);
                    choice.NextAt = DigestTimes.Next(choice.Rhythm, choice.Hour, choice.Zone, write.Now);
                    if (!confirmed || email is null
                        || await write.Context.Set<Letter>().AnyAsync(letter => letter.MemberId == choice.MemberId && letter.Key == key, cancellationToken)
                        || !await News(write.Context, choice).AnyAsync(cancellationToken))
                        continue;
                    write.Context.Set<Letter>().Add(new()
                    {
                        Id = Guid.CreateVersion7(write.Now),
                        MemberId = choice.MemberId,
                        Kind = LetterKind.Digest,
                        Key = key,
                        To = email,
                        Language = choice.Language,
                        At = write.Now,
                    });
                }
            },
            cancellationToken);
    }

    /// <summary>A digest of what is new now, and the time of the newest that it tells. Null when it is not wanted any more, or nothing is new any more.</summary>
    public async Task<(MimeMessage Message, DateTimeOffset? Until)?> WriteAsync(RunWrite write, Letter letter, Member member, CancellationToken cancellationToken)
    {
        var choice = await write.Context.Set<MailChoice>().SingleOrDefaultAsync(choice => choice.MemberId == member.Id, cancellationToken);
        if (choice is null || choice.Rhythm == DigestRhythm.Off || !member.EmailConfirmed)
            return null;
        var count = await News(write.Context, choice).CountAsync(cancellationToken);
        if (count == 0)
            return null;
        var news = await News(write.Context, choice).OrderByDescending(notice => notice.At).ThenByDescending(notice => notice.Id).Take(MailWords.MostListed).ToListAsync(cancellationToken);
        return (words.Digest(letter, member.DisplayName, choice, news, count, links.Of(member.Id)), news[0].At);
    }

    // Of what came since the last digest. Notices up to the newest one told are told: their times do not run back at one portal.
    private static IQueryable<Notice> News(MiniSoraDbContext context, MailChoice choice) =>
        context.Notices.Where(notice => notice.MemberId == choice.MemberId && notice.ReadAt == null && notice.At > choice.ToldUntil).Among(choice.Kinds.Split(' '));
}
