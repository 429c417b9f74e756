using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Moderation;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Roundtables;

/// <summary>The rooms of roundtables: actions go in, become events of the log, and everybody sees the state that follows.</summary>
public sealed class LiveRooms
{
    /// <summary>Actions of one member within <see cref="Pace"/>; more is a script.</summary>
    private const int MostPerPace = 15;

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(10);

    /// <summary>A portal that did not repeat its count for so long is gone: three times what <see cref="Portals.PortalTalk"/> takes to say it again.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(90);

    private readonly ConcurrentDictionary<Guid, Room> rooms = new();
    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunWriting writing;
    private readonly Standing standing;
    private readonly RunService runs;
    private readonly TimeProvider clock;

    internal LiveRooms(IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, Standing standing, RunService runs, TimeProvider clock) =>
        (this.contexts, this.writing, this.standing, this.runs, this.clock) = (contexts, writing, standing, runs, clock);

    /// <summary>Raised with the roundtable's id when its state changed.</summary>
    internal event Action<Guid>? Changed;

    /// <summary>Something was done here: for whoever tells other portals.</summary>
    internal event Action<Guid>? Acted;

    /// <summary>So many look at a room here now: for whoever tells other portals.</summary>
    internal event Action<Guid, int>? Counted;

    /// <summary>The state now; null when there is no such roundtable.</summary>
    public async Task<StageView?> NowAsync(string slug, CancellationToken cancellationToken) =>
        await FindAsync(slug, cancellationToken) is { } room ? StageView.Of(room.State, room.Here, room.Made) : null;

    internal StageView Now(Guid id) => rooms.TryGetValue(id, out var room) ? StageView.Of(room.State, room.Here, room.Made) : StageView.Of(StageState.Empty, 0);

    /// <summary>What a member voted for.</summary>
    public async Task<MineView?> MineAsync(string slug, Guid memberId, CancellationToken cancellationToken) =>
        await FindAsync(slug, cancellationToken) is { } room ? MineView.Of(room.State, memberId) : null;

    /// <summary>The state a number of seconds after the roundtable began; null when there is no such roundtable or it has not begun.</summary>
    public async Task<StageView?> AtAsync(string slug, double seconds, CancellationToken cancellationToken)
    {
        if (await FindAsync(slug, cancellationToken) is not { } room || room.BeganAt is not { } began)
            return null;
        var until = began + TimeSpan.FromSeconds(Math.Clamp(seconds, 0, TimeSpan.FromDays(2).TotalSeconds));
        return StageView.Of(StageState.Of((await EventsAsync(room.Id, -1, cancellationToken)).TakeWhile(happened => happened.At <= until)), 0);
    }

    /// <summary>When what happened, in seconds after the beginning, for the marks of the replay.</summary>
    public async Task<IReadOnlyList<ReplayMark>?> MarksAsync(string slug, CancellationToken cancellationToken)
    {
        if (await FindAsync(slug, cancellationToken) is not { } room || room.BeganAt is not { } began)
            return null;
        return [.. (await EventsAsync(room.Id, -1, cancellationToken)).Where(happened => happened.At >= began).Select(happened => new ReplayMark(Math.Round((happened.At - began).TotalSeconds, 1), happened.Type))];
    }

    /// <summary>Why somebody may not change what the stage shows now; null when they may.</summary>
    internal async Task<Refusal?> MayShowAsync(string slug, Viewer viewer, CancellationToken cancellationToken) =>
        await FindAsync(slug, cancellationToken) is not { } room ? new("not_found")
        : StageRules.Check(room.State, "blank", [], viewer.IsModerator || room.PresenterId == viewer.MemberId).Refusal;

    /// <summary>Does something in a room. Empty when done, else all reasons against it.</summary>
    public async Task<IReadOnlyList<Refusal>> ActAsync(string slug, string type, JsonObject asked, Viewer viewer, CancellationToken cancellationToken)
    {
        if (viewer.MemberId is not { } member)
            return [new("not_signed_in")];
        if (await FindAsync(slug, cancellationToken) is not { } room)
            return [new("not_found")];

        // One after the other within a room: a vote is checked against the state that it changes.
        await room.Gate.WaitAsync(cancellationToken);
        try
        {
            if (await ActAsync(room, type, asked, viewer, member, cancellationToken) is { Count: > 0 } reasons)
                return reasons;
        }
        finally
        {
            room.Gate.Release();
        }

        Changed?.Invoke(room.Id);
        Acted?.Invoke(room.Id);
        return [];
    }

    private async Task<IReadOnlyList<Refusal>> ActAsync(Room room, string type, JsonObject asked, Viewer viewer, Guid member, CancellationToken cancellationToken)
    {
        var isPresenter = viewer.IsModerator || room.PresenterId == member;
        StageRun? run = null;
        if (type is "prompt_taken" or "poll" or "poll_closed")
        {
            // A run is submitted in a transaction of its own; whether the prompt is still there to take, or the vote open, is asked again in the one that stores.
            await CatchUpAsync(room, cancellationToken);
            var (data, refusal) = StageRules.Check(room.State, type, asked, isPresenter);
            if (refusal is not null)
                return [refusal];
            var (made, refused) = await RunOfAsync(room, type, data!, viewer, cancellationToken);
            if (refused.Count > 0)
                return refused;
            run = made;
        }

        var (state, reasons) = await StoreAsync(room, type, asked, run, viewer, member, cancellationToken);
        if (state is null && run is { } unwanted)
            await runs.CancelAsync(unwanted.Id, viewer, cancellationToken);
        room.State = state ?? room.State;
        return reasons;
    }

    // The run that an action submits, if any, or every reason why it cannot.
    private async Task<(StageRun? Run, IReadOnlyList<Refusal> Reasons)> RunOfAsync(Room room, string type, JsonObject data, Viewer viewer, CancellationToken cancellationToken)
    {
        int? option = null;
        SubmitResult submitted;
        if (type == "prompt_taken")
        {
            if (room.Checkpoint.Length == 0)
                return (null, []);
            var prompt = room.State.Prompts.Single(prompt => prompt.Id == StageState.Whole(data["id"]));
            var spec = new SamplingSpec { Name = Shortened(prompt.Text), Checkpoint = room.Checkpoint, Prompt = prompt.Text, Clips = 1, Seed = prompt.Id };
            submitted = await runs.SubmitForStageAsync(spec, viewer, cancellationToken);
        }
        else if (type == "poll")
        {
            // What cannot win is refused before anybody votes for it.
            var reasons = new List<Refusal>();
            if (data["runId"] is { } parent)
            {
                foreach (var set in data["options"]!.AsArray())
                    reasons.AddRange(await runs.CheckForkAsync(Guid.Parse(parent.GetValue<string>()), [set!.GetValue<string>()], viewer, cancellationToken));
            }

            return (null, [.. reasons.DistinctBy(reason => (reason.Code, reason.Path, string.Join('|', reason.Arguments.Values)))]);
        }
        else
        {
            var poll = room.State.Polls.Single(poll => poll.Id == StageState.Whole(data["id"]));
            if (poll.RunId is null || poll.Leading is not { } leading)
                return (null, []);
            option = leading;
            submitted = await runs.ForkForStageAsync(Guid.Parse(poll.RunId), [poll.Options[leading]], viewer, cancellationToken);
        }

        return submitted is Submitted { RunId: var id } ? (new(id, option), []) : (null, ((Refused)submitted).Reasons);
    }

    /// <summary>Another portal did something in a room, or may have: reads it where somebody looks at that room here.</summary>
    internal async Task CatchUpAsync(Guid id, CancellationToken cancellationToken)
    {
        if (!rooms.TryGetValue(id, out var room))
            return;
        await room.Gate.WaitAsync(cancellationToken);
        try
        {
            await CatchUpAsync(room, cancellationToken);
        }
        finally
        {
            room.Gate.Release();
        }

        Changed?.Invoke(id);
    }

    /// <summary>The same for all rooms.</summary>
    internal async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        foreach (var id in rooms.Keys)
            await CatchUpAsync(id, cancellationToken);
    }

    /// <summary>So many look at a room at another portal. What it does not repeat is forgotten: it may have died.</summary>
    internal void CountElsewhere(string portal, Guid id, int here)
    {
        if (!rooms.TryGetValue(id, out var room))
            return;
        var before = room.Here;
        // Who is new does not know how many look here.
        if (room.CountElsewhere(portal, here, clock.GetUtcNow()) && room.HereOwn > 0)
            Counted?.Invoke(id, room.HereOwn);
        if (room.Here != before)
            Changed?.Invoke(id);
    }

    /// <summary>Says again how many look at each room here.</summary>
    internal void CountAgain()
    {
        foreach (var room in rooms.Values)
        {
            if (room.ForgetSilent(clock.GetUtcNow() - Quiet))
                Changed?.Invoke(room.Id);
            if (room.HereOwn > 0)
                Counted?.Invoke(room.Id, room.HereOwn);
        }
    }

    // The caller holds the gate.
    private async Task CatchUpAsync(Room room, CancellationToken cancellationToken)
    {
        foreach (var happened in await EventsAsync(room.Id, room.State.Seq, cancellationToken))
            room.State = room.State.After(happened);
    }

    /// <summary>Somebody came to look (+1) or left (−1).</summary>
    internal async Task<Guid?> CountAsync(string slug, int change, CancellationToken cancellationToken)
    {
        if (await FindAsync(slug, cancellationToken) is not { } room)
            return null;
        room.Count(change);
        Changed?.Invoke(room.Id);
        Counted?.Invoke(room.Id, room.HereOwn);
        return room.Id;
    }

    /// <summary>Something happened to a run: the rooms on whose stage it stands hear of what it made. Called on the thread that stored it.</summary>
    internal void Heard(Guid runId, LiveEvent happened)
    {
        if (happened.Type != "artifact" || happened.Data["kind"]?.GetValue<string>() is not ("video" or EstimateFile.Kind))
            return;
        var data = happened.Data;
        var id = runId.ToString();
        foreach (var room in rooms.Values.Where(room => room.State.Scene is { Kind: "clips" } scene && scene.RunId == id))
        {
            room.Made = new(id, (int)data["index"]!, (long)data["step"]!, (long?)data["steps"], (string)data["url"]!, (string?)data["prompt"]);
            Changed?.Invoke(room.Id);
        }
    }

    internal void Left(Guid id)
    {
        if (rooms.TryGetValue(id, out var room))
        {
            room.Count(-1);
            Counted?.Invoke(id, room.HereOwn);
        }

        Changed?.Invoke(id);
    }

    // The state after it, or every reason against it.
    private Task<(StageState? State, IReadOnlyList<Refusal> Reasons)> StoreAsync(Room room, string type, JsonObject asked, StageRun? run, Viewer viewer, Guid member, CancellationToken cancellationToken) =>
        writing.DoAsync<(StageState?, IReadOnlyList<Refusal>)>(
            async write =>
            {
                // Here nobody else writes, at no portal.
                var state = room.State;
                foreach (var before in await EventsAsync(write.Context, room.Id, state.Seq, cancellationToken))
                    state = state.After(before);
                var (data, refusal) = StageRules.Check(state, type, asked, viewer.IsModerator || room.PresenterId == member);
                if (refusal is not null)
                    return (null, [refusal]);
                if (run is not null)
                    data!["runId"] = run.Id.ToString();
                // Which option the fork was made of: a vote of another portal in this very moment may have changed which one leads.
                if (run?.Option is { } option)
                    data!["option"] = option;
                var texts = new[] { data!["text"]?.GetValue<string>() ?? "" };
                var reasons = await standing.CheckAsync(write, viewer, texts, cancellationToken);
                var since = write.Now - Pace;
                if (await write.Context.RoundtableEvents.CountAsync(e => e.RoundtableId == room.Id && e.MemberId == member && e.At > since, cancellationToken) >= MostPerPace && room.PresenterId != member)
                    reasons.Add(new("stage_pace"));
                if (reasons.Count > 0)
                    return (null, reasons);
                var name = await write.Context.Users.Where(user => user.Id == member).Select(user => user.DisplayName).SingleAsync(cancellationToken);
                var happened = new StageEvent(state.Seq + 1, write.Now, member, name, type, data);
                write.Context.RoundtableEvents.Add(new() { RoundtableId = room.Id, Seq = happened.Seq, At = happened.At, MemberId = member, MemberName = name, Type = type, Json = data.ToJsonString() });
                if (type is "began" or "ended")
                {
                    var roundtable = await write.Context.Roundtables.SingleAsync(roundtable => roundtable.Id == room.Id, cancellationToken);
                    if (type == "began")
                    {
                        roundtable.State = RoundtableState.Live;
                        roundtable.BeganAt ??= write.Now;
                        roundtable.StartsAt ??= write.Now;
                        roundtable.EndedAt = null;
                        room.BeganAt = roundtable.BeganAt;
                        write.Announce(new(null, WebhookEvents.RoundtableLive, $"live {room.Id:N}", "", roundtable.Title, roundtable.TitleZh, "/roundtables/" + roundtable.Slug));
                    }
                    else
                    {
                        (roundtable.State, roundtable.EndedAt) = (RoundtableState.Held, write.Now);
                    }
                }

                return (state.After(happened), []);
            },
            cancellationToken);

    private async Task<Room?> FindAsync(string slug, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.Roundtables.AsNoTracking().Where(roundtable => roundtable.Slug == slug)
            .Select(roundtable => new { roundtable.Id, roundtable.PresenterId, roundtable.StageCheckpoint, roundtable.BeganAt }).SingleOrDefaultAsync(cancellationToken);
        if (found is null)
            return null;
        if (!rooms.TryGetValue(found.Id, out var room))
            room = rooms.GetOrAdd(found.Id, new Room(found.Id, StageState.Of(await EventsAsync(found.Id, -1, cancellationToken))));
        (room.PresenterId, room.Checkpoint, room.BeganAt) = (found.PresenterId, found.StageCheckpoint, found.BeganAt);
        return room;
    }

    private async Task<List<StageEvent>> EventsAsync(Guid id, long after, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await EventsAsync(context, id, after, cancellationToken);
    }

    private static async Task<List<StageEvent>> EventsAsync(MiniSoraDbContext context, Guid id, long after, CancellationToken cancellationToken)
    {
        var rows = await context.RoundtableEvents.AsNoTracking().Where(happened => happened.RoundtableId == id && happened.Seq > after).OrderBy(happened => happened.Seq).ToListAsync(cancellationToken);
        return [.. rows.Select(row => new StageEvent(row.Seq, row.At, row.MemberId ?? Guid.Empty, row.MemberName, row.Type, JsonNode.Parse(row.Json)!.AsObject()))];
    }

    /// <param name="Option">The option of a vote that it was made of.</param>
    private sealed record StageRun(Guid Id, int? Option);

    private static string Shortened(string text) => text.Length <= 80 ? text : text[..80];

    private sealed class Room(Guid id, StageState state)
    {
        private readonly ConcurrentDictionary<string, (int Here, DateTimeOffset At)> elsewhere = new();
        private int here;

        public Guid Id { get; } = id;

        public SemaphoreSlim Gate { get; } = new(1);

        public StageState State { get; set; } = state;

        public Guid? PresenterId { get; set; }

        public string Checkpoint { get; set; } = "";

        public DateTimeOffset? BeganAt { get; set; }

        public MadeView? Made { get; set; }

        public int HereOwn => Math.Max(0, here);

        public int Here => HereOwn + elsewhere.Values.Sum(portal => portal.Here);

        public void Count(int change) => Interlocked.Add(ref here, change);

        public bool CountElsewhere(string portal, int there, DateTimeOffset at)
        {
            var isNew = !elsewhere.ContainsKey(portal);
            elsewhere[portal] = (there, at);
            return isNew;
        }

        public bool ForgetSilent(DateTimeOffset before) =>
            elsewhere.Where(portal => portal.Value.At < before).ToList() is { Count: > 0 } silent && silent.TrueForAll(portal => elsewhere.TryRemove(portal));
    }
}

/// <summary>A mark of the replay.</summary>
public sealed record ReplayMark(double At, string Type);
