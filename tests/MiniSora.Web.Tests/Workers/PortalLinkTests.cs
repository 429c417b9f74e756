using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MiniSora.Jobs.Worker;

namespace MiniSora.Web.Tests.Workers;

public sealed class PortalLinkTests
{
    /// <summary>A portal that leaves between two requests agrees to a connection and then refuses all ways to open it.</summary>
    [Fact]
    public async Task A_portal_that_leaves_while_a_worker_comes_back_is_found_again()
    {
        var (refused, leaving) = (0, false);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSignalR();
        await using var portal = builder.Build();
        portal.Urls.Add("http://127.0.0.1:0");
        portal.Use((context, next) =>
        {
            if (!Volatile.Read(ref leaving) || context.Request.Path.Value!.EndsWith("/negotiate", StringComparison.Ordinal))
                return next(context);
            Interlocked.Increment(ref refused);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        });
        portal.MapHub<Greeter>(WorkerHubNames.Path);
        await portal.StartAsync();
        var address = portal.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

        await using var link = new PortalLink(new Uri(address), "token", new WorkerHello("w", "test", []), TimeProvider.System, NullLogger<PortalLink>.Instance);
        await link.OpenAsync(default);
        Volatile.Write(ref leaving, true);
        await Assert.ThrowsAnyAsync<Exception>(() => link.CallAsync<bool>(nameof(Greeter.Leave), [], default));
        for (var tries = 0; Volatile.Read(ref refused) == 0 && tries < 300; tries++)
            await Task.Delay(100);
        Assert.NotEqual(0, Volatile.Read(ref refused));

        Volatile.Write(ref leaving, false);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        Assert.True(await link.CallAsync<bool>(nameof(Greeter.Here), [], patience.Token));
    }

    private sealed class Greeter : Hub
    {
        public void Hello(WorkerHello hello) => ArgumentNullException.ThrowIfNull(hello);

        public bool Here() => true;

        public bool Leave()
        {
            Context.Abort();
            return true;
        }
    }
}
