using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MiniSora.Web.Security;

namespace MiniSora.Web.Tests.Security;

public sealed class LeavingSocketsTests
{
    [Fact]
    public async Task A_connection_that_nobody_closes_does_not_hold_the_portal_back()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMinutes(2));
        await using var app = builder.Build();
        app.UseLeavingSockets();
        app.UseWebSockets();
        // What a circuit is that opened just when the hub had closed all it knew.
        app.Map("/hubs/test", async http =>
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync();
            await socket.ReceiveAsync(new byte[16], CancellationToken.None);
        });
        await app.StartAsync();
        using var client = new ClientWebSocket();
        await client.ConnectAsync(new Uri(app.Urls.Single().Replace("http:", "ws:", StringComparison.Ordinal) + "/hubs/test"), CancellationToken.None);

        var stopping = app.StopAsync();

        Assert.Same(stopping, await Task.WhenAny(stopping, Task.Delay(TimeSpan.FromSeconds(30))));
    }
}
