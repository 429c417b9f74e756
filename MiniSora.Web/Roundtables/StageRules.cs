using System.Text.Json.Nodes;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Localization;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Roundtables;

/// <summary>What may happen next: an action of a person against the state, so that nothing depends on which buttons a page hides.</summary>
internal static class StageRules
{
    public const int MaxPrompt = 300, MaxQuestion = 500, MaxOption = 120, MaxOptions = 6, MaxNotes = 20_000, MaxSlides = 300, MaxForks = 4;

    /// <summary>Waiting prompts, or open questions, of one roundtable; more would be read by nobody.</summary>
    public const int MaxOpen = 100;

    private static readonly HashSet<string> Presenters = ["began", "ended", "blank", "slides", "slide", "run", "clips", "prompt_taken", "answered", "poll", "poll_closed"];
    private static readonly HashSet<string> Members = ["prompt", "prompt_vote", "question", "question_vote", "poll_vote", "note"];

    /// <summary>The event that an action makes, or why it makes none.</summary>
    /// <param name="isPresenter">The person presents or moderates.</param>
    public static (JsonObject? Data, Refusal? Refusal) Check(StageState state, string type, JsonObject asked, bool isPresenter)
    {
        if (!Presenters.Contains(type) && !Members.Contains(type))
            return (null, new("stage_unknown"));
        if (Presenters.Contains(type) && !isPresenter)
            return (null, new("stage_presenter"));
        if (type == "began")
            return state.Began && !state.Ended ? (null, new("stage_began")) : ([], null);
        // Prompts, questions and notes are taken beforehand; after the end only notes are.
        if (state.Ended && type != "note")
            return (null, new("stage_over"));
        if (!state.Began && type is not ("question" or "question_vote" or "prompt" or "prompt_vote" or "note" or "slides" or "slide" or "blank"))
            return (null, new("stage_not_begun"));
        return type switch
        {
            "ended" or "blank" => ([], null),
            "slides" => Slides(asked),
            "slide" => Whole(asked, "at") is { } at && at >= 0 && at < state.Scene.Slides.Length ? (new() { ["at"] = at }, null) : (null, new("stage_slide")),
            "run" => Run(asked, new() { ["metric"] = Words(asked, "metric", 80) ?? "loss" }),
            "clips" => Run(asked, []),
            "prompt" => state.Prompts.Count(prompt => !prompt.Taken) >= MaxOpen ? (null, new("stage_full")) : Text(asked, MaxPrompt),
            "question" => state.Questions.Count(question => !question.Answered) >= MaxOpen ? (null, new("stage_full")) : Text(asked, MaxQuestion),
            "prompt_vote" or "prompt_taken" => Item(asked, id => state.Prompts.Any(prompt => prompt.Id == id && !prompt.Taken)),
            "question_vote" or "answered" => Item(asked, id => state.Questions.Any(question => question.Id == id && !question.Answered)),
            "poll" => asked["runId"] is null ? Poll(asked) : ForkVote(state, asked),
            "poll_vote" => PollVote(state, asked),
            "poll_closed" => Item(asked, id => state.Polls.Any(poll => poll.Id == id && poll.Open)),
            _ => Notes(state, asked),
        };
    }

    private static (JsonObject?, Refusal?) Slides(JsonObject asked)
    {
        var urls = (asked["urls"] as JsonArray ?? []).Select(url => url is JsonValue value && value.TryGetValue<string>(out var text) ? text : "").ToList();
        // Only pictures that were uploaded to this portal: nobody's page is fetched by the whole audience.
        var pdf = Words(asked, "pdf", 300);
        if (urls.Count is 0 or > MaxSlides || !urls.All(IsOurs) || (asked["pdf"] is not null && (pdf is null || !IsOurs(pdf))))
            return (null, new("stage_slides", ("most", Limit(MaxSlides))));
        var data = new JsonObject { ["urls"] = new JsonArray([.. urls.Select(url => (JsonNode)url)]) };
        if (pdf is not null)
            data["pdf"] = pdf;
        return (data, null);
    }

    private static bool IsOurs(string url) => url.Split('/') is ["", "files", var sha256, _] && ArtifactStore.IsHash(sha256);

    private static (JsonObject?, Refusal?) Run(JsonObject asked, JsonObject data)
    {
        if (!Guid.TryParse(Words(asked, "runId", 40), out var run))
            return (null, new("stage_run"));
        data["runId"] = run.ToString();
        return (data, null);
    }

    private static (JsonObject?, Refusal?) Text(JsonObject asked, int longest) =>
        Words(asked, "text", longest) is { } text ? (new() { ["text"] = text }, null) : (null, new("stage_text", ("limit", Limit(longest))));

    private static (JsonObject?, Refusal?) Item(JsonObject asked, Func<long, bool> exists) =>
        Id(asked) is { } id && exists(id) ? (new() { ["id"] = id }, null) : (null, new("stage_item"));

    private static (JsonObject?, Refusal?) Poll(JsonObject asked)
    {
        var options = (asked["options"] as JsonArray ?? []).Select(option => option is JsonValue value && value.TryGetValue<string>(out var text) ? text.Trim() : "").Where(option => option.Length > 0).ToList();
        return Words(asked, "text", MaxQuestion) is { } question && options.Count is >= 2 and <= MaxOptions && options.All(option => option.Length <= MaxOption)
            ? (new() { ["text"] = question, ["options"] = new JsonArray([.. options.Select(option => (JsonNode)option)]) }, null)
            : (null, new("stage_poll", ("most", Limit(MaxOptions))));
    }

    // Which of some settings a run goes on with, beside itself. One at a time: the stage shows one fork.
    private static (JsonObject?, Refusal?) ForkVote(StageState state, JsonObject asked)
    {
        var (run, refusal) = Run(asked, []);
        if (refusal is not null)
            return (null, refusal);
        if (state.Polls.Any(poll => poll.Open && poll.RunId is not null))
            return (null, new("stage_fork_open"));
        var sets = (asked["options"] as JsonArray ?? []).Select(option => option is JsonValue value && value.TryGetValue<string>(out var text) ? text.Trim() : "").Where(option => option.Length > 0).ToList();
        if (sets.Count is < 2 or > MaxForks || sets.Distinct().Count() < sets.Count || sets.Exists(set => set.Length > MaxOption))
            return (null, new("stage_fork", ("most", Limit(MaxForks))));
        run!["text"] = Words(asked, "text", MaxQuestion) ?? "";
        run["options"] = new JsonArray([.. sets.Select(set => (JsonNode)set)]);
        return (run, null);
    }

    private static (JsonObject?, Refusal?) PollVote(StageState state, JsonObject asked)
    {
        var poll = state.Polls.FirstOrDefault(poll => poll.Id == Id(asked) && poll.Open);
        return poll is not null && Whole(asked, "option") is { } option && option >= 0 && option < poll.Options.Length ? (new() { ["id"] = poll.Id, ["option"] = option }, null) : (null, new("stage_item"));
    }

    // Two who write at once: the second is told, instead of wiping out the first.
    private static (JsonObject?, Refusal?) Notes(StageState state, JsonObject asked)
    {
        var language = Words(asked, "language", 8);
        var text = asked["text"] is JsonValue value && value.TryGetValue<string>(out var typed) ? typed : null;
        if (language is not (Cultures.English or Cultures.Chinese) || text is null || text.Length > MaxNotes)
            return (null, new("stage_text", ("limit", Limit(MaxNotes))));
        return (state.Notes.GetValueOrDefault(language)?.Seq ?? 0) == (Whole(asked, "base") ?? 0) ? (new() { ["language"] = language, ["text"] = text }, null) : (null, new("stage_notes_changed"));
    }

    private static string? Words(JsonObject asked, string name, int longest) =>
        asked[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Trim() is { Length: > 0 } words && words.Length <= longest ? words : null;

    private static int? Whole(JsonObject asked, string name) => StageState.Whole(asked[name]) is { } number and >= int.MinValue and <= int.MaxValue ? (int)number : null;

    private static long? Id(JsonObject asked) => StageState.Whole(asked["id"]);

    private static string Limit(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
