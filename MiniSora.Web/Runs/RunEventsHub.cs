using System.Threading.Channels;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace MiniSora.Web.Runs;

/// <summary>
/// Live events of runs for browsers. Call <c>Subscribe(runId, lastSeq)</c> with the number up to which you know everything; you are
/// told <c>event(runId, { seq, at, type, data })</c> from then on. Keep events that arrive before the answer, apply the answer, then
/// drop what is not newer than what you have. When a number is missing, and after a reconnection, subscribe again. Runs are public to read in this version.
/// </summary>
[AllowAnonymous]
internal sealed class RunEventsHub(RunReader reader) : Hub
{
    /// <summary>Name of the message to clients.</summary>
    public const string Message = "event";

    /// <summary>Joins a run; null when there is none.</summary>
    public async Task<Replay?> Subscribe(Guid runId, long lastSeq)
    {
        // Join first, then read: what happens between the two arrives twice rather than never.
        await Groups.AddToGroupAsync(Context.ConnectionId, GroupOf(runId), Context.ConnectionAborted);
        return await reader.ReplayAsync(runId, lastSeq, Context.ConnectionAborted);
    }

    /// <summary>Leaves a run.</summary>
    public Task Unsubscribe(Guid runId) => Groups.RemoveFromGroupAsync(Context.ConnectionId, GroupOf(runId), Context.ConnectionAborted);

    /// <summary>Group of a run's viewers.</summary>
    internal static string GroupOf(Guid runId) => $"run:{runId:N}";
}

/// <summary>Carries events from the feed to the hub, away from the path that stores them: a slow viewer delays nobody but viewers.</summary>
internal sealed partial class RunEventsPump(RunFeed feed, IHubContext<RunEventsHub> hub, ILogger<RunEventsPump> logger) : BackgroundService
{
    private readonly Channel<(Guid RunId, LiveEvent Happened)> waiting = Channel.CreateBounded<(Guid, LiveEvent)>(
        new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = feed.SubscribeAll((runId, happened) => waiting.Writer.TryWrite((runId, happened)));
        while (await MoreAsync(stoppingToken))
        {
            if (!waiting.Reader.TryRead(out var next))
                continue;
            var (runId, happened) = next;
            try
            {
                await hub.Clients.Group(RunEventsHub.GroupOf(runId)).SendAsync(RunEventsHub.Message, runId, happened, stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                // Viewers notice the missing number and ask for it.
                LogNotSent(error, runId);
            }
        }
    }

    private async Task<bool> MoreAsync(CancellationToken stoppingToken)
    {
        try
        {
            return await waiting.Reader.WaitToReadAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Viewers of run {RunId} were not told something")]
    private partial void LogNotSent(Exception error, Guid runId);
}
