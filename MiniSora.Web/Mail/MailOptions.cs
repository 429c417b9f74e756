using System.ComponentModel.DataAnnotations;
using System.Globalization;
using MailKit.Security;
using MimeKit;

namespace MiniSora.Web.Mail;

/// <summary>
/// Section <c>Mail</c> of the settings: the SMTP server that takes the portal's mails. What is no word or number is kept as it was written,
/// so that all that is wrong is said at once.
/// </summary>
public sealed class MailOptions : IValidatableObject
{
    /// <summary>Name of the server. Default empty: the portal sends no mail, and nothing else of the section matters.</summary>
    public string Host { get; set; } = "";

    /// <summary>Default 465 with <c>tls</c>, else 587.</summary>
    public string Port { get; set; } = "";

    /// <summary>
    /// <c>auto</c> (default): TLS at once on port 465, else STARTTLS where the server offers it; <c>starttls</c> insists on it, <c>tls</c> speaks it at once, <c>none</c> never.
    /// </summary>
    public string Security { get; set; } = "auto";

    /// <summary>With <see cref="Password"/>: who signs in at the server. Default empty: nobody.</summary>
    public string User { get; set; } = "";

    public string Password { get; set; } = "";

    /// <summary>Whom mails are from, e.g. <c>MiniSora &lt;noreply@minisora.example&gt;</c>.</summary>
    public string From { get; set; } = "";

    /// <summary>Whether there is a server.</summary>
    public bool IsSetUp => Host.Length > 0;

    internal int PortNumber => Port.Length > 0 ? int.Parse(Port, NumberStyles.None, CultureInfo.InvariantCulture) : Security == "tls" ? 465 : 587;

    internal MailboxAddress Sender => MailboxAddress.Parse(From);

    internal SecureSocketOptions Sockets => Known(Security) ?? throw new InvalidOperationException($"Mail:Security has no meaning '{Security}'.");

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsSetUp)
            yield break;
        if (Uri.CheckHostName(Host) == UriHostNameType.Unknown)
            yield return new("Mail:Host is no name of a server.", [nameof(Host)]);
        if (Port.Length > 0 && !(ushort.TryParse(Port, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0))
            yield return new("Mail:Port is no number from 1 to 65535.", [nameof(Port)]);
        if (Known(Security) is null)
            yield return new("Mail:Security is auto, starttls, tls or none.", [nameof(Security)]);
        if (User.Length == 0 != (Password.Length == 0))
            yield return new("Mail:User and Mail:Password are given together or not at all.", [nameof(User)]);
        if (!MailboxAddress.TryParse(From, out var sender) || !sender.Address.Contains('@', StringComparison.Ordinal))
            yield return new("Mail:From is no mail address such as MiniSora <noreply@minisora.example>.", [nameof(From)]);
    }

    private static SecureSocketOptions? Known(string security) => security switch
    {
        "auto" => SecureSocketOptions.Auto,
        "starttls" => SecureSocketOptions.StartTls,
        "tls" => SecureSocketOptions.SslOnConnect,
        "none" => SecureSocketOptions.None,
        _ => null,
    };
}
