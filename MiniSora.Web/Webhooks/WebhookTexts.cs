using System.Globalization;
using Microsoft.Extensions.Localization;
using MiniSora.Web.Account;

namespace MiniSora.Web.Webhooks;

/// <summary>Marks the resource files of the webhooks.</summary>
internal sealed class WebhookTexts;

/// <summary>Makes the sentences of messages, in the webhook's language.</summary>
internal sealed class WebhookWords(IStringLocalizer<WebhookTexts> texts, IStringLocalizer<AccountTexts> notices)
{
    public string Of(WebhookDelivery delivery, string language)
    {
        var before = CultureInfo.CurrentUICulture;
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(language);
        try
        {
            return delivery.Event.StartsWith(WebhookEvents.Notice, StringComparison.Ordinal)
                ? notices["Notice." + delivery.Event[WebhookEvents.Notice.Length..], delivery.Who, delivery.What]
                : texts["Said." + delivery.Event, delivery.Who, delivery.What, delivery.When?.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture) ?? ""];
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }
    }

    /// <summary>What a test says.</summary>
    public string Test(string language) => Of(new() { Event = "test" }, language);
}
