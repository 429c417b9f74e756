using System.Threading.Channels;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Roundtables;

/// <summary>
/// Live rooms for browsers: call <c>Join(slug)</c> for the state now; from then on <c>state(state)</c> is told whenever it changed.
/// A state is whole, so a lost message costs nothing: the next one says everything. Actions go over HTTP. Everybody may look.
/// </summary>
[AllowAnonymous]
internal sealed class RoundtablesHub(LiveRooms rooms) : Hub
{
    /// <summary>Name of the message to clients.</summary>
    public const string Message = "state";

    /// <summary>Enters a room; null when there is none.</summary>
    public async Task<StageView?> Join(string slug)
    {
        if (Context.Items.ContainsKey("room"))
            throw new HubException("One connection looks at one room.");
        if (await rooms.CountAsync(slug, 1, Context.ConnectionAborted) is not { } id)
            return null;
        Context.Items["room"] = id;
        await Groups.AddToGroupAsync(Context.ConnectionId, GroupOf(id), Context.ConnectionAborted);
        return rooms.Now(id);
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        if (Context.Items.TryGetValue("room", out var room) && room is Guid id)
            rooms.Left(id);
        return base.OnDisconnectedAsync(exception);
    }

    internal static string GroupOf(Guid id) => $"roundtable:{id:N}";
}

/// <summary>Tells viewers the newest state at most every <see cref="Rest"/>: a hundred votes in a moment are one message.</summary>
internal sealed partial class StagePump(LiveRooms rooms, RunFeed feed, IHubContext<RoundtablesHub> hub, TimeProvider clock, ILogger<StagePump> logger) : BackgroundService
{
    /// <summary>A viewer on the same machine sees a change within 200 ms, and one state serves a whole burst of votes.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(80);

    private readonly Channel<Guid> changed = Channel.CreateBounded<Guid>(new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        void Note(Guid id) => changed.Writer.TryWrite(id);
        rooms.Changed += Note;
        using var runs = feed.SubscribeAll(rooms.Heard);
        try
        {
            while (await changed.Reader.WaitToReadAsync(stoppingToken))
            {
                await Task.Delay(Rest, clock, stoppingToken);
                var some = new HashSet<Guid>();
                while (changed.Reader.TryRead(out var id))
                    some.Add(id);
                foreach (var id in some)
                    await TellAsync(id, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The portal stops.
        }
        finally
        {
            rooms.Changed -= Note;
        }
    }

    private async Task TellAsync(Guid id, CancellationToken stoppingToken)
    {
        try
        {
            await hub.Clients.Group(RoundtablesHub.GroupOf(id)).SendAsync(RoundtablesHub.Message, rooms.Now(id), stoppingToken);
        }
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
        {
            LogNotSent(error, id);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Viewers of roundtable {RoundtableId} were not told something")]
    private partial void LogNotSent(Exception error, Guid roundtableId);
}
