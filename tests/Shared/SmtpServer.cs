using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using MimeKit;

namespace MiniSora.Tests;

/// <summary>A mail as the server got it.</summary>
public sealed record ReceivedMail(MimeMessage Message, string Raw, string From, IReadOnlyList<string> To, bool Secure, string? User);

/// <summary>
/// A real SMTP server: smtp-server from the npm registry (MIT-0), on a free port of the loopback address; installed on first use. It writes what it takes into a folder.
/// </summary>
public sealed class SmtpServer : IAsyncDisposable
{
    /// <summary>What a server with accounts knows.</summary>
    public const string User = "minisora", Password = "a secret of the tests";

    private readonly Process process;
    private readonly string folder;

    private SmtpServer(Process process, string folder, int port) => (this.process, this.folder, Port) = (process, folder, port);

    public int Port { get; }

    /// <summary>Certificate of a server with TLS, which nobody has a reason to trust.</summary>
    public string Certificate => Path.Combine(folder, "cert.pem");

    /// <summary>All mails so far, the oldest first.</summary>
    public IReadOnlyList<ReceivedMail> Mails => [.. Directory.EnumerateFiles(folder, "*.eml").Order(StringComparer.Ordinal).Select(Read)];

    /// <param name="accounts">Whether one must sign in.</param>
    /// <param name="tls">Whether it offers STARTTLS.</param>
    /// <param name="implicitly">Whether it speaks TLS at once.</param>
    public static async Task<SmtpServer> StartAsync(bool accounts = false, bool tls = false, bool implicitly = false)
    {
        var package = await NpmPackage.InstalledAsync("smtp");
        var folder = Directory.CreateTempSubdirectory("minisora-smtp-").FullName;
        // It leaves with us: its standard input ends when this process does, however that happens.
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = package };
        start.ArgumentList.Add("server.js");
        start.ArgumentList.Add(folder);
        if (accounts)
            start.ArgumentList.Add("auth");
        if (tls || implicitly)
        {
            if (implicitly)
                start.ArgumentList.Add("implicit");
            var (key, certificate) = await CertifyAsync(folder);
            foreach (var argument in (string[])["tls", key, certificate])
                start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        if (await process.StandardOutput.ReadLineAsync() is not { } said || !said.StartsWith("port ", StringComparison.Ordinal))
            throw new InvalidOperationException("The SMTP server did not start.");
        return new(process, folder, int.Parse(said[5..], System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>From now on it answers so: accept, temporary, refuse, spam, sender, drop, away, silent.</summary>
    public void Answer(string mode) => File.WriteAllText(Path.Combine(folder, "mode"), mode);

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static ReceivedMail Read(string path)
    {
        using var envelope = JsonDocument.Parse(File.ReadAllText(Path.ChangeExtension(path, ".json")));
        var root = envelope.RootElement;
        return new(
            MimeMessage.Load(path), File.ReadAllText(path), root.GetProperty("from").GetString()!, [.. root.GetProperty("to").EnumerateArray().Select(to => to.GetString()!)], root.GetProperty("secure").GetBoolean(),
            root.GetProperty("user").GetString());
    }

    private static async Task<(string Key, string Certificate)> CertifyAsync(string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var paths = (Key: Path.Combine(folder, "key.pem"), Certificate: Path.Combine(folder, "cert.pem"));
        await File.WriteAllTextAsync(paths.Key, key.ExportPkcs8PrivateKeyPem());
        await File.WriteAllTextAsync(paths.Certificate, certificate.ExportCertificatePem());
        return paths;
    }
}
