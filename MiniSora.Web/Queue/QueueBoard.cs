using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MiniSora.Jobs.Runs;
using MiniSora.Web.Runs;
using MiniSora.Web.Runs.Sweeps;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Queue;

/// <summary>
/// The queue as people see it. However many look, it is read once per change and at most once in two seconds without one; and never more often than so that
/// reading it takes a fifth of the time: with thousands of runs that come and go, it may be a second old.
/// </summary>
public sealed class QueueBoard : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2), LongestRest = TimeSpan.FromSeconds(1);

    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly QueueOrder order;
    private readonly QueueCapacity capacity;
    private readonly RunSlots slots;
    private readonly DiskRoom room;
    private readonly SweepBudgets budgets;
    private readonly QueueOptions options;
    private readonly TimeProvider clock;
    private readonly SemaphoreSlim gate = new(1);
    private readonly IDisposable listening;
    private QueueNow? last;
    private long readAt;
    private TimeSpan rest;
    private int changed;

    internal QueueBoard(
        IDbContextFactory<MiniSoraDbContext> contexts, QueueOrder order, QueueCapacity capacity, RunSlots slots, DiskRoom room, SweepBudgets budgets, RunFeed feed,
        IOptions<QueueOptions> options, TimeProvider clock)
    {
        (this.contexts, this.order, this.capacity, this.slots, this.room, this.budgets) = (contexts, order, capacity, slots, room, budgets);
        (this.options, this.clock) = (options.Value, clock);
        listening = feed.SubscribeAll((_, happened) =>
        {
            if (happened.Type is "state" or "started")
                Volatile.Write(ref changed, 1);
        });
    }

    /// <summary>Everything that runs and waits.</summary>
    public async Task<QueueNow> LookAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            var age = clock.GetElapsedTime(readAt);
            if (last is not null && (age < rest || (Volatile.Read(ref changed) == 0 && age < Fresh)))
                return last;
            // Before the reading: what changes meanwhile is read the next time.
            Volatile.Write(ref changed, 0);
            readAt = clock.GetTimestamp();
            last = await ReadAsync(cancellationToken);
            var taken = clock.GetElapsedTime(readAt);
            rest = taken * 5 < LongestRest ? taken * 5 : LongestRest;
            return last;
        }
        catch
        {
            Volatile.Write(ref changed, 1);
            throw;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>One waiting run; null when it does not wait.</summary>
    public async Task<WaitingEntry?> PlaceOfAsync(Guid runId, CancellationToken cancellationToken) =>
        (await LookAsync(cancellationToken)).Waiting.FirstOrDefault(entry => entry.Id == runId);

    /// <inheritdoc/>
    public void Dispose()
    {
        listening.Dispose();
        gate.Dispose();
    }

    private async Task<QueueNow> ReadAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var handedOver = slots.Held;
        var places = await order.LookAsync([], cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var standings = await order.StandingsAsync(context, handedOver, cancellationToken);
        var running = await RunningAsync(context, cancellationToken);
        var rows = await WaitingRowsAsync(context, cancellationToken);

        // What was handed over comes first whatever the order says now, and holds its device already.
        var line = places.Where(place => rows.ContainsKey(place.Run.Id)).OrderByDescending(place => handedOver.Contains(place.Run.Id)).ToList();
        var starting = line.TakeWhile(place => handedOver.Contains(place.Run.Id)).Count();
        var holding = running.Select(run => new Holding(run.Whole, (now - run.Since).TotalSeconds, run.SecondsLeft))
            .Concat(line.Take(starting).Select(place => new Holding(rows[place.Run.Id].Whole, 0, 0)))
            .ToList();
        // What its budget keeps back holds up nobody behind it.
        var beyond = await budgets.BeyondAsync(handedOver, cancellationToken);
        var starts = StartForecast.Of(capacity.Devices, holding, [.. line.Skip(starting).Select(place => beyond.ContainsKey(place.Run.Id) ? new Duration(0, 0, 0) : rows[place.Run.Id].Whole)]);
        var disk = room.CauseForAll();
        var waiting = new List<WaitingEntry>(line.Count);
        for (var i = 0; i < line.Count; i++)
        {
            var (run, row) = (line[i].Run, rows[line[i].Run.Id]);
            var isStarting = i < starting;
            var startsIn = isStarting ? new Duration(0, 0, 0) : disk is null && !beyond.ContainsKey(run.Id) && i - starting < starts.Count ? starts[i - starting] : null;
            var causes = isStarting ? [new(WaitReason.Starting, 0)] : CausesOf(line[i], now, beyond.TryGetValue(run.Id, out var left) ? left : null, disk ?? room.CauseFor(run.Id), holding.Count, running.Any(other => other.StopRequested == StopRequest.Yield), await IsTooLargeAsync(i, run.Id, cancellationToken));
            waiting.Add(new(run.Id, run.Number, row.Name, row.Kind, run.OwnerId, row.OwnerName, run.Priority, row.CreatedAt, i + 1, causes, line[i].OwnAhead, startsIn, row.Whole));
        }

        return new(now, capacity.Devices, running, waiting, await MembersAsync(context, standings, waiting, cancellationToken));
    }

    private List<WaitCause> CausesOf(QueuePlace place, DateTimeOffset now, double? budget, WaitCause? disk, int busy, bool yields, bool tooLarge)
    {
        var causes = new List<WaitCause>();
        if (capacity.Devices == 0)
            causes.Add(new(WaitReason.NoDevice, 0));
        if (budget is { } seconds)
            causes.Add(new(WaitReason.Budget, (long)seconds));
        if (place.Run.RetryAt is { } retry && retry > now)
            causes.Add(new(WaitReason.Pause, (long)Math.Ceiling((retry - now).TotalSeconds)));
        if (disk is not null)
            causes.Add(disk);
        if (tooLarge)
            causes.Add(new(WaitReason.NoMemory, 0));
        if (capacity.Devices > 0 && busy >= capacity.Devices)
            causes.Add(new(WaitReason.AllBusy, capacity.Devices));
        if (yields && place.Run.Priority >= RunPriority.Fork)
            causes.Add(new(WaitReason.RoomIsMade, 0));
        if (place.Run.MadeRoom)
            causes.Add(new(WaitReason.MadeRoom, 0));
        void Ahead(WaitReason reason, int count)
        {
            if (count > 0)
                causes.Add(new(reason, count));
        }

        Ahead(WaitReason.Priority, place.ByPriority);
        Ahead(WaitReason.Quota, place.ByQuota);
        Ahead(WaitReason.Turn, place.ByTurn);
        Ahead(WaitReason.Use, place.ByUse);
        Ahead(WaitReason.Age, place.ByAge);
        // Nothing stands in its way: the scheduler hands it over at its next look.
        if (causes.Count == 0)
            causes.Add(new(WaitReason.Starting, 0));
        return causes;
    }

    // Those at the head of the line: a spec is read for it, and further back the reason is another one anyway.
    private async Task<bool> IsTooLargeAsync(int index, Guid runId, CancellationToken cancellationToken) =>
        index < 50 && capacity.Largest is { } largest && await capacity.ClassOfAsync(runId, cancellationToken) > largest;

    private static async Task<List<RunningRun>> RunningAsync(MiniSoraDbContext context, CancellationToken cancellationToken)
    {
        var rows = await (
            from run in context.Runs.AsNoTracking()
            where run.State == RunState.Running
            join attempt in context.Attempts on new { RunId = run.Id, Number = run.CurrentAttempt } equals new { attempt.RunId, attempt.Number }
            join member in context.Users on run.OwnerId equals member.Id
            orderby attempt.StartedAt
            select new { run, attempt, member.DisplayName, Forecast = context.Set<RunForecast>().FirstOrDefault(forecast => forecast.RunId == run.Id) })
            .ToListAsync(cancellationToken);
        return [.. rows.Select(x => new RunningRun(
            x.run.Id, x.run.Number, x.run.Name, x.run.Kind, x.run.OwnerId, x.DisplayName, x.run.StopRequested, x.run.Step, x.run.TotalSteps, x.run.SecondsLeft,
            x.attempt.Worker, x.attempt.Number, x.attempt.StartedAt, x.attempt.LastHeardAt, x.attempt.LastHeardAt + RunLedger.Silence)
        {
            Whole = x.Forecast?.Whole ?? Duration.Unknown,
        })];
    }

    private static async Task<Dictionary<Guid, WaitingRow>> WaitingRowsAsync(MiniSoraDbContext context, CancellationToken cancellationToken)
    {
        var rows = await (
            from run in context.Runs.AsNoTracking()
            where run.State == RunState.Queued
            join member in context.Users on run.OwnerId equals member.Id
            join forecast in context.Set<RunForecast>() on run.Id equals forecast.RunId into forecasts
            from forecast in forecasts.DefaultIfEmpty()
            select new { run.Id, run.Name, run.Kind, run.CreatedAt, member.DisplayName, Forecast = forecast })
            .ToListAsync(cancellationToken);
        return rows.ToDictionary(x => x.Id, x => new WaitingRow(x.Name, x.Kind, x.CreatedAt, x.DisplayName, x.Forecast?.Whole ?? Duration.Unknown));
    }

    private async Task<List<MemberUse>> MembersAsync(
        MiniSoraDbContext context, Dictionary<Guid, MemberStanding> standings, List<WaitingEntry> waiting, CancellationToken cancellationToken)
    {
        var counts = waiting.GroupBy(entry => entry.OwnerId).ToDictionary(group => group.Key, group => group.Count());
        var ids = standings.Keys.Union(counts.Keys).ToList();
        var names = await context.Users.Where(member => ids.Contains(member.Id)).ToDictionaryAsync(member => member.Id, member => member.DisplayName, cancellationToken);
        return [.. ids.Where(names.ContainsKey)
            .Select(id =>
            {
                var standing = standings.GetValueOrDefault(id) ?? MemberStanding.New;
                return new MemberUse(id, names[id], standing.Weight, standing.Held, counts.GetValueOrDefault(id), standing.UsedSeconds, options.QuotaSeconds * standing.Weight);
            })
            .OrderByDescending(use => use.UsedSeconds / use.Weight)];
    }

    private sealed record WaitingRow(string Name, RunKind Kind, DateTimeOffset CreatedAt, string OwnerName, Duration Whole);
}
