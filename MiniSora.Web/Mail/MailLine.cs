using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;

namespace MiniSora.Web.Mail;

/// <summary>What became of a mail.</summary>
internal enum MailOutcome
{
    /// <summary>The server has it.</summary>
    Taken,

    /// <summary>The server does not take it now.</summary>
    Later,

    /// <summary>The server does not know the recipient, or writes to it no more.</summary>
    NoRecipient,

    /// <summary>The server does not want this mail.</summary>
    Declined,

    /// <summary>It was on its way when the answer stayed out.</summary>
    Unknown,

    /// <summary>It is not about this mail: the server cannot be used as it is set up. Nothing was sent.</summary>
    Trouble,
}

/// <summary>An answer to a mail.</summary>
/// <param name="Said">The server's words, or what happened instead of an answer.</param>
internal sealed record MailAnswer(MailOutcome Outcome, string Said);

/// <summary>The server cannot be reached, believed or signed in to.</summary>
internal sealed class MailTroubleException(string said, Exception? inner) : Exception(said, inner);

/// <summary>Opens connections to the server of the settings.</summary>
internal sealed class MailSender(IOptions<MailOptions> options)
{
    // Servers look into a mail before they say that they have it.
    private const int Longer = 4;

    /// <summary>A server that says nothing for so long says nothing; with a mail in its hands, four times as long.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Connects and signs in; throws <see cref="MailTroubleException"/> when that does not work.</summary>
    public async Task<MailLine> OpenAsync(CancellationToken cancellationToken)
    {
        var settings = options.Value;
        // Revocation is not asked for, as nothing else of .NET asks for it by itself: authorities are slow to answer or do not. Everything else about the certificate must be right.
        var client = new SmtpClient { Timeout = (int)(Patience * Longer).TotalMilliseconds, CheckCertificateRevocation = false };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await client.ConnectAsync(settings.Host, settings.PortNumber, settings.Sockets, patience.Token);
            if (settings.User.Length > 0)
            {
                // "auto" must not tell the password to whoever took STARTTLS out of the server's words.
                if (!client.IsSecure && settings.Sockets != SecureSocketOptions.None)
                    throw new MailTroubleException("The server offers no TLS, and a password is not sent without it (Mail:Security=none sends it).", null);
                await client.AuthenticateAsync(settings.User, settings.Password, patience.Token);
            }

            return new(client, Patience * Longer);
        }
        catch (Exception error)
        {
            client.Dispose();
            if (error is MailTroubleException || cancellationToken.IsCancellationRequested || !MailLine.IsOfServer(error))
                throw;
            throw new MailTroubleException(MailLine.Words(error, Patience), error);
        }
    }
}

/// <summary>A connection to the server: takes one mail after another.</summary>
internal sealed class MailLine(SmtpClient client, TimeSpan patience) : IAsyncDisposable
{
    // More than servers say; it stands on a page.
    private const int MaxSaid = 400;

    /// <summary>Whether another mail can be sent.</summary>
    public bool IsOpen => client.IsConnected;

    public async Task<MailAnswer> SendAsync(MimeMessage message, CancellationToken cancellationToken)
    {
        var progress = new Begun();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        enough.CancelAfter(patience);
        try
        {
            return new(MailOutcome.Taken, Plain(await client.SendAsync(message, enough.Token, progress)));
        }
        catch (SmtpCommandException error)
        {
            var said = Words(error, patience);
            // The server leaves, or does not take the sender: that is about all mails.
            if (error.StatusCode == SmtpStatusCode.ServiceNotAvailable || error.ErrorCode == SmtpErrorCode.SenderNotAccepted)
                return new(MailOutcome.Trouble, said);
            if ((int)error.StatusCode is >= 400 and < 500)
                return new(MailOutcome.Later, said);
            return new(error.ErrorCode == SmtpErrorCode.RecipientNotAccepted ? MailOutcome.NoRecipient : MailOutcome.Declined, said);
        }
        catch (NotSupportedException error)
        {
            // An address in letters that the server cannot write.
            return new(MailOutcome.Declined, Plain(error.Message));
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested && IsOfServer(error))
        {
            // Before its first byte is on its way a mail cannot have arrived.
            return new(progress.Is ? MailOutcome.Unknown : MailOutcome.Trouble, Words(error, patience));
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            await client.DisconnectAsync(quit: true, enough.Token);
        }
        catch (Exception error) when (IsOfServer(error))
        {
            // A farewell that nobody hears.
        }

        client.Dispose();
    }

    internal static bool IsOfServer(Exception error) =>
        error is SocketException or IOException or ProtocolException or CommandException or AuthenticationException or SslHandshakeException or NotSupportedException or TimeoutException
            or ServiceNotConnectedException or ServiceNotAuthenticatedException or OperationCanceledException;

    /// <summary>The server's words, with its number; or what happened instead.</summary>
    internal static string Words(Exception error, TimeSpan patience) => Plain(error switch
    {
        SmtpCommandException answer => $"{(int)answer.StatusCode} {answer.Message}",
        OperationCanceledException => $"no answer within {patience.TotalSeconds:0} s",
        _ => error.Message,
    });

    internal static string Plain(string words)
    {
        var plain = new string([.. words.Select(c => char.IsControl(c) ? ' ' : c)]).Trim();
        return plain.Length > MaxSaid ? plain[..(MaxSaid - 1)] + "…" : plain;
    }

    private sealed class Begun : ITransferProgress
    {
        public bool Is { get; private set; }

        public void Report(long bytesTransferred, long totalSize) => Is = true;

        public void Report(long bytesTransferred) => Is = true;
    }
}
