using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using MiniSora.Web.Portals;

namespace MiniSora.Web.Account.External;

/// <summary>Sign-in with accounts of OpenID Connect providers: settings <c>Oidc:…</c>.</summary>
internal static partial class OidcSetup
{
    /// <summary>Where the provider sends people back to is below it: <c>/account/oidc/ID</c>.</summary>
    private const string CallbackPath = "/account/oidc/";

    // Time to find the password of the provider, and to think of a name.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    public static void AddExternalSignIn(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        var providers = builder.Configuration.GetSection("Oidc").Get<Dictionary<string, OidcProvider>>() ?? [];
        services.AddOptions<OidcOptions>().Configure(options => options.Providers = providers).ValidateDataAnnotations().ValidateOnStart();
        services.AddScoped<ExternalAccounts>();
        services.AddSingleton<RecentSignIn>();
        services.ConfigureApplicationCookie(options => options.Events.OnSigningIn = context =>
        {
            context.HttpContext.RequestServices.GetRequiredService<RecentSignIn>().Note(context.Properties);
            return Task.CompletedTask;
        });
        services.ConfigureExternalCookie(options => options.ExpireTimeSpan = Patience);
        // What is wrong stops the portal when it starts, with all reasons; here it would with the first.
        foreach (var (id, provider) in providers.Where(provider => !OidcOptions.Problems(provider.Key, provider.Value).Any()))
            services.AddAuthentication().AddOpenIdConnect(SchemeOf(id), provider.Name, options => Configure(options, id, provider));
    }

    public static string SchemeOf(string id) => "oidc-" + id;

    private static void Configure(OpenIdConnectOptions options, string id, OidcProvider provider)
    {
        options.SignInScheme = IdentityConstants.ExternalScheme;
        options.Authority = provider.Authority;
        options.RequireHttpsMetadata = provider.Authority.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
        options.ClientId = provider.ClientId;
        options.ClientSecret = provider.ClientSecret;
        options.CallbackPath = CallbackPath + id;
        options.ResponseType = OpenIdConnectResponseType.Code;
        options.UsePkce = true;
        options.SaveTokens = false;
        options.RemoteAuthenticationTimeout = Patience;
        options.BackchannelTimeout = TimeSpan.FromSeconds(10);
        options.Scope.Clear();
        foreach (var scope in provider.Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Prepend(OpenIdConnectScope.OpenId).Distinct())
            options.Scope.Add(scope);

        // The way back is a plain link, so the cookies need not go along with other sites' forms: they work over http on this machine, too.
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        foreach (var cookie in new[] { options.CorrelationCookie, options.NonceCookie })
            (cookie.SameSite, cookie.SecurePolicy) = (SameSiteMode.Lax, CookieSecurePolicy.SameAsRequest);

        options.MapInboundClaims = false;
        options.GetClaimsFromUserInfoEndpoint = true;
        options.ClaimActions.Remove("iss");
        options.ClaimActions.MapUniqueJsonKey("email_verified", "email_verified");

        options.Events.OnRedirectToIdentityProvider = context =>
        {
            // Behind a proxy with TLS the portal itself is asked over http.
            var address = context.HttpContext.RequestServices.GetRequiredService<IOptions<PortalAddress>>().Value;
            context.ProtocolMessage.RedirectUri = address.Or($"{context.Request.Scheme}://{context.Request.Host}") + context.Options.CallbackPath;
            return Task.CompletedTask;
        };
        options.Events.OnTicketReceived = context =>
        {
            var said = new ClaimsIdentity(context.Principal!.Claims.Append(new("provider", id)));
            if (ExternalIdentity.From(new(said)) is { } identity)
                context.Principal = identity.ToPrincipal();
            else
                return Back(context, "failed", context.Properties);
            return Task.CompletedTask;
        };
        options.Events.OnAccessDenied = context => Back(context, "cancelled", context.Properties);
        options.Events.OnRemoteFailure = context =>
        {
            Failed(LoggerOf(context.HttpContext), id, context.Failure?.GetType().Name ?? "", context.Failure?.Message ?? "");
            return Back(context, "failed", context.Properties);
        };

        Task Back(HandleRequestContext<RemoteAuthenticationOptions> context, string problem, AuthenticationProperties? properties)
        {
            context.HandleResponse();
            context.Response.Redirect(ExternalLinks.Problem(ExternalLinks.BackOf(properties), problem, id));
            return Task.CompletedTask;
        }
    }

    internal static ILogger LoggerOf(HttpContext http) => http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("MiniSora.Web.Account.External");

    // The library leaves tokens and codes out of its messages.
    [LoggerMessage(Level = LogLevel.Warning, Message = "Sign-in with {Provider} failed: {Kind}: {Reason}")]
    internal static partial void Failed(ILogger logger, string provider, string kind, string reason);
}
