using System.Net.Mail;
using Microsoft.Extensions.Localization;

namespace MiniSora.Web.Account;

/// <summary>What a person types to get an account; the same for members and the first administrator.</summary>
public sealed class NewAccountForm
{
    public string Email { get; set; } = "";
    public string DisplayName { get; set; } = "";
    public string Password { get; set; } = "";

    /// <summary>All reasons why it cannot be taken; the password's own rules are Identity's.</summary>
    public IEnumerable<string> Problems()
    {
        if (!MailAddress.TryCreate(Email, out var address) || address.Address != Email.Trim() || Email.Length > 254)
            yield return "InvalidEmail";

        if (string.IsNullOrWhiteSpace(DisplayName) || DisplayName.Trim().Length > Member.MaxDisplayName)
            yield return "InvalidDisplayName";
    }
}

/// <summary>Turns Identity's codes into sentences.</summary>
internal static class IdentityCodes
{
    /// <summary>The sentence for a code; an unknown code keeps <paramref name="fallback"/> so that no reason is ever hidden.</summary>
    public static string Sentence(this IStringLocalizer<AccountTexts> texts, string code, string? fallback = null)
    {
        var found = texts["Problem." + code];
        return found.ResourceNotFound ? fallback ?? code : found.Value;
    }
}
