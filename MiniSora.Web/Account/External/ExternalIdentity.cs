using System.Security.Claims;

namespace MiniSora.Web.Account.External;

/// <summary>Who somebody is at a provider, as a verified ID token says. Kept in a short-lived cookie until they are signed in, linked, or have an account.</summary>
/// <param name="Provider">ID of the provider in the settings.</param>
/// <param name="Issuer">Who made the token; a subject means something only together with it.</param>
/// <param name="Subject">The provider's own name of the person, which never changes.</param>
/// <param name="Name">As the provider shows it; null when it does not say.</param>
/// <param name="Email">Null when the provider does not say.</param>
/// <param name="EmailVerified">Whether the provider says that the address is the person's.</param>
internal sealed record ExternalIdentity(string Provider, string Issuer, string Subject, string? Name, string? Email, bool EmailVerified)
{
    /// <summary>What a link is found by. Other settings under the same ID cannot open it: they have another issuer.</summary>
    public string Key => $"{Issuer} {Subject}";

    /// <summary>Null when it is nobody that a provider vouches for.</summary>
    public static ExternalIdentity? From(ClaimsPrincipal? principal) =>
        principal?.FindFirst("provider")?.Value is { } provider && principal.FindFirst("iss")?.Value is { } issuer && principal.FindFirst("sub")?.Value is { } subject
            ? new(provider, issuer, subject, Said(principal, "name"), Said(principal, "email"), string.Equals(Said(principal, "email_verified"), "true", StringComparison.OrdinalIgnoreCase))
            : null;

    /// <summary>Only what is needed: tokens of some providers carry so much that no cookie could hold it.</summary>
    public ClaimsPrincipal ToPrincipal()
    {
        var identity = new ClaimsIdentity("oidc");
        foreach (var (type, value) in new[] { ("provider", Provider), ("iss", Issuer), ("sub", Subject), ("name", Name), ("email", Email), ("email_verified", EmailVerified ? "true" : "false") })
        {
            if (value is not null)
                identity.AddClaim(new(type, value));
        }

        return new(identity);
    }

    private static string? Said(ClaimsPrincipal principal, string type) => principal.FindFirst(type)?.Value.Trim() is { Length: > 0 and <= 254 } value ? value : null;
}
