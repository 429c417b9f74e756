using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using MiniSora.Model.Evaluation.Scores;
using MiniSora.Web.Account;
using MiniSora.Web.Runs.Details;
using MiniSora.Web.Runs.Sweeps;

namespace MiniSora.Web.Runs.Compare;

/// <summary>Up to twelve runs beside each other. The address names them, so that a comparison can be shared.</summary>
public sealed partial class ComparePage
{
    private readonly List<string> problems = [];
    private IReadOnlyList<ComparedRun> runs = [];
    private IReadOnlyList<RunLink> others = [];
    private IReadOnlyList<ComparedRow> figures = [];
    private IReadOnlyList<ComparedRow> settings = [];
    private IReadOnlyList<(string Name, string Label)> metrics = [];
    private IReadOnlyList<(string Prompt, IReadOnlyList<IReadOnlyList<ComparedClip>> ByRun)> clips = [];
    private IReadOnlyList<long> steps = [];
    private long shownStep;
    private string? losses;
    private SweepView? sweep;

    /// <summary>Numbers or ids, with commas.</summary>
    [SupplyParameterFromQuery(Name = "runs")] public string? Asked { get; set; }

    /// <summary>One more, from the form.</summary>
    [SupplyParameterFromQuery] public string? Add { get; set; }

    /// <summary>All runs of a sweep instead.</summary>
    [SupplyParameterFromQuery(Name = "sweep")] public long? SweepId { get; set; }

    /// <summary>Code of why a button of the sweep did nothing.</summary>
    [SupplyParameterFromQuery] public string? Problem { get; set; }

    [CascadingParameter] private Task<AuthenticationState> Authentication { get; set; } = default!;

    [CascadingParameter] private HttpContext Http { get; set; } = default!;

    [Inject] private IServiceProvider Services { get; set; } = default!;

    [Inject] private SweepService Sweeps { get; set; } = default!;

    [Inject] private NavigationManager Navigation { get; set; } = default!;

    [Inject] private TimeProvider Clock { get; set; } = default!;

    private string Named => string.Join(',', runs.Select(run => run.Details.Summary.Number.ToString(CultureInfo.InvariantCulture)));

    private IReadOnlyList<ComparedColumn> Columns => [.. runs.Select(run => new ComparedColumn($"#{run.Details.Summary.Number}", run.Details.Summary.Name))];

    private string Setup => JsonSerializer.Serialize(
        new
        {
            runs = runs.Select(run => new
            {
                id = run.Details.Summary.Id,
                number = run.Details.Summary.Number,
                name = run.Details.Summary.Name,
                over = Run.IsFinal(run.Details.Summary.State),
                batch = run.Batch,
                secondsPerStep = run.Details.Summary.Step > 0 ? Comparison.Seconds(run.Details, Clock.GetUtcNow()) / run.Details.Summary.Step : 0,
            }),
            texts = new { live = LiveTexts.For(T), clips = T["Compare.Axis.Clips"].Value, seconds = T["Compare.Axis.Seconds"].Value },
        },
        JsonSerializerOptions.Web);

    protected override async Task OnInitializedAsync()
    {
        var cancellation = Http.RequestAborted;
        var names = Comparisons.Names(Asked + "," + Add);
        if (!string.IsNullOrEmpty(Add))
        {
            Navigation.NavigateTo("/compare?runs=" + Uri.EscapeDataString(string.Join(',', names)));
            return;
        }

        var viewer = Viewer.From((await Authentication).User);
        if (SweepId is { } asked)
        {
            sweep = await Sweeps.FindAsync(asked, viewer, cancellation);
            if (sweep is null)
                problems.Add(T["Sweep.Gone", asked]);
            names = [.. sweep?.RunIds.Select(id => id.ToString()) ?? []];
        }

        if (names.Count > Comparison.Most)
            problems.Add(T["Compare.TooMany", Comparison.Most]);
        var comparisons = Services.GetRequiredService<Comparisons>();
        (runs, var unknown) = await comparisons.FindAsync([.. names.Take(Comparison.Most)], viewer, cancellation);
        if (unknown.Count > 0)
            problems.Add(T["Compare.Unknown", string.Join(", ", unknown.Select(name => name.Length > 40 ? name[..40] + "…" : name))]);
        if (runs.Count == 0)
            return;
        others = await comparisons.OthersAsync(runs, cancellation);
        settings = Comparison.Settings([.. runs.Select(run => run.Spec)]);
        var alike = Comparison.LossesCompare(settings);
        losses = alike || runs.Count == 1 ? null : T["Compare.LossesDiffer"].Value;
        figures = [.. Comparison.Quantities(T, runs, alike, Clock.GetUtcNow()), .. Comparison.Scores(runs, T["Compare.Scores"], T["Compare.Unlike"])];
        metrics = Comparison.Metrics(T, runs);
        clips = Comparison.Clips([.. runs.Select(run => run.Details)]);
        steps = [.. clips.SelectMany(row => row.ByRun).SelectMany(of => of).Select(clip => clip.Step).Distinct().Order()];
        // What every run has reached: the fairest picture to begin with.
        shownStep = clips.SelectMany(row => row.ByRun).Where(of => of.Count > 0).Select(of => of[^1].Step).DefaultIfEmpty().Min();
    }

    private static string AddressOf(IEnumerable<ComparedRun> named) =>
        "/compare?runs=" + string.Join(',', named.Select(run => run.Details.Summary.Number.ToString(CultureInfo.InvariantCulture)));

    private string ClipsText(IReadOnlyList<ComparedClip> of) =>
        JsonSerializer.Serialize(of.Select(clip => new { step = clip.Step, url = clip.Url, poster = clip.Poster, at = T["Run.AtStep", Figures.Integer(clip.Step)].Value }), JsonSerializerOptions.Web);

    private string Caption(int run, ComparedClip clip) => $"#{runs[run].Details.Summary.Number} {clip.Prompt}";
}
