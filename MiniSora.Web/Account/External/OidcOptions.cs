using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Text.RegularExpressions;

namespace MiniSora.Web.Account.External;

/// <summary>One OpenID Connect provider: <c>Oidc:ID:…</c> of the settings, where the operator chooses the ID.</summary>
public sealed class OidcProvider
{
    /// <summary>What the button says after "Continue with".</summary>
    public string Name { get; set; } = "";

    /// <summary>The issuer: <c>/.well-known/openid-configuration</c> is found below it. https, or http on a loopback address.</summary>
    public string Authority { get; set; } = "";

    public string ClientId { get; set; } = "";

    public string ClientSecret { get; set; } = "";

    /// <summary>What is asked for, separated by blanks; <c>openid</c> always is. Default <c>openid profile email</c>.</summary>
    public string Scopes { get; set; } = "openid profile email";
}

/// <summary>Section <c>Oidc</c> of the settings: whose accounts may be used to sign in.</summary>
public sealed partial class OidcOptions : IValidatableObject
{
    /// <summary>By ID. Links of members hold it, and so does the address that the provider sends people back to.</summary>
    public IReadOnlyDictionary<string, OidcProvider> Providers { get; set; } = new Dictionary<string, OidcProvider>();

    /// <summary>All reasons of all providers.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Providers.SelectMany(provider => Problems(provider.Key, provider.Value)).Select(problem => new ValidationResult(problem, [nameof(Providers)]));

    /// <summary>What is wrong with one provider.</summary>
    internal static IEnumerable<string> Problems(string id, OidcProvider provider)
    {
        if (!Id().IsMatch(id))
            yield return $"Oidc:{id}: the ID of a provider has 1 to 40 letters, digits and hyphens.";
        if (string.IsNullOrWhiteSpace(provider.Name) || provider.Name.Length > 60)
            yield return $"Oidc:{id}:Name has 1 to 60 characters.";
        if (!IsSafe(provider.Authority))
            yield return $"Oidc:{id}:Authority is no https address such as https://login.example.org (http is taken on a loopback address only).";
        if (string.IsNullOrWhiteSpace(provider.ClientId))
            yield return $"Oidc:{id}:ClientId is missing.";
        if (string.IsNullOrWhiteSpace(provider.ClientSecret))
            yield return $"Oidc:{id}:ClientSecret is missing.";
    }

    // Whoever can read or change the words between portal and provider can sign in as anybody.
    private static bool IsSafe(string authority) =>
        Uri.TryCreate(authority, UriKind.Absolute, out var address) && address.UserInfo.Length == 0 && address.Query.Length == 0 && address.Fragment.Length == 0
        && (address.Scheme == Uri.UriSchemeHttps
            || (address.Scheme == Uri.UriSchemeHttp && (address.Host == "localhost" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip)))));

    [GeneratedRegex("^[A-Za-z0-9-]{1,40}$")]
    private static partial Regex Id();
}
