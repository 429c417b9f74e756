using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MimeKit;
using MiniSora.Web.Account;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Mail;

/// <summary>What became of the mails of the last weeks.</summary>
/// <param name="Unknown">Nobody knows whether they arrived.</param>
/// <param name="Said">The words of the newest failure; null when there was none.</param>
public sealed record MailCounts(int Waiting, int Sent, int GivenUp, int Unknown, int Digests, DateTimeOffset? FailedAt, string? Said);

/// <summary>What a test came to.</summary>
public sealed record MailTested(bool Arrived, string Said, Refusal? Refusal);

/// <summary>For administrators: whether mails go out.</summary>
public sealed class MailDesk
{
    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly MailSender sender;
    private readonly MailWords words;
    private readonly MailOptions options;

    internal MailDesk(IDbContextFactory<MiniSoraDbContext> contexts, MailSender sender, MailWords words, IOptions<MailOptions> options) =>
        (this.contexts, this.sender, this.words, this.options) = (contexts, sender, words, options.Value);

    /// <summary>Null for who may not see it.</summary>
    public async Task<MailCounts?> CountAsync(Viewer viewer, CancellationToken cancellationToken)
    {
        if (!viewer.IsAdministrator)
            return null;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var letters = context.Set<Letter>();
        var states = await letters.GroupBy(letter => letter.State).Select(group => new { State = group.Key, Count = group.Count() }).ToDictionaryAsync(group => group.State, group => group.Count, cancellationToken);
        var failed = await letters.Where(letter => letter.FailedAt != null).OrderByDescending(letter => letter.FailedAt).Select(letter => new { letter.FailedAt, letter.Said }).FirstOrDefaultAsync(cancellationToken);
        return new(
            states.GetValueOrDefault(DeliveryState.Waiting) + states.GetValueOrDefault(DeliveryState.Sending), states.GetValueOrDefault(DeliveryState.Sent), states.GetValueOrDefault(DeliveryState.GivenUp),
            states.GetValueOrDefault(DeliveryState.Unknown), await context.Set<MailChoice>().CountAsync(choice => choice.Rhythm != DigestRhythm.Off, cancellationToken), failed?.FailedAt, failed?.Said);
    }

    /// <summary>Sends a mail that says that it is a test to the administrator who asks, now, and tells what came back.</summary>
    public async Task<MailTested> TestAsync(string language, Viewer viewer, CancellationToken cancellationToken)
    {
        if (!viewer.IsAdministrator)
            return new(false, "", new("not_found"));
        if (!options.IsSetUp)
            return new(false, "", new("mail_none"));
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var member = await context.Users.AsNoTracking().SingleAsync(member => member.Id == viewer.MemberId, cancellationToken);
        if (member.Email is null || !MailboxAddress.TryParse(member.Email, out _))
            return new(false, "", new("mail_no_address"));
        try
        {
            await using var line = await sender.OpenAsync(cancellationToken);
            var answer = await line.SendAsync(words.Test(member.Email, member.DisplayName, language), cancellationToken);
            return new(answer.Outcome == MailOutcome.Taken, answer.Said, null);
        }
        catch (MailTroubleException error)
        {
            return new(false, error.Message, null);
        }
    }
}
