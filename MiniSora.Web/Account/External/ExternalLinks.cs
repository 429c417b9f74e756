using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.WebUtilities;
using MiniSora.Web.Security;

namespace MiniSora.Web.Account.External;

/// <summary>Addresses of the way to a provider and back.</summary>
internal static class ExternalLinks
{
    public const string SecurityPage = "/me/security";

    private const string BackKey = "back";

    /// <summary>Sends a browser to the provider. A link and not a form: a form may lead only to this site, and a provider sends people on as it likes.</summary>
    public static string Start(string provider, string target) => $"/account/external/{provider}?returnUrl={Uri.EscapeDataString(target)}";

    /// <summary>What goes to the provider and comes back, encrypted, in <c>state</c>.</summary>
    public static OpenIdConnectChallengeProperties Properties(string? returnUrl, bool signedIn)
    {
        var target = LocalUrl.OrHome(returnUrl);
        var properties = new OpenIdConnectChallengeProperties { RedirectUri = "/account/external?returnUrl=" + Uri.EscapeDataString(target) };
        properties.Items[BackKey] = signedIn && target == SecurityPage ? target : "/account/login?returnUrl=" + Uri.EscapeDataString(target);
        // Who is signed in and goes there wants to prove something: the provider's own session may be somebody else's, or hours old.
        if (signedIn)
            properties.Prompt = "login";
        return properties;
    }

    /// <summary>Where somebody who comes back with nothing goes on. Nothing is known of a state that is not ours.</summary>
    public static string BackOf(AuthenticationProperties? properties) => properties?.Items.TryGetValue(BackKey, out var back) == true ? back! : "/account/login";

    /// <summary>The page with a sentence of what went wrong.</summary>
    public static string Problem(string page, string problem, string provider) =>
        QueryHelpers.AddQueryString(page, new Dictionary<string, string?> { ["problem"] = problem, ["provider"] = provider });
}
