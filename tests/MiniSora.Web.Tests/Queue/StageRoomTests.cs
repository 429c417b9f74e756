using System.Text.Json.Nodes;
using MiniSora.Jobs.Runs;
using MiniSora.Web.Account;
using MiniSora.Web.Queue;
using MiniSora.Web.Roundtables;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Queue;

public class StageRoomTests
{
    [Fact]
    public async Task A_training_run_writes_its_checkpoint_makes_room_for_the_stage_and_goes_on_before_others()
    {
        await using var backend = await BackendAsync(slots: 1);
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var (running, grant) = await StartAsync(backend, tom);
        var (slug, _) = await RoomAsync(backend, mei, grant);
        // Tom has used a device, Ann has not: without the rule hers would go first.
        var other = await backend.SubmitAsync(await backend.MemberAsync("ann"));
        backend.Clock.Advance(TimeSpan.FromSeconds(30));
        await backend.Ledger.HeartbeatAsync(running, grant.Attempt, CancellationToken.None);

        var stage = await TakePromptAsync(backend, slug, mei);
        Assert.Equal(0, await LookAsync(backend));

        Assert.Equal(StopRequest.Yield, await backend.Ledger.WaitForStopAsync(running, grant.Attempt, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Contains(new WaitCause(WaitReason.RoomIsMade, 0), (await backend.Get<QueueBoard>().PlaceOfAsync(stage, CancellationToken.None))!.Causes);

        await backend.ReportAsync(grant, new RunFinished("interrupted", 4, 30, 1, 1) { Seq = 3 });
        await backend.EndAsync(grant);
        backend.Get<RunSlots>().Free(running);
        Assert.Equal(1, await LookAsync(backend));
        Assert.Contains(stage, backend.Get<RunSlots>().Held);
        Assert.Equal(RunState.Queued, (await backend.RunAsync(running)).State);
        var waiting = (await backend.Get<QueueBoard>().LookAsync(CancellationToken.None)).Waiting;
        Assert.Equal([stage, running, other], waiting.Select(entry => entry.Id));
        Assert.Contains(new WaitCause(WaitReason.MadeRoom, 0), waiting[1].Causes);

        // The next attempt is an ordinary one.
        var next = (await backend.Ledger.ClaimAsync(running, "test", CancellationToken.None))!;
        Assert.Null((await backend.RunAsync(running)).StopRequested);
        Assert.Equal(2, next.Attempt);
    }

    [Fact]
    public async Task Only_as_many_leave_as_the_stage_needs_the_lowest_first()
    {
        await using var backend = await BackendAsync(slots: 3);
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var (first, grant) = await StartAsync(backend, tom);
        backend.Clock.Advance(TimeSpan.FromSeconds(1));
        var (second, _) = await StartAsync(backend, tom);
        backend.Clock.Advance(TimeSpan.FromSeconds(1));
        var (third, _) = await StartAsync(backend, tom);
        Assert.Null(await backend.Runs.SetPriorityAsync(first, RunPriority.Low, tom, CancellationToken.None));
        var (slug, _) = await RoomAsync(backend, mei, grant);

        await TakePromptAsync(backend, slug, mei);
        await LookAsync(backend);
        await LookAsync(backend);
        Assert.Equal([first], await YieldingAsync(backend, first, second, third));

        // Of equals the one that has had its device for the shortest time.
        await TakePromptAsync(backend, slug, mei);
        await LookAsync(backend);
        Assert.Equal([first, third], await YieldingAsync(backend, first, second, third));
    }

    [Fact]
    public async Task A_pause_asked_by_its_owner_meanwhile_is_a_pause()
    {
        await using var backend = await BackendAsync(slots: 1);
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var (running, grant) = await StartAsync(backend, tom);
        var (slug, _) = await RoomAsync(backend, mei, grant);
        await TakePromptAsync(backend, slug, mei);
        await LookAsync(backend);

        Assert.Null(await backend.Runs.PauseAsync(running, tom, CancellationToken.None));
        await backend.ReportAsync(grant, new RunFinished("interrupted", 4, 30, 1, 1) { Seq = 3 });
        await backend.EndAsync(grant);

        Assert.Equal((RunState.Paused, null), ((await backend.RunAsync(running)).State, (await backend.RunAsync(running)).StopRequested));
    }

    [Fact]
    public async Task Nothing_leaves_for_a_run_that_only_an_administrator_hurries()
    {
        await using var backend = await BackendAsync(slots: 1);
        var (tom, boss) = (await backend.MemberAsync("tom"), await backend.MemberAsync("boss", administrator: true));
        var (running, _) = await StartAsync(backend, tom);
        var urgent = await backend.SubmitAsync(boss);
        Assert.Null(await backend.Runs.SetPriorityAsync(urgent, RunPriority.Urgent, boss, CancellationToken.None));
        Assert.Equal("priority_not_yours", (await backend.Runs.SetPriorityAsync(urgent, RunPriority.Stage, boss, CancellationToken.None))!.Code);

        await LookAsync(backend);

        Assert.Empty(await YieldingAsync(backend, running));
    }

    [Fact]
    public async Task A_fork_that_was_voted_for_gets_room_from_training_and_gives_it_to_prompts()
    {
        await using var backend = await BackendAsync(slots: 1);
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var (parent, grant) = await StartAsync(backend, tom);
        var (slug, _) = await RoomAsync(backend, mei, grant);
        var rooms = backend.Get<LiveRooms>();
        Assert.Empty(await rooms.ActAsync(slug, "poll", new() { ["runId"] = parent.ToString(), ["options"] = new JsonArray("training.batch=2", "training.batch=8") }, mei, CancellationToken.None));
        Assert.Empty(await rooms.ActAsync(slug, "poll_vote", new() { ["id"] = 2, ["option"] = 1 }, tom, CancellationToken.None));
        Assert.Empty(await rooms.ActAsync(slug, "poll_closed", new() { ["id"] = 2 }, mei, CancellationToken.None));
        var fork = Guid.Parse((await rooms.NowAsync(slug, CancellationToken.None))!.Scene.ForkId!);
        await LookAsync(backend);
        Assert.Equal([parent], await YieldingAsync(backend, parent));
        Assert.Contains(new WaitCause(WaitReason.RoomIsMade, 0), (await backend.Get<QueueBoard>().PlaceOfAsync(fork, CancellationToken.None))!.Causes);

        await backend.ReportAsync(grant, new RunFinished("interrupted", 4, 30, 1, 1) { Seq = 3 });
        await backend.EndAsync(grant);
        backend.Get<RunSlots>().Free(parent);
        await LookAsync(backend);
        Assert.Contains(fork, backend.Get<RunSlots>().Held);
        var forked = (await backend.Ledger.ClaimAsync(fork, "test", CancellationToken.None))!;

        // Another fork does not send this one away, a prompt does.
        var second = Assert.IsType<Submitted>(await backend.Runs.ForkForStageAsync(parent, [], mei, CancellationToken.None)).RunId;
        await LookAsync(backend);
        Assert.Empty(await YieldingAsync(backend, fork));
        var prompt = await TakePromptAsync(backend, slug, mei);
        await LookAsync(backend);
        Assert.Equal([fork], await YieldingAsync(backend, fork));
        Assert.Equal([prompt, second, parent], (await backend.Get<QueueBoard>().LookAsync(CancellationToken.None)).Waiting.Select(entry => entry.Id));
        Assert.Equal(1, forked.Attempt);
    }

    private static Task<Backend> BackendAsync(int slots) =>
        Backend.StartAsync(null, ("Runs:Execute", "true"), ("Runs:Slots", slots.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("urls", "http://127.0.0.1:0"));

    private static Task<int> LookAsync(Backend backend) => backend.Get<RunScheduler>().LookAsync(CancellationToken.None);

    /// <summary>A training run that holds a slot.</summary>
    private static async Task<(Guid RunId, RunGrant Grant)> StartAsync(Backend backend, Viewer owner)
    {
        var started = await backend.RunningAsync(owner);
        backend.Get<RunSlots>().Take(started.RunId);
        return started;
    }

    /// <summary>A live roundtable whose stage samples from a checkpoint of this run.</summary>
    private static async Task<(string Slug, string Checkpoint)> RoomAsync(Backend backend, Viewer presenter, RunGrant grant)
    {
        var checkpoint = await backend.FileAsync(grant, 1, "checkpoint", "step-1.safetensors", [1, 2, 3], step: 1);
        await backend.ReportAsync(grant, checkpoint);
        var roundtables = backend.Get<RoundtableService>();
        var slug = (await roundtables.ProposeAsync("Latte", "All of it", "", present: true, presenter, CancellationToken.None)).Slug!;
        Assert.Null(await roundtables.ArrangeAsync(slug, "", "", "", checkpoint.Sha256, presenter, CancellationToken.None));
        Assert.Empty(await backend.Get<LiveRooms>().ActAsync(slug, "began", [], presenter, CancellationToken.None));
        return (slug, checkpoint.Sha256);
    }

    private static async Task<Guid> TakePromptAsync(Backend backend, string slug, Viewer presenter)
    {
        var rooms = backend.Get<LiveRooms>();
        Assert.Empty(await rooms.ActAsync(slug, "prompt", new() { ["text"] = "a red circle" }, presenter, CancellationToken.None));
        var prompt = (await rooms.NowAsync(slug, CancellationToken.None))!.Prompts.Single(prompt => !prompt.Taken);
        Assert.Empty(await rooms.ActAsync(slug, "prompt_taken", new JsonObject { ["id"] = prompt.Id }, presenter, CancellationToken.None));
        return Guid.Parse((await rooms.NowAsync(slug, CancellationToken.None))!.Prompts.Single(taken => taken.Id == prompt.Id).RunId!);
    }

    private static async Task<List<Guid>> YieldingAsync(Backend backend, params Guid[] runs)
    {
        var yielding = new List<Guid>();
        foreach (var run in runs)
        {
            if ((await backend.RunAsync(run)).StopRequested == StopRequest.Yield)
                yielding.Add(run);
        }

        return yielding;
    }
}
