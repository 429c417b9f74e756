using System.CommandLine;
using MiniSora.Jobs.Portal;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Cli;

/// <summary>Where a command finds the portal and as whom it speaks: <c>--portal</c> and <c>--token</c>, else the environment.</summary>
internal sealed class PortalAccess
{
    private const string PortalVariable = "MINISORA_PORTAL", TokenVariable = "MINISORA_TOKEN";

    private readonly Option<string?> portal = new("--portal") { Description = SpecTexts.Get("cli.portal.portal"), HelpName = "URL" };
    private readonly Option<string?> token = new("--token") { Description = SpecTexts.Get("cli.portal.token"), HelpName = "msr_…" };

    /// <summary>Adds the two options to a command that talks to a portal.</summary>
    public Command AddTo(Command command)
    {
        command.Options.Add(portal);
        command.Options.Add(token);
        return command;
    }

    /// <summary>Address and token. Throws with everything that is missing.</summary>
    public (Uri Portal, string Token) Read(ParseResult parsed)
    {
        var problems = new List<PortalReason>();
        var address = parsed.GetValue(portal) ?? Environment.GetEnvironmentVariable(PortalVariable);
        var secret = parsed.GetValue(token) ?? Environment.GetEnvironmentVariable(TokenVariable);
        Uri? uri = null;
        if (string.IsNullOrWhiteSpace(address))
            problems.Add(new("portal_missing", SpecTexts.Get("cli.portal.portal_missing"), null));
        else if (!Uri.TryCreate(address, UriKind.Absolute, out uri) || uri.Scheme is not ("http" or "https"))
            problems.Add(new("portal_address", SpecTexts.Format("cli.portal.portal_wrong", null, ("value", address)), null));
        if (string.IsNullOrWhiteSpace(secret))
            problems.Add(new("token_missing", SpecTexts.Get("cli.portal.token_missing"), null));
        return problems.Count == 0 ? (uri!, secret!) : throw new PortalException(400, problems);
    }

    /// <summary>Runs a command against the portal; Ctrl-C leaves.</summary>
    public void SetAction(Command command, TimeProvider time, Func<PortalClient, ParseResult, CancellationToken, Task<int>> action) =>
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (address, secret) = Read(parsed);
            using var stop = new ConsoleStop(cancellationToken);
            using var client = new PortalClient(address, secret, time);
            return await action(client, parsed, stop.Token).ConfigureAwait(false);
        });
}
