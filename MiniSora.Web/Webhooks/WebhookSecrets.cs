using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace MiniSora.Web.Webhooks;

/// <summary>Encrypts what only the sender may read.</summary>
internal sealed class WebhookSecrets(IDataProtectionProvider protection)
{
    private readonly IDataProtector protector = protection.CreateProtector("webhooks");

    public string Seal(string text) => text.Length == 0 ? "" : protector.Protect(text);

    /// <summary>What was sealed; null when the keys are others now.</summary>
    public string? Open(string text)
    {
        try
        {
            return text.Length == 0 ? "" : protector.Unprotect(text);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
