using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MiniSora.Web.Account;
using MiniSora.Web.Localization;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Mail;

/// <summary>What a member chooses, as typed.</summary>
public sealed record MailDraft(string Rhythm, string Hour, string Zone, string Language, IReadOnlyList<string> Kinds);

/// <summary>A mail as a page shows it.</summary>
public sealed record LetterView(string To, DeliveryState State, DateTimeOffset At, DateTimeOffset? SentAt, DateTimeOffset? FailedAt, string Said);

/// <summary>What a member chose, what became of the mails about it, and whether mails may be sent at all.</summary>
/// <param name="Address">Empty when the account has none.</param>
/// <param name="Confirmation">The newest mail that asks for it; null when there was none.</param>
/// <param name="Digest">The newest digest; null when there was none.</param>
public sealed record MailView(
    string Address, bool IsConfirmed, bool IsDemo, LetterView? Confirmation, LetterView? Digest, DigestRhythm Rhythm, int Hour, string Zone, string Language, IReadOnlyList<string> Kinds, DateTimeOffset? NextAt);

/// <summary>Members' choices about mail. Sending is <see cref="MailCourier"/>'s.</summary>
public sealed class MailService
{
    /// <summary>Confirmations that a member may ask for within a day.</summary>
    public const int MostAsked = 5;

    private static readonly TimeSpan Between = TimeSpan.FromMinutes(1), Day = TimeSpan.FromDays(1);

    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunWriting writing;
    private readonly MailOptions options;

    internal MailService(IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, IOptions<MailOptions> options) =>
        (this.contexts, this.writing, this.options) = (contexts, writing, options.Value);

    /// <summary>Null for visitors.</summary>
    public async Task<MailView?> GetAsync(Viewer viewer, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await context.Users.AsNoTracking().SingleOrDefaultAsync(member => member.Id == viewer.MemberId, cancellationToken) is not { } member)
            return null;
        var choice = await context.Set<MailChoice>().AsNoTracking().SingleOrDefaultAsync(choice => choice.MemberId == member.Id, cancellationToken) ?? Unchosen();
        return new(
            member.Email ?? "", member.EmailConfirmed, member.IsDemo, await NewestAsync(LetterKind.Confirmation), await NewestAsync(LetterKind.Digest),
            choice.Rhythm, choice.Hour, choice.Zone, choice.Language, choice.Kinds.Split(' '), choice.NextAt);

        Task<LetterView?> NewestAsync(LetterKind kind) => context.Set<Letter>().Where(letter => letter.MemberId == member.Id && letter.Kind == kind).OrderByDescending(letter => letter.Id)
            .Select(letter => new LetterView(letter.To, letter.State, letter.At, letter.SentAt, letter.FailedAt, letter.Said)).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Sends the mail that asks whether the address is the member's. Null when it is on its way.</summary>
    public Task<Refusal?> AskAsync(string language, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync<Refusal?>(
        async write => await MemberAsync(write, viewer, cancellationToken) is { } member ? await AskAsync(write, member, language, cancellationToken) : new Refusal("not_found"),
        cancellationToken);

    /// <summary>
    /// Saves a choice. Empty when done, else all reasons against it. Before an address is confirmed nothing is sent to it but the mail that asks for that, which a first choice sends by itself.
    /// </summary>
    public Task<IReadOnlyList<Refusal>> SaveAsync(MailDraft draft, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync<IReadOnlyList<Refusal>>(
        async write =>
        {
            if (await MemberAsync(write, viewer, cancellationToken) is not { } member)
                return [new("not_found")];
            var reasons = new List<Refusal>();
            var kinds = WebhookEvents.OfMember.Where(draft.Kinds.Contains).ToList();
            // Names only: Enum.TryParse would take numbers too.
            var rhythm = Enum.GetValues<DigestRhythm>().Cast<DigestRhythm?>().FirstOrDefault(known => known.ToString() == draft.Rhythm);
            var isHour = int.TryParse(draft.Hour, NumberStyles.None, CultureInfo.InvariantCulture, out var hour) && hour <= 23;
            if (rhythm is null)
                reasons.Add(new("mail_rhythm"));
            if (!isHour)
                reasons.Add(new("mail_hour"));
            if (!DigestTimes.Zones.Any(zone => zone.Id == draft.Zone))
                reasons.Add(new("mail_zone"));
            if (!Cultures.All.Any(culture => culture.Name == draft.Language))
                reasons.Add(new("mail_language"));
            if (kinds.Count == 0)
                reasons.Add(new("mail_kinds"));
            if (rhythm is not DigestRhythm.Off && Unreachable(member) is { } unreachable)
                reasons.Add(unreachable);
            if (rhythm is not { } chosen || reasons.Count > 0)
                return reasons;

            var choice = await write.Context.Set<MailChoice>().FindAsync([member.Id], cancellationToken);
            if (choice is null)
                write.Context.Add(choice = new() { MemberId = member.Id });
            // What came before somebody wants mails was for the bell.
            if (choice.Rhythm == DigestRhythm.Off)
                choice.ToldUntil = write.Now;
            (choice.Rhythm, choice.Hour, choice.Zone, choice.Language, choice.Kinds) = (chosen, hour, draft.Zone, draft.Language, string.Join(' ', kinds));
            choice.NextAt = chosen == DigestRhythm.Off ? null : DigestTimes.Next(chosen, hour, draft.Zone, write.Now);
            // Refused is what was asked for a moment ago: that mail does.
            if (chosen != DigestRhythm.Off && !member.EmailConfirmed)
                await AskAsync(write, member, draft.Language, cancellationToken);
            return reasons;
        },
        cancellationToken);

    /// <summary>Ends a member's digest; whoever holds its link may, as often as they like. Other mails are not touched by it.</summary>
    public Task StopAsync(Guid memberId, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            if (await write.Context.Set<MailChoice>().FindAsync([memberId], cancellationToken) is { } choice)
                (choice.Rhythm, choice.NextAt) = (DigestRhythm.Off, null);
        },
        cancellationToken);

    /// <summary>Whether a member gets a digest.</summary>
    public async Task<bool> IsOnAsync(Guid memberId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Set<MailChoice>().AnyAsync(choice => choice.MemberId == memberId && choice.Rhythm != DigestRhythm.Off, cancellationToken);
    }

    private static MailChoice Unchosen() => new()
    {
        Hour = 8,
        Language = Cultures.IsChinese ? Cultures.Chinese : Cultures.English,
        Kinds = string.Join(' ', WebhookEvents.OfMember),
    };

    private static Task<Member?> MemberAsync(RunWrite write, Viewer viewer, CancellationToken cancellationToken) =>
        write.Context.Users.SingleOrDefaultAsync(member => member.Id == viewer.MemberId, cancellationToken);

    private Refusal? Unreachable(Member member) =>
        !options.IsSetUp ? new("mail_none") : member.IsDemo ? new("mail_demo") : string.IsNullOrEmpty(member.Email) ? new("mail_no_address") : null;

    private async Task<Refusal?> AskAsync(RunWrite write, Member member, string language, CancellationToken cancellationToken)
    {
        if (Unreachable(member) is { } unreachable)
            return unreachable;
        if (member.EmailConfirmed)
            return new("mail_confirmed");
        var since = write.Now - Day;
        var asked = await write.Context.Set<Letter>().Where(letter => letter.MemberId == member.Id && letter.Kind == LetterKind.Confirmation && letter.At > since).Select(letter => letter.At).ToListAsync(cancellationToken);
        if (asked.Any(at => write.Now - at < Between))
            return new("mail_wait");
        if (asked.Count >= MostAsked)
            return new("mail_enough", ("limit", MostAsked.ToString(CultureInfo.InvariantCulture)));
        var id = Guid.CreateVersion7(write.Now);
        write.Context.Set<Letter>().Add(new()
        {
            Id = id,
            MemberId = member.Id,
            Kind = LetterKind.Confirmation,
            Key = $"ask {id:N}",
            To = member.Email!,
            Language = language,
            At = write.Now,
        });
        return null;
    }
}
