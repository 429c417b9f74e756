using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace MiniSora.Web.Account.External;

/// <summary>The way to a provider; the way back is the library's, and ends at <c>/account/external</c>.</summary>
internal static class ExternalEndpoints
{
    public static void MapExternalSignIn(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/account/external/{id}", async (string id, string? returnUrl, IOptions<OidcOptions> options, HttpContext http) =>
        {
            if (!options.Value.Providers.ContainsKey(id))
                return Results.NotFound();
            var properties = ExternalLinks.Properties(returnUrl, Viewer.From(http.User).MemberId is not null);
            try
            {
                await http.ChallengeAsync(OidcSetup.SchemeOf(id), properties);
                return Results.Empty;
            }
            catch (Exception error) when (IsAway(error) && !http.RequestAborted.IsCancellationRequested)
            {
                OidcSetup.Failed(OidcSetup.LoggerOf(http), id, error.GetType().Name, error.Message);
                return Results.LocalRedirect(ExternalLinks.Problem(ExternalLinks.BackOf(properties), "away", id));
            }
        });

    // The library wraps some of what goes wrong when it asks the provider what it is.
    private static bool IsAway(Exception error) => error is InvalidOperationException or HttpRequestException or IOException or OpenIdConnectProtocolException or OperationCanceledException;
}
