using System.Net;
using System.Net.Sockets;

namespace MiniSora.Web.Webhooks;

/// <summary>An address to which this portal does not connect for a member.</summary>
internal sealed class AddressRefusedException(string host) : IOException($"{host} is not a public address");

/// <summary>
/// Connections to places that members name, never into the portal's own network. What counts is the address that a name has at the moment of connecting:
/// looking at it earlier would leave time to change it.
/// </summary>
internal static class PublicSockets
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly IPNetwork[] Private =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3", "2001::/23", "2001:db8::/32", "2002::/16",
        }.Select(IPNetwork.Parse),
    ];

    private static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");

    /// <summary>A handler that follows no redirects, asks no proxy and keeps no cookies.</summary>
    public static SocketsHttpHandler Handler(bool loopbackToo) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        MaxResponseHeadersLength = 16,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(15),
        ConnectCallback = async (context, cancellationToken) => await ConnectAsync(context.DnsEndPoint, loopbackToo, cancellationToken),
    };

    /// <summary>Whether everybody on the internet may be meant by it.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return (address.AddressFamily == AddressFamily.InterNetwork || Global.Contains(address)) && !Private.Any(network => network.Contains(address));
    }

    private static async Task<Stream> ConnectAsync(DnsEndPoint place, bool loopbackToo, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(place.Host, patience.Token);
            // One that is not is reason enough: nobody public mixes them.
            if (addresses.Length == 0 || !addresses.All(address => IsPublic(address) || (loopbackToo && IPAddress.IsLoopback(address))))
                throw new AddressRefusedException(place.Host);
            await socket.ConnectAsync(addresses, place.Port, patience.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception error)
        {
            socket.Dispose();
            // Nothing was sent: not the same as an answer that does not come.
            if (error is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                throw new IOException($"{place.Host} cannot be reached", error);
            throw;
        }
    }
}
