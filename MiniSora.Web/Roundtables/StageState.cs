using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace MiniSora.Web.Roundtables;

/// <summary>An event as the fold reads it.</summary>
/// <param name="MemberId">Empty after the account was deleted: such a vote counts for one unknown person each.</param>
internal sealed record StageEvent(long Seq, DateTimeOffset At, Guid MemberId, string MemberName, string Type, JsonObject Data);

/// <summary>What the stage shows.</summary>
/// <param name="Kind"><c>blank</c>, <c>slide</c>, <c>run</c> (a curve) or <c>clips</c> (what a run sampled).</param>
internal sealed record StageScene(string Kind, ImmutableArray<string> Slides, int Slide, string? RunId, string? Metric)
{
    /// <summary>The run that the audience let fork from <see cref="RunId"/>: both curves are shown.</summary>
    public string? ForkId { get; init; }

    /// <summary>The file that the slides are the pages of; null when they came as pictures.</summary>
    public string? Pdf { get; init; }

    public static StageScene Blank { get; } = new("blank", [], 0, null, null);
}

/// <summary>A prompt of the audience. Whoever asked for it may vote for it too.</summary>
internal sealed record StagePrompt(long Id, string Text, string By, ImmutableHashSet<string> Voters, bool Taken, string? RunId);

internal sealed record StageQuestion(long Id, string Text, string By, ImmutableHashSet<string> Voters, bool Answered);

/// <param name="Answers">The option each member chose.</param>
internal sealed record StagePoll(long Id, string Question, ImmutableArray<string> Options, ImmutableDictionary<string, int> Answers, bool Open)
{
    /// <summary>The training run that is to fork; its options are then settings of the fork, <c>path=value</c>. Null for a question like any other.</summary>
    public string? RunId { get; init; }

    /// <summary>The fork that the vote made.</summary>
    public string? ForkId { get; init; }

    /// <summary>The option that <see cref="ForkId"/> was made of.</summary>
    public int? Chosen { get; init; }

    /// <summary>The option with most votes, of equals the earliest; null when nobody voted.</summary>
    public int? Leading => Answers.IsEmpty ? null : Enumerable.Range(0, Options.Length).MaxBy(option => Answers.Values.Count(answer => answer == option));
}

/// <summary>Shared notes in one language, and the event that wrote them last.</summary>
internal sealed record StageNotes(string Text, long Seq);

/// <summary>
/// What a roundtable looks like after some of its events: the one place that gives events their meaning. Live viewers, late joiners
/// and the replay all see a state that was made here from the same log.
/// </summary>
internal sealed record StageState(
    long Seq, bool Began, bool Ended, StageScene Scene, ImmutableArray<StagePrompt> Prompts, ImmutableArray<StageQuestion> Questions, ImmutableArray<StagePoll> Polls,
    ImmutableDictionary<string, StageNotes> Notes)
{
    public static StageState Empty { get; } = new(0, false, false, StageScene.Blank, [], [], [], ImmutableDictionary<string, StageNotes>.Empty);

    /// <summary>The state after these events, which come in order.</summary>
    public static StageState Of(IEnumerable<StageEvent> events) => events.Aggregate(Empty, (state, happened) => state.After(happened));

    /// <summary>The state after one more event. An event that fits nothing (a later version's) changes the number only.</summary>
    public StageState After(StageEvent happened)
    {
        var data = happened.Data;
        var voter = happened.MemberId == Guid.Empty ? $"?{happened.Seq}" : happened.MemberId.ToString("N");
        var next = happened.Type switch
        {
            "began" => this with { Began = true, Ended = false },
            "ended" => this with { Ended = true },
            "blank" => this with { Scene = Scene with { Kind = "blank" } },
            "slides" => this with { Scene = Scene with { Kind = "slide", Slides = [.. data["urls"]!.AsArray().Select(url => url!.GetValue<string>())], Slide = 0, Pdf = Maybe(data, "pdf") } },
            "slide" => this with { Scene = Scene with { Kind = "slide", Slide = Number(data, "at") } },
            "run" => this with { Scene = Scene with { Kind = "run", RunId = Text(data, "runId"), Metric = Text(data, "metric"), ForkId = null } },
            "clips" => this with { Scene = Scene with { Kind = "clips", RunId = Text(data, "runId") } },
            "prompt" => this with { Prompts = Prompts.Add(new(happened.Seq, Text(data, "text"), happened.MemberName, [], false, null)) },
            "prompt_vote" => this with { Prompts = [.. Prompts.Select(prompt => Vote(prompt, voter, Id(data)))] },
            "prompt_taken" => this with
            {
                Prompts = [.. Prompts.Select(prompt => prompt.Id == Id(data) ? prompt with { Taken = true, RunId = Maybe(data, "runId") } : prompt)],
                Scene = Maybe(data, "runId") is { } run ? Scene with { Kind = "clips", RunId = run } : Scene,
            },
            "question" => this with { Questions = Questions.Add(new(happened.Seq, Text(data, "text"), happened.MemberName, [], false)) },
            "question_vote" => this with { Questions = [.. Questions.Select(question => question.Id == Id(data) ? question with { Voters = Toggled(question.Voters, voter) } : question)] },
            "answered" => this with { Questions = [.. Questions.Select(question => question.Id == Id(data) ? question with { Answered = true } : question)] },
            "poll" => this with { Polls = Polls.Add(new(happened.Seq, Text(data, "text"), [.. data["options"]!.AsArray().Select(option => option!.GetValue<string>())], ImmutableDictionary<string, int>.Empty, true) { RunId = Maybe(data, "runId") }) },
            "poll_vote" => this with { Polls = [.. Polls.Select(poll => poll.Id == Id(data) ? poll with { Answers = poll.Answers.SetItem(voter, Number(data, "option")) } : poll)] },
            "poll_closed" => this with
            {
                Polls = [.. Polls.Select(poll => poll.Id == Id(data) ? poll with { Open = false, ForkId = Maybe(data, "runId"), Chosen = (int?)Whole(data["option"]) } : poll)],
                Scene = Maybe(data, "runId") is { } fork && Polls.FirstOrDefault(poll => poll.Id == Id(data))?.RunId is { } parent
                    ? Scene with { Kind = "run", RunId = parent, Metric = Scene.Metric ?? "loss", ForkId = fork } : Scene,
            },
            "note" => this with { Notes = Notes.SetItem(Text(data, "language"), new(Text(data, "text"), happened.Seq)) },
            _ => this,
        };
        return next with { Seq = happened.Seq };
    }

    // A member has one vote in the queue: it moves, and a second one on the same prompt takes it back. Votes for a prompt that was taken are spent.
    private static StagePrompt Vote(StagePrompt prompt, string voter, long chosen) =>
        prompt.Taken ? prompt
        : prompt.Id == chosen ? prompt with { Voters = Toggled(prompt.Voters, voter) }
        : prompt with { Voters = prompt.Voters.Remove(voter) };

    private static ImmutableHashSet<string> Toggled(ImmutableHashSet<string> voters, string voter)
    {
        var fewer = voters.Remove(voter);
        return fewer.Count < voters.Count ? fewer : voters.Add(voter);
    }

    /// <summary>A whole number, read from the store or made a moment ago; null when it is none.</summary>
    internal static long? Whole(JsonNode? node) =>
        node is not JsonValue value ? null : value.TryGetValue<long>(out var wide) ? wide : value.TryGetValue<int>(out var narrow) ? narrow : null;

    private static long Id(JsonObject data) => Whole(data["id"]) ?? 0;

    private static int Number(JsonObject data, string name) => (int)(Whole(data[name]) ?? 0);

    private static string Text(JsonObject data, string name) => data[name]!.GetValue<string>();

    private static string? Maybe(JsonObject data, string name) => data[name]?.GetValue<string>();
}
