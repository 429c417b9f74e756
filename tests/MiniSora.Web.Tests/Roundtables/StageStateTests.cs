using System.Text.Json.Nodes;
using MiniSora.Web.Roundtables;

namespace MiniSora.Web.Tests.Roundtables;

public sealed class StageStateTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Mei = Guid.NewGuid(), Tom = Guid.NewGuid();

    [Fact]
    public void A_member_has_one_vote_in_the_queue_and_it_moves()
    {
        var state = Of(("prompt", Mei, new() { ["text"] = "a cat" }), ("prompt", Tom, new() { ["text"] = "红灯笼" }), ("prompt_vote", Mei, new() { ["id"] = 1 }), ("prompt_vote", Tom, new() { ["id"] = 1 }), ("prompt_vote", Mei, new() { ["id"] = 2 }));
        Assert.Equal([1, 1], state.Prompts.Select(prompt => prompt.Voters.Count));
        Assert.Equal(2, MineView.Of(state, Mei).Prompt);
        Assert.Empty(state.After(Event(6, "prompt_vote", Mei, new() { ["id"] = 2 })).Prompts[1].Voters);
    }

    [Fact]
    public void A_vote_for_a_prompt_that_was_taken_is_spent()
    {
        var state = Of(("prompt", Mei, new() { ["text"] = "a cat" }), ("prompt_vote", Mei, new() { ["id"] = 1 }), ("prompt_taken", Tom, new() { ["id"] = 1, ["runId"] = "r" }), ("prompt", Mei, new() { ["text"] = "a dog" }), ("prompt_vote", Mei, new() { ["id"] = 4 }));
        Assert.Equal([1, 1], state.Prompts.Select(prompt => prompt.Voters.Count));
        Assert.Equal(("clips", "r"), (state.Scene.Kind, state.Scene.RunId));
    }

    [Fact]
    public void A_member_answers_a_poll_once_and_may_change_their_mind()
    {
        var state = Of(("poll", Mei, new() { ["text"] = "Which?", ["options"] = new JsonArray("lr × 0.5", "EMA") }), ("poll_vote", Tom, new() { ["id"] = 1, ["option"] = 0 }), ("poll_vote", Tom, new() { ["id"] = 1, ["option"] = 1 }));
        Assert.Equal([0, 1], StageView.Of(state, 0).Polls[0].Options.Select(option => option.Votes));
    }

    [Fact]
    public void A_vote_on_how_a_run_goes_on_ends_with_the_setting_that_leads_of_equals_the_earlier_one()
    {
        var run = Guid.NewGuid().ToString();
        var state = Of(
            ("began", Mei, []), ("run", Mei, new() { ["runId"] = run, ["metric"] = "val/loss" }),
            ("poll", Mei, new() { ["runId"] = run, ["text"] = "", ["options"] = new JsonArray("training.learning_rate=1e-4", "training.batch=8", "training.beta1=0.8") }));
        Assert.Null(state.Polls[0].Leading);
        state = state.After(Event(4, "poll_vote", Tom, new() { ["id"] = 3, ["option"] = 2 }));
        Assert.Equal(2, state.Polls[0].Leading);
        state = state.After(Event(5, "poll_vote", Mei, new() { ["id"] = 3, ["option"] = 1 }));
        Assert.Equal(1, state.Polls[0].Leading);

        var scene = StageView.Of(state.After(Event(6, "poll_closed", Mei, new() { ["id"] = 3, ["runId"] = "f", ["option"] = 1 })), 0).Scene;
        Assert.Equal(("run", run, "val/loss", "f", "training.batch=8"), (scene.Kind, scene.RunId, scene.Metric, scene.ForkId, scene.ForkedBy));
        // Nobody voted, or an ordinary poll: the stage stays as it was.
        Assert.Equal(("run", null), (state.After(Event(6, "poll_closed", Mei, new() { ["id"] = 3 })).Scene.Kind, state.After(Event(6, "poll_closed", Mei, new() { ["id"] = 3 })).Scene.ForkId));
    }

    [Fact]
    public void Options_of_a_fork_are_few_and_differ_and_one_vote_is_open_at_a_time()
    {
        var run = Guid.NewGuid().ToString();
        var state = Of(("began", Mei, []));
        JsonObject Vote(params string[] options) => new() { ["runId"] = run, ["text"] = "", ["options"] = new JsonArray([.. options.Select(option => (JsonNode)option)]) };
        string? Said(StageState state, JsonObject asked, bool presents = true) => StageRules.Check(state, "poll", asked, presents).Refusal?.Code;
        Assert.Null(Said(state, Vote("a=1", "b=2", "", "c=3", "d=4")));
        Assert.Equal("stage_fork", Said(state, Vote("a=1", " ")));
        Assert.Equal("stage_fork", Said(state, Vote("a=1", " a=1")));
        Assert.Equal("stage_fork", Said(state, Vote("a=1", "b=2", "c=3", "d=4", "e=5")));
        Assert.Equal("stage_fork", Said(state, Vote("a=1", new string('x', 121))));
        Assert.Equal("stage_run", Said(state, new() { ["runId"] = "x", ["options"] = new JsonArray("a=1", "b=2") }));
        Assert.Equal("stage_presenter", Said(state, Vote("a=1", "b=2"), presents: false));
        var open = state.After(Event(2, "poll", Mei, Vote("a=1", "b=2")));
        Assert.Equal("stage_fork_open", Said(open, Vote("c=1", "d=2")));
        Assert.Null(Said(open, new() { ["text"] = "Another?", ["options"] = new JsonArray("yes", "no") }));
        Assert.Null(Said(open.After(Event(3, "poll_closed", Mei, new() { ["id"] = 2 })), Vote("c=1", "d=2")));
    }

    [Fact]
    public void Every_prefix_of_a_log_has_the_state_that_was_seen_then()
    {
        var log = Log();
        var seen = log.Aggregate(new List<StageState> { StageState.Empty }, (states, happened) => [.. states, states[^1].After(happened)]);
        for (var count = 0; count <= log.Count; count++)
            Assert.Equal(System.Text.Json.JsonSerializer.Serialize(StageView.Of(seen[count], 0)), System.Text.Json.JsonSerializer.Serialize(StageView.Of(StageState.Of(log.Take(count)), 0)));
    }

    [Theory]
    [InlineData("prompt", true, null)]
    [InlineData("slide", true, "stage_presenter")]
    [InlineData("ended", true, "stage_presenter")]
    [InlineData("prompt_taken", true, "stage_presenter")]
    [InlineData("poll_vote", false, "stage_not_begun")]
    [InlineData("become_admin", true, "stage_unknown")]
    public void The_audience_may_do_what_the_audience_may(string type, bool began, string? refusal)
    {
        var state = began ? Of(("began", Mei, [])) : StageState.Empty;
        Assert.Equal(refusal, StageRules.Check(state, type, new() { ["text"] = "a cat" }, isPresenter: false).Refusal?.Code);
    }

    [Fact]
    public void Slides_come_from_this_portal_alone()
    {
        var ours = $"/files/{new string('a', 64)}/slide.png";
        Assert.Null(StageRules.Check(StageState.Empty, "slides", new() { ["urls"] = new JsonArray(ours) }, true).Refusal);
        Assert.Equal("stage_slides", StageRules.Check(StageState.Empty, "slides", new() { ["urls"] = new JsonArray(ours, "https://evil.example/x.png") }, true).Refusal?.Code);
    }

    [Fact]
    public void Notes_written_on_old_ones_are_refused()
    {
        var state = Of(("note", Mei, new() { ["language"] = "en", ["text"] = "first" }));
        Assert.Equal("stage_notes_changed", StageRules.Check(state, "note", new() { ["language"] = "en", ["text"] = "mine", ["base"] = 0 }, false).Refusal?.Code);
        Assert.Null(StageRules.Check(state, "note", new() { ["language"] = "en", ["text"] = "mine", ["base"] = 1 }, false).Refusal);
        Assert.Null(StageRules.Check(state, "note", new() { ["language"] = "zh-CN", ["text"] = "我的", ["base"] = 0 }, false).Refusal);
    }

    private static List<StageEvent> Log() =>
    [
        Event(1, "began", Mei, []), Event(2, "prompt", Tom, new() { ["text"] = "a cat" }), Event(3, "prompt_vote", Mei, new() { ["id"] = 2 }), Event(4, "question", Tom, new() { ["text"] = "Why v?" }),
        Event(5, "question_vote", Mei, new() { ["id"] = 4 }), Event(6, "poll", Mei, new() { ["text"] = "Which?", ["options"] = new JsonArray("a", "b") }), Event(7, "poll_vote", Tom, new() { ["id"] = 6, ["option"] = 1 }),
        Event(8, "prompt_taken", Mei, new() { ["id"] = 2 }), Event(9, "note", Tom, new() { ["language"] = "zh-CN", ["text"] = "**重点**" }), Event(10, "later_version", Mei, []), Event(11, "ended", Mei, []),
    ];

    private static StageState Of(params (string Type, Guid Member, JsonObject Data)[] events) => StageState.Of(events.Select((e, at) => Event(at + 1, e.Type, e.Member, e.Data)));

    private static StageEvent Event(long seq, string type, Guid member, JsonObject data) => new(seq, Noon.AddSeconds(seq), member, "somebody", type, data);
}
