using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MiniSora.Jobs.Worker;

/// <summary>The line from a worker to its portal. It comes back by itself, however long the portal is away; calls wait for it.</summary>
internal sealed partial class PortalLink : IAsyncDisposable
{
    private readonly HubConnection connection;
    private readonly WorkerHello hello;
    private readonly TimeProvider time;
    private readonly ILogger<PortalLink> logger;
    private readonly CancellationTokenSource closing = new();
    private readonly SemaphoreSlim lost = new(0);
    private TaskCompletionSource up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task keeping = Task.CompletedTask;

    public PortalLink(Uri portal, string token, WorkerHello hello, TimeProvider time, ILogger<PortalLink> logger)
    {
        (this.hello, this.time, this.logger) = (hello, time, logger);
        connection = new HubConnectionBuilder()
            .WithUrl(new Uri(portal.AbsoluteUri.TrimEnd('/') + WorkerHubNames.Path), options => options.AccessTokenProvider = () => Task.FromResult<string?>(token))
            .AddJsonProtocol()
            .Build();
        // Silence is noticed soon: a run is taken back after less than a minute.
        connection.ServerTimeout = TimeSpan.FromSeconds(20);
        connection.KeepAliveInterval = TimeSpan.FromSeconds(5);
        connection.Closed += error =>
        {
            if (up.Task.IsCompleted)
            {
                LogLost(error);
                up = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            lost.Release();
            return Task.CompletedTask;
        };
    }

    /// <summary>Connects for the first time. Throws what the portal says when it will not have this worker; waits while it is away.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, closing.Token);
        await ConnectAsync(either.Token).ConfigureAwait(false);
        keeping = Task.Run(KeepAsync, CancellationToken.None);
    }

    /// <summary>Calls the portal once the line is up. Throws when the line breaks meanwhile: the caller says it again.</summary>
    public async Task<T> CallAsync<T>(string method, object?[] arguments, CancellationToken cancellationToken)
    {
        await up.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        return await connection.InvokeCoreAsync<T>(method, arguments, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the line is up now.</summary>
    public bool IsUp => connection.State == HubConnectionState.Connected && up.Task.IsCompletedSuccessfully;

    /// <summary>Whether the same words may do later.</summary>
    public static bool IsPassing(Exception error) => error is HubException or IOException or InvalidOperationException or HttpRequestException or TimeoutException
        or System.Net.WebSockets.WebSocketException or OperationCanceledException;

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync().ConfigureAwait(false);
        try
        {
            await keeping.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It was trying to come back.
        }

        await connection.DisposeAsync().ConfigureAwait(false);
        closing.Dispose();
        lost.Dispose();
    }

    /// <summary>The one loop that brings the line back, for as long as the worker lives.</summary>
    private async Task KeepAsync()
    {
        for (; ; )
        {
            await lost.WaitAsync(closing.Token).ConfigureAwait(false);
            while (!IsUp)
            {
                try
                {
                    await ConnectAsync(closing.Token).ConfigureAwait(false);
                }
                catch (HttpRequestException refused)
                {
                    // Perhaps the token was taken back, perhaps a proxy answers for a portal that is being replaced: the operator reads the log.
                    LogRefused(refused);
                    await Task.Delay(TimeSpan.FromSeconds(15), time, closing.Token).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        for (var pause = TimeSpan.FromMilliseconds(500); ; pause = TimeSpan.FromMilliseconds(Math.Min(5000, pause.TotalMilliseconds * 1.6)))
        {
            try
            {
                await connection.StartAsync(cancellationToken).ConfigureAwait(false);
                await connection.InvokeAsync(WorkerHubNames.Hello, hello, cancellationToken).ConfigureAwait(false);
                up.TrySetResult();
                LogConnected(hello.Name);
                return;
            }
            catch (HttpRequestException refused) when (refused.StatusCode is System.Net.HttpStatusCode.Unauthorized or System.Net.HttpStatusCode.Forbidden or System.Net.HttpStatusCode.NotFound)
            {
                throw;
            }
            catch (Exception away) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever it is: SignalR gathers what its transports said in an AggregateException when a portal leaves between two of their calls.
                LogAway(away.Message);
                // Connected, yet not greeted: from the beginning.
                await connection.StopAsync(cancellationToken).ConfigureAwait(false);
                await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Connected to the portal as {Name}")]
    private partial void LogConnected(string name);

    [LoggerMessage(LogLevel.Warning, "The portal is away: {Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(LogLevel.Warning, "The line to the portal broke; work goes on, and what happens is kept until it is back")]
    private partial void LogLost(Exception? error);

    [LoggerMessage(LogLevel.Error, "The portal refuses this worker")]
    private partial void LogRefused(Exception error);
}
