using MiniSora.Web.Localization;
using MiniSora.Web.Prose;

namespace MiniSora.Web.Roundtables;

/// <summary>A state as everybody may see it: counts instead of names of voters, notes as safe HTML.</summary>
public sealed record StageView(
    long Seq, bool Began, bool Ended, int Here, SceneView Scene, IReadOnlyList<PromptView> Prompts, IReadOnlyList<QuestionView> Questions, IReadOnlyList<PollView> Polls,
    IReadOnlyDictionary<string, NotesView> Notes)
{
    internal static StageView Of(StageState state, int here, MadeView? made = null) => new(
        state.Seq, state.Began, state.Ended, here,
        new(state.Scene.Kind, state.Scene.Slides, state.Scene.Slide, state.Scene.RunId, state.Scene.Metric)
        { ForkId = state.Scene.ForkId, ForkedBy = ForkedBy(state), Pdf = state.Scene.Pdf, Made = state.Scene.Kind == "clips" && made?.RunId == state.Scene.RunId ? made : null },
        [.. state.Prompts.OrderBy(prompt => prompt.Taken).ThenByDescending(prompt => prompt.Voters.Count).ThenBy(prompt => prompt.Id).Select(prompt => new PromptView(prompt.Id, prompt.Text, prompt.By, prompt.Voters.Count, prompt.Taken, prompt.RunId))],
        [.. state.Questions.OrderBy(question => question.Answered).ThenByDescending(question => question.Voters.Count).ThenBy(question => question.Id).Select(question => new QuestionView(question.Id, question.Text, question.By, question.Voters.Count, question.Answered))],
        [.. state.Polls.OrderByDescending(poll => poll.Id).Select(poll => new PollView(poll.Id, poll.Question, [.. poll.Options.Select((option, at) => new OptionView(option, poll.Answers.Values.Count(answer => answer == at)))], poll.Open) { RunId = poll.RunId, ForkId = poll.ForkId, Chosen = poll.Chosen })],
        new[] { Cultures.English, Cultures.Chinese }.ToDictionary(language => language, language => state.Notes.GetValueOrDefault(language) is { } notes ? new NotesView(notes.Text, ProseText.Html(notes.Text), notes.Seq) : new NotesView("", "", 0)));

    private static string? ForkedBy(StageState state) =>
        state.Polls.FirstOrDefault(poll => poll.ForkId is not null && poll.ForkId == state.Scene.ForkId) is { Chosen: { } chosen } poll ? poll.Options[chosen] : null;
}

public sealed record SceneView(string Kind, IReadOnlyList<string> Slides, int Slide, string? RunId, string? Metric)
{
    /// <summary>The run that was voted to fork from the one on the stage; both curves are shown.</summary>
    public string? ForkId { get; init; }

    /// <summary>The setting that tells the fork from it, <c>path=value</c>.</summary>
    public string? ForkedBy { get; init; }

    /// <summary>What the run on the stage made last, if that was just now: pages need not ask for it.</summary>
    public MadeView? Made { get; init; }

    /// <summary>Address of the file that the slides are the pages of; null when they came as pictures.</summary>
    public string? Pdf { get; init; }
}

/// <summary>A clip, or a picture of one on its way.</summary>
/// <param name="Step">Of <paramref name="Steps"/>, which only a picture has.</param>
public sealed record MadeView(string RunId, int Index, long Step, long? Steps, string Url, string? Prompt);

public sealed record PromptView(long Id, string Text, string By, int Votes, bool Taken, string? RunId);

public sealed record QuestionView(long Id, string Text, string By, int Votes, bool Answered);

public sealed record PollView(long Id, string Question, IReadOnlyList<OptionView> Options, bool Open)
{
    /// <summary>The run that is to fork; the options are settings, <c>path=value</c>. Null for an ordinary poll.</summary>
    public string? RunId { get; init; }

    /// <summary>The fork that came of it; null while it is open, and when nobody voted.</summary>
    public string? ForkId { get; init; }

    /// <summary>The option that won.</summary>
    public int? Chosen { get; init; }
}

public sealed record OptionView(string Text, int Votes);

public sealed record NotesView(string Text, string Html, long Seq);

/// <summary>What a member has voted for.</summary>
public sealed record MineView(long? Prompt, IReadOnlyList<long> Questions, IReadOnlyDictionary<long, int> Polls)
{
    internal static MineView Of(StageState state, Guid memberId)
    {
        var voter = memberId.ToString("N");
        return new(
            state.Prompts.FirstOrDefault(prompt => !prompt.Taken && prompt.Voters.Contains(voter))?.Id,
            [.. state.Questions.Where(question => question.Voters.Contains(voter)).Select(question => question.Id)],
            state.Polls.Where(poll => poll.Answers.ContainsKey(voter)).ToDictionary(poll => poll.Id, poll => poll.Answers[voter]));
    }
}
