using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using MiniSora.Web.Storage;
using StackExchange.Redis;

namespace MiniSora.Web.Portals;

/// <summary>Several portals behind one name: settings <c>Portals:…</c>, <c>Portal:Address</c> and <c>ConnectionStrings:Redis</c>.</summary>
internal static class PortalsSetup
{
    /// <summary>Registers the line to the other portals. Returns what this one does.</summary>
    public static PortalRole AddPortals(this WebApplicationBuilder builder, DataFolder folder)
    {
        var services = builder.Services;
        services.AddOptions<PortalOptions>().BindConfiguration("Portals").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<PortalAddress>().BindConfiguration("Portal").ValidateDataAnnotations().ValidateOnStart();
        var settings = builder.Configuration.GetSection("Portals").Get<PortalOptions>() ?? new();
        var redis = builder.Configuration.GetConnectionString("Redis") is { Length: > 0 } address ? new Lazy<ConnectionMultiplexer>(() => Connect(address)) : null;
        services.AddSingleton(provider => new PortalLine(
            redis?.Value, settings.Role, settings.Name, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<PortalLine>>()));
        services.AddSingleton<PortalTalk>();
        if (settings.Role == PortalRole.Front)
        {
            services.AddSingleton<LeadMirror>();
            services.AddHostedService(provider => provider.GetRequiredService<LeadMirror>());
        }
        else if (builder.Configuration.GetConnectionString("Portal") is { Length: > 0 } postgres)
        {
            services.AddSingleton(provider => new LeadSeat(postgres, provider.GetRequiredService<ILogger<LeadSeat>>()));
            services.AddHostedService<LeadCardKeeper>();
        }

        // Who signed in at one portal is signed in at all of them.
        var keys = services.AddDataProtection().SetApplicationName("MiniSora");
        if (redis is null)
            keys.PersistKeysToFileSystem(new(folder.Keys));
        else
            keys.PersistKeysToStackExchangeRedis(() => redis.Value.GetDatabase(), $"{settings.Name}:keys");
        return settings.Role;
    }

    private static ConnectionMultiplexer Connect(string address)
    {
        ConfigurationOptions options;
        try
        {
            options = ConfigurationOptions.Parse(address);
        }
        catch (ArgumentException error)
        {
            throw new OptionsValidationException("ConnectionStrings:Redis", typeof(string), [$"ConnectionStrings__Redis cannot be read: {error.Message}"]);
        }

        // A Redis that is away for a while costs late pages, not the portal.
        options.AbortOnConnectFail = false;
        options.ClientName ??= "minisora";
        return ConnectionMultiplexer.Connect(options);
    }
}
