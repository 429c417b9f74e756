using System.Text.Json.Nodes;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Roundtables;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Roundtables;

public class ForkVoteTests
{
    [Fact]
    public async Task At_the_end_of_a_vote_the_run_forks_with_what_won_and_goes_on_itself()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom, ann) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"), await backend.MemberAsync("ann"));
        var (parent, grant) = await backend.RunningAsync(tom);
        await backend.ReportAsync(grant, await backend.FileAsync(grant, 1, "checkpoint", "step-10", [1, 2, 3], step: 10));
        var slug = await RoomAsync(backend, mei);
        var rooms = backend.Get<LiveRooms>();
        Assert.Empty(await rooms.ActAsync(slug, "poll", Vote(parent, "training.learning_rate=5e-4", "training.beta1=0.8"), mei, CancellationToken.None));
        var poll = (await rooms.NowAsync(slug, CancellationToken.None))!.Polls.Single();
        foreach (var (voter, option) in new[] { (tom, 0), (ann, 0), (mei, 1), (ann, 1) })
            Assert.Empty(await rooms.ActAsync(slug, "poll_vote", new() { ["id"] = poll.Id, ["option"] = option }, voter, CancellationToken.None));

        Assert.Equal("stage_presenter", Assert.Single(await rooms.ActAsync(slug, "poll_closed", new() { ["id"] = poll.Id }, tom, CancellationToken.None)).Code);
        backend.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Empty(await rooms.ActAsync(slug, "poll_closed", new() { ["id"] = poll.Id }, mei, CancellationToken.None));

        var now = (await rooms.NowAsync(slug, CancellationToken.None))!;
        var fork = await backend.RunAsync(Guid.Parse(now.Scene.ForkId!));
        Assert.Equal((parent, 10L, mei.MemberId!.Value, RunPriority.Fork, RunState.Queued), (fork.ParentRunId!.Value, fork.StartStep!.Value, fork.OwnerId, fork.Priority, fork.State));
        Assert.Equal(0.8, Assert.IsType<TrainingSpec>(SpecYaml.Read(fork.SpecYaml).Spec).Training.Beta1);
        Assert.Equal(("run", parent.ToString(), "training.beta1=0.8"), (now.Scene.Kind, now.Scene.RunId, now.Scene.ForkedBy));
        Assert.Equal((now.Scene.ForkId, 1, false), (now.Polls[0].ForkId, now.Polls[0].Chosen, now.Polls[0].Open));
        Assert.Equal((RunState.Running, null), ((await backend.RunAsync(parent)).State, (await backend.RunAsync(parent)).StopRequested));
        // It is over once, also for whoever pressed twice; and the replay knows what was before.
        Assert.Equal("stage_item", Assert.Single(await rooms.ActAsync(slug, "poll_closed", new() { ["id"] = poll.Id }, mei, CancellationToken.None)).Code);
        Assert.Single((await backend.Runs.GetAsync(parent, mei, CancellationToken.None))!.Children);
        Assert.Null((await rooms.AtAsync(slug, 29, CancellationToken.None))!.Scene.ForkId);
        Assert.Equal(now.Scene.ForkId, (await rooms.AtAsync(slug, 31, CancellationToken.None))!.Scene.ForkId);
    }

    [Fact]
    public async Task What_cannot_win_is_refused_with_all_reasons_before_anybody_votes()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (parent, grant) = await backend.RunningAsync(mei);
        var slug = await RoomAsync(backend, mei);
        var rooms = backend.Get<LiveRooms>();
        async Task<IEnumerable<(string, string)>> SaidAsync(Guid run, params string[] sets) =>
            (await rooms.ActAsync(slug, "poll", Vote(run, sets), mei, CancellationToken.None)).Select(reason => (reason.Path, reason.Code)).Order();

        Assert.Equal([("", "fork_no_checkpoint")], await SaidAsync(parent, "training.batch=2", "training.batch=4"));
        await backend.ReportAsync(grant, await backend.FileAsync(grant, 1, "checkpoint", "step-10", [1, 2, 3], step: 10));
        Assert.Equal([("model.width", "spec.start_differs"), ("trainin.x", "spec.unknown_key"), ("training.batch", "spec.out_of_range")], await SaidAsync(parent, "model.width=64", "training.batch=0", "trainin.x=1", "training.beta1=0.8"));
        Assert.Equal([("", "not_found")], await SaidAsync(Guid.NewGuid(), "training.batch=2", "training.batch=4"));
        Assert.Empty((await rooms.NowAsync(slug, CancellationToken.None))!.Polls);
    }

    [Fact]
    public async Task When_nobody_votes_nothing_forks()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (parent, grant) = await backend.RunningAsync(mei);
        await backend.ReportAsync(grant, await backend.FileAsync(grant, 1, "checkpoint", "step-10", [1, 2, 3], step: 10));
        var slug = await RoomAsync(backend, mei);
        var rooms = backend.Get<LiveRooms>();
        Assert.Empty(await rooms.ActAsync(slug, "poll", Vote(parent, "training.batch=2", "training.batch=4"), mei, CancellationToken.None));
        Assert.Empty(await rooms.ActAsync(slug, "poll_closed", new() { ["id"] = 2 }, mei, CancellationToken.None));
        var poll = (await rooms.NowAsync(slug, CancellationToken.None))!.Polls.Single();
        Assert.Equal((false, null, null), (poll.Open, poll.ForkId, poll.Chosen));
        Assert.Empty((await backend.Runs.GetAsync(parent, mei, CancellationToken.None))!.Children);
    }

    private static JsonObject Vote(Guid run, params string[] sets) => new() { ["runId"] = run.ToString(), ["options"] = new JsonArray([.. sets.Select(set => (JsonNode)set)]) };

    private static async Task<string> RoomAsync(Backend backend, Viewer presenter)
    {
        var slug = (await backend.Get<RoundtableService>().ProposeAsync("Latte", "All of it", "", present: true, presenter, CancellationToken.None)).Slug!;
        Assert.Empty(await backend.Get<LiveRooms>().ActAsync(slug, "began", [], presenter, CancellationToken.None));
        return slug;
    }
}
