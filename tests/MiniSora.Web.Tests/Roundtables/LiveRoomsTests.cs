using System.Text.Json.Nodes;
using MiniSora.Web.Account;
using MiniSora.Web.Roundtables;

namespace MiniSora.Web.Tests.Roundtables;

public class LiveRoomsTests
{
    [Fact]
    public async Task The_replay_shows_each_second_as_it_was()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var slug = (await backend.Get<RoundtableService>().ProposeAsync("Latte", "All of it", "latte", present: true, mei, CancellationToken.None)).Slug!;
        var rooms = backend.Get<LiveRooms>();
        await DoAsync(rooms, slug, "began", [], mei);
        backend.Clock.Advance(TimeSpan.FromSeconds(10));
        await DoAsync(rooms, slug, "prompt", new() { ["text"] = "a cat" }, tom);
        backend.Clock.Advance(TimeSpan.FromSeconds(10));
        await DoAsync(rooms, slug, "prompt_vote", new() { ["id"] = 2 }, mei);
        Assert.Equal("stage_presenter", Assert.Single(await rooms.ActAsync(slug, "prompt_taken", new() { ["id"] = 2 }, tom, CancellationToken.None)).Code);
        Assert.Equal("not_signed_in", Assert.Single(await rooms.ActAsync(slug, "prompt", new() { ["text"] = "x" }, Viewer.Visitor, CancellationToken.None)).Code);
        await DoAsync(rooms, slug, "prompt_taken", new() { ["id"] = 2 }, mei);
        backend.Clock.Advance(TimeSpan.FromSeconds(10));
        await DoAsync(rooms, slug, "ended", [], mei);

        Assert.Empty((await rooms.AtAsync(slug, 9, CancellationToken.None))!.Prompts);
        Assert.Equal(0, (await rooms.AtAsync(slug, 19, CancellationToken.None))!.Prompts.Single().Votes);
        Assert.Equal((1, true), Of((await rooms.AtAsync(slug, 20, CancellationToken.None))!));
        Assert.Equal(5, (await rooms.MarksAsync(slug, CancellationToken.None))!.Count);
        Assert.Equal(RoundtableState.Held, (await backend.Get<RoundtableService>().GetAsync(slug, tom, CancellationToken.None))!.Roundtable.State);
        Assert.Equal("stage_over", Assert.Single(await rooms.ActAsync(slug, "prompt", new() { ["text"] = "x" }, tom, CancellationToken.None)).Code);

        static (int, bool) Of(StageView view) => (view.Prompts.Single().Votes, view.Prompts.Single().Taken);
    }

    [Fact]
    public async Task Two_votes_of_one_member_at_once_are_one_vote_moved()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var slug = (await backend.Get<RoundtableService>().ProposeAsync("Latte", "All of it", "", present: true, mei, CancellationToken.None)).Slug!;
        var rooms = backend.Get<LiveRooms>();
        await DoAsync(rooms, slug, "prompt", new() { ["text"] = "a" }, mei);
        await DoAsync(rooms, slug, "prompt", new() { ["text"] = "b" }, mei);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(k => Task.Run(() => rooms.ActAsync(slug, "prompt_vote", new() { ["id"] = 1 + (k % 2) }, tom, CancellationToken.None))));
        Assert.InRange((await rooms.NowAsync(slug, CancellationToken.None))!.Prompts.Sum(prompt => prompt.Votes), 0, 1);
    }

    [Fact]
    public async Task A_script_that_floods_the_room_is_slowed_down()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var slug = (await backend.Get<RoundtableService>().ProposeAsync("Latte", "All of it", "", present: true, mei, CancellationToken.None)).Slug!;
        var rooms = backend.Get<LiveRooms>();
        for (var k = 0; k < 15; k++)
            await DoAsync(rooms, slug, "question", new() { ["text"] = $"Why {k}?" }, tom);
        Assert.Equal("stage_pace", Assert.Single(await rooms.ActAsync(slug, "question", new() { ["text"] = "Why?" }, tom, CancellationToken.None)).Code);
        backend.Clock.Advance(TimeSpan.FromSeconds(11));
        await DoAsync(rooms, slug, "question", new() { ["text"] = "Why?" }, tom);
    }

    private static async Task DoAsync(LiveRooms rooms, string slug, string type, JsonObject data, Viewer viewer) => Assert.Empty(await rooms.ActAsync(slug, type, data, viewer, CancellationToken.None));
}
