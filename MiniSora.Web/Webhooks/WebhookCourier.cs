using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MiniSora.Web.Account;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Portals;
using MiniSora.Web.Roundtables;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Webhooks;

/// <summary>
/// On the lead: sends what the outbox holds, to each webhook one message after another, and never in anybody's transaction. A message is marked as being sent
/// before it is; if the portal dies then, or no answer comes, it is not sent again, for it may have arrived. What was certainly not taken is tried again.
/// </summary>
internal sealed partial class WebhookCourier(
    IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, WebhookSender sender, WebhookSecrets secrets, WebhookWords words, IOptions<PortalAddress> address, TimeProvider clock,
    ILogger<WebhookCourier> logger) : BackgroundService
{
    /// <summary>Tries of one message. What nobody takes shall not stand before all that follows.</summary>
    internal const int MostTries = 3;

    /// <summary>So often before a roundtable it is announced once more.</summary>
    internal static readonly TimeSpan Soon = TimeSpan.FromMinutes(15);

    /// <summary>Pause after each failure in a row. After the last one the webhook is switched off, a day after its first failure.</summary>
    internal static readonly IReadOnlyList<TimeSpan> Pauses =
        [TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1), TimeSpan.FromHours(3), TimeSpan.FromHours(8), TimeSpan.FromHours(12)];

    private const int AtOnce = 5, Hosts = 8;

    // Older news is none, and by then it cannot be announced a second time.
    private static readonly TimeSpan Stale = TimeSpan.FromDays(2), Kept = TimeSpan.FromDays(30);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2), TidyPause = TimeSpan.FromHours(1);

    private readonly HashSet<string> announced = [];
    private DateTimeOffset tidied;

    /// <summary>Sends what is due. Returns how many messages were tried.</summary>
    public async Task<int> DeliverAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (now - tidied > TidyPause)
        {
            await TidyAsync(tidied == default, cancellationToken);
            tidied = now;
        }

        await AnnounceSoonAsync(now, cancellationToken);
        List<Guid> due;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            due = await context.Set<Webhook>()
                .Where(webhook => webhook.OffAt == null && (webhook.NotBefore == null || webhook.NotBefore <= now)
                    && context.Set<WebhookDelivery>().Any(delivery => delivery.WebhookId == webhook.Id && delivery.State == DeliveryState.Waiting))
                .Select(webhook => webhook.Id).ToListAsync(cancellationToken);
        }

        var tried = 0;
        // One that is slow to answer holds this round up, and no longer than its few messages take.
        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = Hosts, CancellationToken = cancellationToken }, async (webhook, stop) =>
        {
            for (var message = 0; message < AtOnce; message++)
            {
                if (await SendNextAsync(webhook, stop) is not { } outcome)
                    break;
                Interlocked.Increment(ref tried);
                if (outcome != WebhookOutcome.Delivered)
                    break;
            }
        });
        return tried;
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
                // The boundary of the service: the outbox keeps what could not be sent now.
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

    private async Task<WebhookOutcome?> SendNextAsync(Guid webhookId, CancellationToken cancellationToken)
    {
        var (webhook, delivery) = await writing.DoAsync(write => TakeAsync(write, webhookId, cancellationToken), cancellationToken);
        if (webhook is null || delivery is null)
            return null;
        var answer = secrets.Open(webhook.SealedUrl) is { } url && secrets.Open(webhook.SealedSecret) is { } secret
            ? await sender.SendAsync(webhook.Kind, url, secret, words.Of(delivery, webhook.Language), address.Value.Or(webhook.Site) + delivery.Url, webhook.Language, cancellationToken)
            : new(WebhookOutcome.Refused, "the keys of this portal are others now: add the webhook again");
        // Dies the portal here, the message stays "being sent" and is not sent again.
        await writing.DoAsync(write => NoteAsync(write, delivery.Id, answer, cancellationToken), cancellationToken);
        return answer.Outcome;
    }

    private static async Task<(Webhook? Webhook, WebhookDelivery? Delivery)> TakeAsync(RunWrite write, Guid webhookId, CancellationToken cancellationToken)
    {
        var webhook = await write.Context.Set<Webhook>().SingleOrDefaultAsync(webhook => webhook.Id == webhookId && webhook.OffAt == null, cancellationToken);
        var delivery = webhook is null
            ? null
            : await write.Context.Set<WebhookDelivery>().Where(delivery => delivery.WebhookId == webhookId && delivery.State == DeliveryState.Waiting)
                .OrderBy(delivery => delivery.At).ThenBy(delivery => delivery.Id).FirstOrDefaultAsync(cancellationToken);
        if (delivery is not null)
            (delivery.State, delivery.Tries) = (DeliveryState.Sending, delivery.Tries + 1);
        return (webhook, delivery);
    }

    private async Task NoteAsync(RunWrite write, Guid deliveryId, WebhookAnswer answer, CancellationToken cancellationToken)
    {
        // Its owner may have removed it meanwhile.
        if (await write.Context.Set<WebhookDelivery>().FindAsync([deliveryId], cancellationToken) is not { } delivery)
            return;
        var webhook = await write.Context.Set<Webhook>().SingleAsync(webhook => webhook.Id == delivery.WebhookId, cancellationToken);
        if (answer.Outcome == WebhookOutcome.Delivered)
        {
            delivery.State = DeliveryState.Sent;
            (webhook.DeliveredAt, webhook.Failures, webhook.NotBefore) = (write.Now, 0, null);
            return;
        }

        (webhook.FailedAt, webhook.LastError) = (write.Now, answer.Said);
        if (answer.Outcome == WebhookOutcome.Limited)
        {
            // Asking for patience is no failure, and costs the message no try.
            (delivery.State, delivery.Tries) = (DeliveryState.Waiting, delivery.Tries - 1);
            webhook.NotBefore = write.Now + TimeSpan.FromSeconds(Math.Clamp(answer.RetryAfter?.TotalSeconds ?? 60, 1, 3600));
            return;
        }

        delivery.State = answer.Outcome == WebhookOutcome.Unknown ? DeliveryState.Unknown : delivery.Tries < MostTries ? DeliveryState.Waiting : DeliveryState.GivenUp;
        LogFailed(webhook.Id, answer.Said);
        if (webhook.Failures++ < Pauses.Count)
        {
            webhook.NotBefore = write.Now + Pauses[webhook.Failures - 1];
            return;
        }

        webhook.OffAt = write.Now;
        await write.Context.Set<WebhookDelivery>().Where(other => other.WebhookId == webhook.Id && other.State == DeliveryState.Waiting)
            .ExecuteUpdateAsync(set => set.SetProperty(other => other.State, DeliveryState.GivenUp), cancellationToken);
        if (delivery.State == DeliveryState.Waiting)
            delivery.State = DeliveryState.GivenUp;
        foreach (var member in webhook.OwnerId is { } owner ? [owner] : await AdministratorsAsync(write.Context, cancellationToken))
            NoticeBoard.Tell(write, member, null, "webhook_off", "", webhook.Shown, webhook.OwnerId is null ? "/admin/webhooks" : "/me/webhooks");
    }

    private static Task<List<Guid>> AdministratorsAsync(MiniSoraDbContext context, CancellationToken cancellationToken) =>
        context.UserRoles.Join(context.Roles.Where(role => role.Name == MemberRoles.Administrator), has => has.RoleId, role => role.Id, (has, _) => has.UserId).ToListAsync(cancellationToken);

    // Nobody does anything when a roundtable is about to begin: the courier looks. The outbox knows what was said before a restart.
    private async Task AnnounceSoonAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var until = now + Soon;
        List<Roundtable> soon;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            soon = await context.Roundtables.AsNoTracking()
                .Where(roundtable => roundtable.State == RoundtableState.Scheduled && roundtable.StartsAt > now && roundtable.StartsAt <= until).ToListAsync(cancellationToken);
        }

        var fresh = soon.Select(roundtable => (Roundtable: roundtable, Key: FormattableString.Invariant($"soon {roundtable.Id:N} {roundtable.StartsAt!.Value.UtcTicks}")))
            .Where(found => !announced.Contains(found.Key)).ToList();
        if (fresh.Count == 0)
            return;
        await writing.DoAsync(
            write =>
            {
                foreach (var (roundtable, key) in fresh)
                    write.Announce(new(null, WebhookEvents.RoundtableSoon, key, "", roundtable.Title, roundtable.TitleZh, "/roundtables/" + roundtable.Slug, roundtable.StartsAt));
                return Task.CompletedTask;
            },
            cancellationToken);
        announced.UnionWith(fresh.Select(found => found.Key));
    }

    private Task TidyAsync(bool first, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            var deliveries = write.Context.Set<WebhookDelivery>();
            // Of a portal that died: nobody knows whether they arrived.
            if (first)
                await deliveries.Where(delivery => delivery.State == DeliveryState.Sending).ExecuteUpdateAsync(set => set.SetProperty(delivery => delivery.State, DeliveryState.Unknown), cancellationToken);
            var (stale, old) = (write.Now - Stale, write.Now - Kept);
            await deliveries.Where(delivery => delivery.State == DeliveryState.Waiting && delivery.At < stale).ExecuteUpdateAsync(set => set.SetProperty(delivery => delivery.State, DeliveryState.GivenUp), cancellationToken);
            await deliveries.Where(delivery => delivery.State != DeliveryState.Sending && delivery.At < old).ExecuteDeleteAsync(cancellationToken);
        },
        cancellationToken);

    [LoggerMessage(LogLevel.Error, "Webhooks could not be served; it is tried again in a minute")]
    private partial void LogStuck(Exception error);

    [LoggerMessage(LogLevel.Warning, "Webhook {WebhookId} did not take a message: {Said}")]
    private partial void LogFailed(Guid webhookId, string said);
}
