using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MiniSora.Web.Account;
using MiniSora.Web.Localization;
using MiniSora.Web.Moderation;
using MiniSora.Web.Portals;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Webhooks;

/// <summary>What somebody wants to add.</summary>
public sealed record WebhookDraft(WebhookKind? Kind, string Url, string Secret, string Language, IReadOnlyList<string> Events);

/// <summary>A webhook as its page shows it; its address cannot be had again.</summary>
public sealed record WebhookView(
    Guid Id, WebhookKind Kind, string Shown, string Language, IReadOnlyList<string> Events, bool IsSigned, DateTimeOffset? DeliveredAt, DateTimeOffset? FailedAt, string LastError, bool IsOff, int Waiting);

/// <summary>What the other side said to a test, or why none was sent.</summary>
public sealed record WebhookTested(bool Arrived, string Said, Refusal? Refusal);

/// <summary>Adds, lists, tests and removes webhooks: a member's own, or those of the community, which are the administrators'.</summary>
public sealed class WebhookService
{
    /// <summary>Webhooks of one member, and of the community.</summary>
    public const int Most = 10;

    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunWriting writing;
    private readonly WebhookSender sender;
    private readonly WebhookSecrets secrets;
    private readonly WebhookWords words;
    private readonly IOptions<PortalAddress> address;

    internal WebhookService(IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, WebhookSender sender, WebhookSecrets secrets, WebhookWords words, IOptions<PortalAddress> address) =>
        (this.contexts, this.writing, this.sender, this.secrets, this.words, this.address) = (contexts, writing, sender, secrets, words, address);

    /// <summary>The oldest first; none for who may not see them.</summary>
    public async Task<IReadOnlyList<WebhookView>> ListAsync(bool community, Viewer viewer, CancellationToken cancellationToken)
    {
        if (!May(community, viewer))
            return [];
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await Of(context, community, viewer).AsNoTracking().OrderBy(webhook => webhook.CreatedAt)
            .Select(webhook => new { Webhook = webhook, Waiting = context.Set<WebhookDelivery>().Count(delivery => delivery.WebhookId == webhook.Id && delivery.State == DeliveryState.Waiting) })
            .ToListAsync(cancellationToken);
        return [.. rows.Select(row => new WebhookView(
            row.Webhook.Id, row.Webhook.Kind, row.Webhook.Shown, row.Webhook.Language, row.Webhook.Events.Split(' '), row.Webhook.SealedSecret.Length > 0, row.Webhook.DeliveredAt, row.Webhook.FailedAt,
            row.Webhook.LastError, row.Webhook.OffAt is not null, row.Waiting))];
    }

    /// <summary>Adds one. Empty when done, else all reasons against it.</summary>
    /// <param name="site">Where the portal is for whoever adds it, e.g. <c>https://minisora.example</c>.</param>
    public Task<IReadOnlyList<Refusal>> AddAsync(bool community, WebhookDraft draft, string site, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync<IReadOnlyList<Refusal>>(
        async write =>
        {
            if (!May(community, viewer))
                return [new("not_found")];
            var reasons = new List<Refusal>();
            var (url, secret) = (draft.Url.Trim(), draft.Secret.Trim());
            var events = (community ? WebhookEvents.OfCommunity : WebhookEvents.OfMember).Where(draft.Events.Contains).ToList();
            if (draft.Kind is not { } kind || !Enum.IsDefined(kind))
                return [new("webhook_kind")];
            if (!sender.MayBe(url))
                reasons.Add(new("webhook_url", ("limit", Webhook.MaxUrl.ToString(CultureInfo.InvariantCulture))));
            if (secret.Length > Webhook.MaxSecret || (secret.Length > 0 && kind != WebhookKind.Feishu))
                reasons.Add(new("webhook_secret", ("limit", Webhook.MaxSecret.ToString(CultureInfo.InvariantCulture))));
            if (!Cultures.All.Any(culture => culture.Name == draft.Language))
                reasons.Add(new("webhook_language"));
            if (events.Count == 0)
                reasons.Add(new("webhook_events"));
            if (await Of(write.Context, community, viewer).CountAsync(cancellationToken) >= Most)
                reasons.Add(new("too_many_webhooks", ("limit", Most.ToString(CultureInfo.InvariantCulture))));
            if (reasons.Count > 0)
                return reasons;
            var shown = $"{new Uri(url).Authority}/…{url[^4..]}";
            write.Context.Set<Webhook>().Add(new()
            {
                Id = Guid.CreateVersion7(write.Now),
                OwnerId = community ? null : viewer.MemberId,
                Kind = kind,
                SealedUrl = secrets.Seal(url),
                SealedSecret = secrets.Seal(secret),
                Shown = shown,
                Language = draft.Language,
                Events = string.Join(' ', events),
                Site = site.TrimEnd('/'),
                CreatedAt = write.Now,
            });
            if (community)
                await Audit.WriteAsync(write, viewer, "webhook_added", shown, "/admin/webhooks", cancellationToken);
            return [];
        },
        cancellationToken);

    /// <summary>Removes one with what it still waits for. Null when done.</summary>
    public Task<Refusal?> RemoveAsync(bool community, Guid id, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            if (await FindAsync(write.Context, community, id, viewer, cancellationToken) is not { } webhook)
                return new Refusal("not_found");
            write.Context.Set<Webhook>().Remove(webhook);
            if (community)
                await Audit.WriteAsync(write, viewer, "webhook_removed", webhook.Shown, "/admin/webhooks", cancellationToken);
            return null;
        },
        cancellationToken);

    /// <summary>Switches one on again that was switched off for its failures. Null when done.</summary>
    public Task<Refusal?> TurnOnAsync(bool community, Guid id, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            if (await FindAsync(write.Context, community, id, viewer, cancellationToken) is not { } webhook)
                return new Refusal("not_found");
            (webhook.OffAt, webhook.Failures, webhook.NotBefore) = (null, 0, null);
            return null;
        },
        cancellationToken);

    /// <summary>Sends a message that says that it is a test, now, and tells what came back.</summary>
    public async Task<WebhookTested> TestAsync(bool community, Guid id, Viewer viewer, CancellationToken cancellationToken)
    {
        Webhook? webhook;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
            webhook = await FindAsync(context, community, id, viewer, cancellationToken);
        if (webhook is null)
            return new(false, "", new("not_found"));
        if (secrets.Open(webhook.SealedUrl) is not { } url || secrets.Open(webhook.SealedSecret) is not { } secret)
            return new(false, "", new("webhook_unreadable"));
        var answer = await sender.SendAsync(webhook.Kind, url, secret, words.Test(webhook.Language), address.Value.Or(webhook.Site) + "/", webhook.Language, cancellationToken);
        return new(answer.Outcome == WebhookOutcome.Delivered, answer.Said, null);
    }

    private static bool May(bool community, Viewer viewer) => community ? viewer.IsAdministrator : viewer.MemberId is not null;

    private static IQueryable<Webhook> Of(MiniSoraDbContext context, bool community, Viewer viewer) =>
        community ? context.Set<Webhook>().Where(webhook => webhook.OwnerId == null) : context.Set<Webhook>().Where(webhook => webhook.OwnerId != null && webhook.OwnerId == viewer.MemberId);

    private static async Task<Webhook?> FindAsync(MiniSoraDbContext context, bool community, Guid id, Viewer viewer, CancellationToken cancellationToken) =>
        May(community, viewer) ? await Of(context, community, viewer).SingleOrDefaultAsync(webhook => webhook.Id == id, cancellationToken) : null;
}
