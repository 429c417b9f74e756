using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Web.Gallery;
using MiniSora.Web.Retention;
using MiniSora.Web.Roundtables;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Portals;

/// <summary>All that portals tell each other: what happened to runs and in rooms, and what nobody should go on believing.</summary>
internal sealed partial class PortalTalk(
    PortalLine line, RunFeed runs, RunWake wake, StopSignals signals, LiveRooms rooms, GalleryFeed gallery, RetentionPolicies policies,
    IDbContextFactory<MiniSoraDbContext> contexts, TimeProvider clock, ILogger<PortalTalk> logger) : IDisposable
{
    /// <summary>A portal repeats how many look at its rooms, so that the others notice when it is gone.</summary>
    private static readonly TimeSpan CountAgain = TimeSpan.FromSeconds(30);

    // What a portal that was killed had stored and not told is not older.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(60);

    private ITimer? timer;

    /// <summary>Begins to talk and to listen. False when Redis cannot be reached.</summary>
    public async Task<bool> OpenAsync()
    {
        if (!line.IsShared)
            return true;
        Hear();
        if (!await line.OpenAsync())
            return false;
        Tell();
        line.Missed += since => _ = LookAsync(since);
        timer = clock.CreateTimer(_ => rooms.CountAgain(), null, CountAgain, CountAgain);
        line.SayMissed(clock.GetUtcNow() - LastWords);
        return true;
    }

    public void Dispose() => timer?.Dispose();

    private void Tell()
    {
        runs.Published += (run, happened) => line.Say("run", new RunSaid(run, happened));
        rooms.Acted += id => line.Say("room", id);
        rooms.Counted += (id, here) => line.Say("here", new HereSaid(line.Me, id, here));
        gallery.Forgotten += () => line.Say("posts", true);
        policies.Forgotten += () => line.Say("policy", true);
        if (line.Role == PortalRole.Lead)
            return;
        // Scheduler and attempts are at the lead.
        wake.Rung += () => line.Say("wake", true);
        signals.Elsewhere = (run, attempt, request) => line.Say("stop", new StopSaid(run, attempt, request));
    }

    private void Hear()
    {
        line.On<RunSaid>("run", said => runs.Hear(said.Run, said.Happened));
        line.On<Guid>("room", id => _ = CatchUpAsync(id));
        line.On<HereSaid>("here", said => rooms.CountElsewhere(said.Portal, said.Room, said.Here));
        line.On<bool>("posts", _ => gallery.Hear());
        line.On<bool>("policy", _ => policies.Hear());
        if (line.Role != PortalRole.Lead)
            return;
        line.On<bool>("wake", _ => wake.Now());
        line.On<StopSaid>("stop", said => signals.Raise(said.Run, said.Attempt, said.Request));
    }

    private async Task CatchUpAsync(Guid room)
    {
        try
        {
            await rooms.CatchUpAsync(room, CancellationToken.None);
        }
        catch (Exception error)
        {
            // A boundary: the next thing that happens in the room brings everything.
            LogNotRead(error);
        }
    }

    // Tells viewers here from the database what was said meanwhile. What they know already they drop by its number.
    private async Task LookAsync(DateTimeOffset since)
    {
        try
        {
            gallery.Hear();
            policies.Hear();
            await rooms.CatchUpAsync(CancellationToken.None);
            await using var context = await contexts.CreateDbContextAsync();
            var touched = await context.Runs.AsNoTracking().Where(run => run.EndedAt == null || run.EndedAt >= since).Select(run => new { run.Number, run.Id }).ToListAsync();
            foreach (var some in touched.Chunk(500))
            {
                var ids = some.ToDictionary(run => run.Number, run => run.Id);
                var numbers = ids.Keys.ToList();
                var events = await context.RunEvents.AsNoTracking().Where(row => numbers.Contains(row.RunNumber) && row.At >= since)
                    .OrderBy(row => row.RunNumber).ThenBy(row => row.Seq).ToListAsync();
                foreach (var row in events)
                    runs.Hear(ids[row.RunNumber], new(row.Seq, row.At, row.Type, JsonNode.Parse(row.Json)!.AsObject()));
            }
        }
        catch (Exception error)
        {
            // A boundary: viewers see the next event's number and ask for what they lack.
            LogNotRead(error);
        }
    }

    [LoggerMessage(LogLevel.Warning, "What happened at another portal could not be read")]
    private partial void LogNotRead(Exception error);

    private sealed record RunSaid(Guid Run, LiveEvent Happened);

    private sealed record StopSaid(Guid Run, int Attempt, StopRequest Request);

    private sealed record HereSaid(string Portal, Guid Room, int Here);
}
