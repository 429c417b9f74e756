using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MiniSora.Web.Portals;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Webhooks;

/// <summary>Chats that are told what happens.</summary>
internal static class WebhooksSetup
{
    /// <summary>Every portal writes into the outbox and sends tests; the lead sends what is in it.</summary>
    public static void AddWebhooks(this IServiceCollection services, PortalRole role)
    {
        // For the sentences of messages, where no page brings it.
        services.AddLocalization();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<WebhookSecrets>();
        services.AddSingleton<WebhookWords>();
        services.AddSingleton(provider => new WebhookService(
            provider.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>(), provider.GetRequiredService<RunWriting>(), provider.GetRequiredService<WebhookSender>(),
            provider.GetRequiredService<WebhookSecrets>(), provider.GetRequiredService<WebhookWords>(), provider.GetRequiredService<IOptions<PortalAddress>>()));
        if (role != PortalRole.Lead)
            return;
        services.AddSingleton<WebhookCourier>();
        services.AddHostedService(provider => provider.GetRequiredService<WebhookCourier>());
    }
}
