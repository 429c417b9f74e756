using MiniSora.Web.Account.Notices;

namespace MiniSora.Web.Webhooks;

/// <summary>What a webhook may be told of.</summary>
public static class WebhookEvents
{
    public const string Post = "post", RoundtableScheduled = "roundtable_scheduled", RoundtableSoon = "roundtable_soon", RoundtableLive = "roundtable_live";
    public const string Paper = "paper", EntryVerified = "entry_verified";

    /// <summary>How the event of a notice begins; its kind follows.</summary>
    internal const string Notice = "notice:";

    private const string Talk = "talk", Papers = "papers", Account = "account";

    /// <summary>What happens in the community.</summary>
    public static IReadOnlyList<string> OfCommunity { get; } = [Post, RoundtableScheduled, RoundtableSoon, RoundtableLive, Paper, EntryVerified];

    /// <summary>Kinds of a member's own notices: on posts and notes, on papers and roundtables, on reports, strikes and roles.</summary>
    public static IReadOnlyList<string> OfMember { get; } = [Talk, Papers, Account];

    private static readonly string[] OnTalk = ["like", "reproduced", "reproduction", "comment", "note"], OnPapers = ["paper_admitted", "paper_declined", "presenter", "claim", "scheduled"];

    /// <summary>The one of <see cref="OfMember"/> that a kind of notice belongs to.</summary>
    internal static string OfNotice(string kind) => OnTalk.Contains(kind) ? Talk : OnPapers.Contains(kind) ? Papers : Account;

    /// <summary>Those notices that belong to one of these of <see cref="OfMember"/>.</summary>
    internal static IQueryable<Notice> Among(this IQueryable<Notice> notices, IReadOnlyCollection<string> chosen)
    {
        var (talk, papers, account) = (chosen.Contains(Talk), chosen.Contains(Papers), chosen.Contains(Account));
        return notices.Where(notice => OnTalk.Contains(notice.Kind) ? talk : OnPapers.Contains(notice.Kind) ? papers : account);
    }
}

/// <summary>Something that webhooks may be told of.</summary>
/// <param name="MemberId">Whose notice it is; null when it happened in the community.</param>
/// <param name="Event">As in <see cref="WebhookDelivery.Event"/>.</param>
/// <param name="Key">Tells it from everything else, at most 120 characters.</param>
internal sealed record Announcement(Guid? MemberId, string Event, string Key, string Who, string What, string WhatZh, string Url, DateTimeOffset? When = null)
{
    /// <summary>What a webhook must have chosen to be told.</summary>
    public string Choice => Event.StartsWith(WebhookEvents.Notice, StringComparison.Ordinal) ? WebhookEvents.OfNotice(Event[WebhookEvents.Notice.Length..]) : Event;
}
