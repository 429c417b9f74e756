using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Localization;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Webhooks;

/// <summary>Writes down what webhooks are to be told, in the transaction in which it happened. Sending is <see cref="WebhookCourier"/>'s.</summary>
internal static class WebhookOutbox
{
    public static async Task FillAsync(RunWrite write, CancellationToken cancellationToken)
    {
        if (write.Announced.Count == 0)
            return;
        var members = write.Announced.Select(announced => announced.MemberId).Distinct().ToList();
        var community = members.Contains(null);
        var webhooks = await write.Context.Set<Webhook>()
            .Where(webhook => webhook.OffAt == null && (webhook.OwnerId == null ? community : members.Contains(webhook.OwnerId)))
            .ToListAsync(cancellationToken);
        var order = 0;
        foreach (var announced in write.Announced.DistinctBy(announced => (announced.MemberId, announced.Key)))
        {
            // What was switched off in this very transaction is still on in the database.
            foreach (var webhook in webhooks.Where(webhook => webhook.OffAt is null && webhook.OwnerId == announced.MemberId && webhook.Events.Split(' ').Contains(announced.Choice)))
            {
                // One writes at a time: what is not there now will not be there in a moment either.
                if (await write.Context.Set<WebhookDelivery>().AnyAsync(known => known.WebhookId == webhook.Id && known.Key == announced.Key, cancellationToken))
                    continue;
                var chinese = webhook.Language == Cultures.Chinese;
                write.Context.Set<WebhookDelivery>().Add(new()
                {
                    // What happened in one transaction is told in its order.
                    Id = Guid.CreateVersion7(write.Now.AddMilliseconds(order++)),
                    WebhookId = webhook.Id,
                    Key = announced.Key,
                    Event = announced.Event,
                    Who = announced.Who,
                    What = (chinese && announced.WhatZh.Length > 0) || announced.What.Length == 0 ? announced.WhatZh : announced.What,
                    Url = announced.Url,
                    When = announced.When,
                    At = write.Now,
                });
            }
        }
    }
}
