using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace MiniSora.Web.Mail;

/// <summary>Paths that end a member's digest, for whoever has the mail. They do not age: an old mail's link must work.</summary>
internal sealed class UnsubscribeLinks(IDataProtectionProvider protection)
{
    public const string Path = "/mail/unsubscribe";

    private readonly IDataProtector protector = protection.CreateProtector("mail.unsubscribe");

    public string Of(Guid memberId) => $"{Path}/{protector.Protect(memberId.ToString("N"))}";

    /// <summary>Whose link it is; null when this portal did not make it.</summary>
    public Guid? Read(string token)
    {
        try
        {
            return Guid.TryParseExact(protector.Unprotect(token), "N", out var member) ? member : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
