using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace MiniSora.Web.Account;

/// <summary>Where the portal can be reached.</summary>
internal sealed class ListeningAddresses(IServer server)
{
    public IReadOnlyCollection<string> All => [.. server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []];

    /// <summary>Whether only programs of this machine reach it. An in-memory test server has no address and counts as such.</summary>
    public bool AreLoopback => All.All(IsLoopback);

    /// <summary>One address to print for a person at this machine.</summary>
    public string ForPeople => (All.FirstOrDefault() ?? "http://localhost")
        .Replace("//*", "//localhost", StringComparison.Ordinal)
        .Replace("//+", "//localhost", StringComparison.Ordinal)
        .Replace("//0.0.0.0", "//localhost", StringComparison.Ordinal)
        .Replace("//[::]", "//localhost", StringComparison.Ordinal);

    internal static bool IsLoopback(string address)
    {
        // Wildcards are no URI; anything that cannot be read is taken for public.
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri))
            return false;
        return uri.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
    }
}
