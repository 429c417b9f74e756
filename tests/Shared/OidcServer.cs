using System.Diagnostics;

namespace MiniSora.Tests;

/// <summary>
/// A real OpenID provider over HTTP: oidc-provider from the npm registry (MIT), on a free port of the loopback address; installed on first use. It takes
/// nobody without PKCE and sends people back only to the addresses that it was told. Anybody signs in by typing a name: <c>ada</c> has the verified address
/// <c>ada@example.org</c>, names that begin with <c>unverified</c> an unverified one, those with <c>nomail</c> none.
/// </summary>
public sealed class OidcServer : IAsyncDisposable
{
    public const string ClientId = "minisora", ClientSecret = "a secret of the tests";

    private readonly Process process;

    private OidcServer(Process process, int port) => (this.process, Address) = (process, $"http://127.0.0.1:{port}");

    public string Address { get; }

    /// <summary>The portal's settings for it under the ID <c>lab</c>.</summary>
    public (string Name, string Value)[] Settings =>
        [("Oidc:lab:Name", "Lab"), ("Oidc:lab:Authority", Address), ("Oidc:lab:ClientId", ClientId), ("Oidc:lab:ClientSecret", ClientSecret)];

    public static async Task<OidcServer> StartAsync(params string[] portals)
    {
        var package = await NpmPackage.InstalledAsync("oidc");
        var port = Ports.Free();
        // It leaves with us: its standard input ends when this process does, however that happens.
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = package };
        foreach (var argument in new[] { "server.mjs", $"{port}", ClientId, ClientSecret }.Concat(portals.Select(portal => portal + "/account/oidc/lab")))
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.ErrorDataReceived += (_, _) => { };
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data == "ready")
                ready.TrySetResult();
            else if (line.Data is null)
                ready.TrySetException(new InvalidOperationException("The OpenID provider ended."));
        };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        await ready.Task;
        return new(process, port);
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
