using System.ComponentModel.DataAnnotations;

namespace MiniSora.Web.Portals;

/// <summary>Section <c>Portal</c> of the settings: where people find the portal. A portal behind a proxy cannot know it by itself.</summary>
public sealed class PortalAddress : IValidatableObject
{
    /// <summary>What links in mails and messages begin with, e.g. <c>https://minisora.example</c>. Default empty: not said.</summary>
    public string Address { get; set; } = "";

    /// <summary>The address without a slash at its end; <paramref name="otherwise"/> when none was said.</summary>
    public string Or(string otherwise) => (Address.Length > 0 ? Address : otherwise).TrimEnd('/');

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Address.Length > 0
            && !(Uri.TryCreate(Address, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.UserInfo.Length == 0 && address.Query.Length == 0 && address.Fragment.Length == 0))
            yield return new("Portal:Address is no http or https address such as https://minisora.example.", [nameof(Address)]);
    }
}
