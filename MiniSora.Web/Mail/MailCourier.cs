using Microsoft.EntityFrameworkCore;
using MimeKit;
using MiniSora.Web.Account;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Mail;

/// <summary>
/// On the lead: makes the digests that are due and sends what waits, one mail after another, and never in anybody's transaction. A mail is marked as being sent
/// before it is; if the portal dies then, or no answer comes, it is not sent again, for it may have arrived. What was certainly not taken is tried again.
/// A digest that nobody surely has counts for nothing: what is still unread stands in the next one.
/// </summary>
internal sealed partial class MailCourier(
    IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, MailSender sender, MailWords words, Digests digests, ConfirmationLinks confirmations, PasswordResets resets, TimeProvider clock,
    ILogger<MailCourier> logger) : BackgroundService
{
    /// <summary>Pause after each time that a mail was not taken for now. After the last one it is given up.</summary>
    internal static readonly IReadOnlyList<TimeSpan> Pauses = [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(6)];

    /// <summary>Pause after each time in a row that the server could not be used at all; the last one goes on.</summary>
    internal static readonly IReadOnlyList<TimeSpan> Troubles = [TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10)];

    /// <summary>What waited for so long is given up: by then there is another digest, and the links in other mails have aged.</summary>
    internal static readonly TimeSpan Stale = TimeSpan.FromDays(1);

    private const int AtOnce = 100;

    private static readonly TimeSpan Kept = TimeSpan.FromDays(60), Pause = TimeSpan.FromSeconds(2), TidyPause = TimeSpan.FromHours(1);

    private DateTimeOffset tidied, notBefore;
    private int troubles;

    /// <summary>Makes and sends what is due. Returns how many mails were tried.</summary>
    public async Task<int> DeliverAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (now - tidied > TidyPause)
        {
            await TidyAsync(tidied == default, cancellationToken);
            tidied = now;
        }

        await digests.MakeAsync(now, cancellationToken);
        List<Guid> due;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            due = now < notBefore ? [] : await context.Set<Letter>().Where(letter => letter.State == DeliveryState.Waiting && (letter.NotBefore == null || letter.NotBefore <= now))
                // What failed stands behind all that did not: a mail that nobody can send shall hold up none.
                .OrderBy(letter => letter.FailedAt != null).ThenBy(letter => letter.FailedAt).ThenBy(letter => letter.Id).Select(letter => letter.Id).Take(AtOnce).ToListAsync(cancellationToken);
        }

        return due.Count == 0 ? 0 : await SendAsync(due, cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = Pause;
            try
            {
                await DeliverAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // The boundary of the service: what waits is kept.
                LogStuck(error);
                pause = TimeSpan.FromMinutes(1);
            }

            try
            {
                await Task.Delay(pause, clock, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<int> SendAsync(List<Guid> due, CancellationToken cancellationToken)
    {
        MailLine line;
        try
        {
            line = await sender.OpenAsync(cancellationToken);
        }
        catch (MailTroubleException error)
        {
            await HoldAsync(due[0], error.Message, cancellationToken);
            return 1;
        }

        var tried = 0;
        await using (line)
        {
            foreach (var id in due)
            {
                if (!line.IsOpen)
                    break;
                if (await writing.DoAsync(write => TakeAsync(write, id, cancellationToken), cancellationToken) is not { } mail)
                    continue;
                tried++;
                var answer = await line.SendAsync(mail.Message, cancellationToken);
                if (answer.Outcome == MailOutcome.Trouble)
                {
                    await HoldAsync(id, answer.Said, cancellationToken);
                    return tried;
                }

                // Dies the portal here, the mail stays "being sent" and is not sent again.
                await writing.DoAsync(write => NoteAsync(write, id, mail.Until, answer, cancellationToken), cancellationToken);
            }
        }

        troubles = 0;
        return tried;
    }

    // Marks a mail as being sent and writes it. Null when it is not wanted any more.
    private async Task<(MimeMessage Message, DateTimeOffset? Until)?> TakeAsync(RunWrite write, Guid id, CancellationToken cancellationToken)
    {
        var found = await write.Context.Set<Letter>().Where(letter => letter.Id == id && letter.State == DeliveryState.Waiting)
            .Join(write.Context.Users, letter => letter.MemberId, member => member.Id, (letter, member) => new { Letter = letter, Member = member }).SingleOrDefaultAsync(cancellationToken);
        if (found is null)
            return null;
        var (letter, member) = (found.Letter, found.Member);
        var written = letter.To != member.Email || !MailboxAddress.TryParse(letter.To, out _) ? null : letter.Kind switch
        {
            LetterKind.Confirmation => member.EmailConfirmed ? null : (words.Confirmation(letter, member.DisplayName, await confirmations.ForAsync(member.Id)), null),
            LetterKind.Reset => (words.Reset(letter, member.DisplayName, await resets.ForAsync(member.Id)), null),
            LetterKind.Digest => await digests.WriteAsync(write, letter, member, cancellationToken),
            _ => throw new InvalidOperationException($"Unknown kind of letter {letter.Kind}."),
        };
        if (written is null)
            write.Context.Remove(letter);
        else
            (letter.State, letter.Tries) = (DeliveryState.Sending, letter.Tries + 1);
        return written;
    }

    private async Task NoteAsync(RunWrite write, Guid id, DateTimeOffset? until, MailAnswer answer, CancellationToken cancellationToken)
    {
        // The account may be gone meanwhile.
        if (await write.Context.Set<Letter>().FindAsync([id], cancellationToken) is not { } letter)
            return;
        var choice = until is null ? null : await write.Context.Set<MailChoice>().SingleOrDefaultAsync(choice => choice.MemberId == letter.MemberId, cancellationToken);
        if (answer.Outcome == MailOutcome.Taken)
        {
            (letter.State, letter.SentAt) = (DeliveryState.Sent, write.Now);
            if (choice is not null)
                choice.ToldUntil = until!.Value;
            return;
        }

        LogFailed(letter.Id, answer.Said);
        (letter.FailedAt, letter.Said) = (write.Now, answer.Said);
        (letter.State, letter.NotBefore) = answer.Outcome switch
        {
            MailOutcome.Unknown => (DeliveryState.Unknown, null),
            MailOutcome.Later when letter.Tries <= Pauses.Count => (DeliveryState.Waiting, write.Now + Pauses[letter.Tries - 1]),
            _ => (DeliveryState.GivenUp, (DateTimeOffset?)null),
        };
        if (answer.Outcome == MailOutcome.NoRecipient && choice is not null)
        {
            (choice.Rhythm, choice.NextAt) = (DigestRhythm.Off, null);
            NoticeBoard.Tell(write, letter.MemberId, null, "mail_off", "", answer.Said, "/me/mail");
        }
    }

    // Nothing was sent: it costs the mail no try, and all wait.
    private async Task HoldAsync(Guid id, string said, CancellationToken cancellationToken)
    {
        LogTrouble(said);
        await writing.DoAsync(
            async write =>
            {
                if (await write.Context.Set<Letter>().FindAsync([id], cancellationToken) is not { } letter)
                    return;
                if (letter.State == DeliveryState.Sending)
                    (letter.State, letter.Tries) = (DeliveryState.Waiting, letter.Tries - 1);
                (letter.FailedAt, letter.Said) = (write.Now, said);
            },
            cancellationToken);
        notBefore = clock.GetUtcNow() + Troubles[Math.Min(troubles++, Troubles.Count - 1)];
    }

    private Task TidyAsync(bool first, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            var letters = write.Context.Set<Letter>();
            // Of a portal that died: nobody knows whether they arrived.
            if (first)
                await letters.Where(letter => letter.State == DeliveryState.Sending).ExecuteUpdateAsync(set => set.SetProperty(letter => letter.State, DeliveryState.Unknown), cancellationToken);
            var (stale, old) = (write.Now - Stale, write.Now - Kept);
            await letters.Where(letter => letter.State == DeliveryState.Waiting && letter.At < stale).ExecuteUpdateAsync(set => set.SetProperty(letter => letter.State, DeliveryState.GivenUp), cancellationToken);
            await letters.Where(letter => letter.State != DeliveryState.Sending && letter.At < old).ExecuteDeleteAsync(cancellationToken);
        },
        cancellationToken);

    [LoggerMessage(LogLevel.Error, "Mails could not be served; it is tried again in a minute")]
    private partial void LogStuck(Exception error);

    [LoggerMessage(LogLevel.Warning, "The mail server cannot be used: {Said}")]
    private partial void LogTrouble(string said);

    [LoggerMessage(LogLevel.Warning, "Mail {LetterId} was not taken: {Said}")]
    private partial void LogFailed(Guid letterId, string said);
}
