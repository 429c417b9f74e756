using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Localization;
using Microsoft.JSInterop;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;
using MiniSora.Model.Text;
using MiniSora.Web.Account;
using MiniSora.Web.Datasets;
using MiniSora.Web.Gallery;
using MiniSora.Web.Localization;
using MiniSora.Web.Runs.Sweeps;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Runs.NewRun;

/// <summary>Fills in a spec, as a form or as YAML, shows what it costs and every reason why it cannot run, and submits it.</summary>
public sealed partial class NewRunPage : IAsyncDisposable
{
    private static readonly TimeSpan CheckPause = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource life = new();
    private readonly ReaderLanguage language = new();
    private ElementReference root;
    private Viewer viewer = Viewer.Visitor;
    private StartingPoint start = new(new TrainingSpec(), new Origin());
    private HashSet<string> readyDatasets = [];
    private SpecDraft draft = SpecDraft.From(new TrainingSpec());
    private Calibration calibration = Calibration.Uncalibrated;
    private RunEstimate? estimate;
    private IReadOnlyList<CheckpointChoice>? checkpoints;
    private IReadOnlyList<(string Value, string Text)> checkpointOptions = [];
    private IReadOnlyList<(string Value, string Text)> datasetOptions = [];
    private IReadOnlyList<FormProblem> shown = [];
    private IReadOnlyList<(string Value, string Text)> startOptions = [];
    private (string Checkpoint, TrainingSpec? Spec) source = ("", null);
    private CheckpointChoice? begin;
    private IReadOnlyList<SpecDifference>? differences;
    private IReadOnlyList<string> examples = [];
    private IReadOnlyList<VideoChoice> videos = [];
    private IReadOnlyList<SweepRow> sweep = [];
    private string sweepBudget = "";
    private SweepEstimate? sweepEstimate;
    private string? yaml;
    private string? notice;
    private bool restored;
    private FormProblem? refusedFile;
    private bool submitting;
    private bool tried;
    private int edits;
    private IJSObjectReference? module;
    private IJSObjectReference? browser;
    private DotNetObjectReference<NewRunPage>? self;

    /// <summary>See <see cref="StartingPoints"/>.</summary>
    [SupplyParameterFromQuery] public string? From { get; set; }

    [CascadingParameter] private Task<AuthenticationState> Authentication { get; set; } = default!;

    [Inject] private RunService Runs { get; set; } = default!;

    [Inject] private SweepService Sweeps { get; set; } = default!;

    [Inject] private GalleryService Gallery { get; set; } = default!;

    [Inject] private DatasetService Datasets { get; set; } = default!;

    [Inject] private DataFolder Folder { get; set; } = default!;

    [Inject] private DatasetSamples Samples { get; set; } = default!;

    [Inject] private IStringLocalizer<DatasetTexts> Titles { get; set; } = default!;

    [Inject] private MachineSpeed Speed { get; set; } = default!;

    [Inject] private TimeProvider Clock { get; set; } = default!;

    [Inject] private NavigationManager Navigation { get; set; } = default!;

    [Inject] private IJSRuntime Script { get; set; } = default!;

    protected override async Task OnInitializedAsync()
    {
        viewer = Viewer.From((await Authentication).User);
        calibration = Calibration.Load(Folder.Root);
        ReadDatasets();
        var found = await new StartingPoints(Runs, Gallery, Samples, readyDatasets).FindAsync(From, viewer, life.Token);
        Take(found ?? StartingPoints.Default(readyDatasets));
        if (found is null)
            notice = T["New.FromGone"];
        else if (found.Title is not null)
            notice = T["New.FromTitle", found.Title];
        checkpoints = await Runs.CheckpointsAsync(viewer, 50, life.Token);
        checkpointOptions = await WithChosenAsync(checkpoints, draft.Typed.GetValueOrDefault("checkpoint", ""));
        startOptions = await StartsAsync(draft.Typed.GetValueOrDefault("start.checkpoint", ""));
        videos = await Runs.VideosAsync(viewer, 60, life.Token);
        await CheckAsync();
        // Only now is there a form to look at again.
        Speed.Changed += OnSpeedChanged;
        Datasets.Changed += OnDatasetsChanged;
    }

    private void ReadDatasets()
    {
        var sets = Datasets.List();
        readyDatasets = [.. sets.Where(set => set.State == DatasetState.Ready).Select(set => set.Id)];
        datasetOptions = [.. sets.Select(set => (set.Id, set.State switch
        {
            DatasetState.Ready => TitleOf(set.Id),
            DatasetState.Preparing => T["New.DatasetPreparing", TitleOf(set.Id), Amount.Percent(set.Progress ?? 0)].Value,
            _ => T["New.DatasetNotReady", TitleOf(set.Id)].Value,
        }))];
    }

    private void OnSpeedChanged() => LookAgain(() =>
    {
        calibration = Calibration.Load(Folder.Root);
        return true;
    });

    // A newcomer who is here while the first clips are fetched need not do anything for the form to notice that they have come.
    private void OnDatasetsChanged() => LookAgain(() =>
    {
        var before = readyDatasets;
        ReadDatasets();
        return !readyDatasets.SetEquals(before);
    });

    /// <summary>Shows what changed outside the form; checks the form where <paramref name="read"/> says that it may stand otherwise now.</summary>
    private void LookAgain(Func<bool> read) => _ = InvokeAsync(async () =>
    {
        if (life.IsCancellationRequested)
            return;
        language.Speak();
        if (read())
            await CheckAsync();
        StateHasChanged();
    });

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        module = await Script.InvokeAsync<IJSObjectReference>("import", life.Token, "./js/runs/new-run.js");
        self = DotNetObjectReference.Create(this);
        browser = await module.InvokeAsync<IJSObjectReference>("mount", life.Token, root, self, From ?? "");
        if (await browser.InvokeAsync<KeptDraft?>("load", life.Token) is { } kept && Restore(kept))
        {
            restored = true;
            notice = T["New.Restored"];
            await CheckAsync();
            StateHasChanged();
        }
    }

    /// <summary>A dropped document, or the one inside a dropped video.</summary>
    [JSInvokable]
    public async Task TakeYaml(string text)
    {
        var reading = SpecYaml.Read(text);
        if (reading.Spec is { } spec)
        {
            Take(new(spec, new Origin()));
            notice = T["New.FromFile"];
        }
        else
        {
            yaml = text;
            tried = true;
        }

        await ChangedAsync(keepAll: true);
    }

    /// <summary>An image was stored under this hash.</summary>
    [JSInvokable]
    public async Task TakeImage(string sha256)
    {
        if (draft.Kind != SpecKind.Sampling)
            return;
        refusedFile = null;
        if (yaml is not null && !await LeaveYamlAsync())
            return;
        draft["image"] = sha256;
        draft["task"] = "image_to_video";
        await ChangedAsync(keepAll: true);
    }

    /// <summary>A video was stored under this hash, for the field of this path.</summary>
    [JSInvokable]
    public async Task TakeVideo(string path, string sha256)
    {
        if (draft.Kind != SpecKind.Sampling || path is not ("input.video" or "input.second_video"))
            return;
        refusedFile = null;
        draft[path] = sha256;
        await ChangedAsync(keepAll: true);
    }

    /// <summary>A file was refused for these reasons: said at the field it was chosen at, or above the form when it was dropped.</summary>
    [JSInvokable]
    public async Task Refuse(string path, string[] sentences)
    {
        var sentence = sentences.Length > 0 ? string.Join(' ', sentences) : T["New.FileFailed"];
        if (path.Length > 0)
            refusedFile = new(path, sentence);
        else
            await SayAsync(sentence);
        StateHasChanged();
    }

    /// <summary>A file was not sent because it is larger than what is taken.</summary>
    [JSInvokable]
    public Task RefuseLarge(string path, long mebibytes) =>
        Refuse(path, [RefusalTexts.Of(new("upload_too_large", ("limit", mebibytes.ToString(CultureInfo.InvariantCulture))))]);

    /// <summary>An image was dropped on a form that has no place for one.</summary>
    [JSInvokable]
    public async Task ImageNeedsSampling()
    {
        await SayAsync(T["New.ImageNeedsSampling"]);
        StateHasChanged();
    }

    public async ValueTask DisposeAsync()
    {
        Speed.Changed -= OnSpeedChanged;
        Datasets.Changed -= OnDatasetsChanged;
        await life.CancelAsync();
        self?.Dispose();
        try
        {
            if (browser is not null)
                await browser.InvokeVoidAsync("dispose");
            if (module is not null)
                await module.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The page is gone and its listeners with it.
        }

        life.Dispose();
    }

    /// <summary>Title and the name that YAML knows it by; an imported one has a name only.</summary>
    private string TitleOf(string dataset) => Titles["Title." + dataset] is { ResourceNotFound: false } title ? $"{title.Value} · {dataset}" : dataset;

    /// <summary>What is wrong with the form, and with the last file that was chosen.</summary>
    private IReadOnlyList<FormProblem> AtFields => refusedFile is null ? shown : [refusedFile, .. shown.Where(problem => problem.Path != refusedFile.Path)];

    /// <summary>Says it above the form, and brings it into view.</summary>
    private async Task SayAsync(string sentence)
    {
        notice = sentence;
        if (browser is not null)
            await browser.InvokeVoidAsync("toTop", life.Token);
    }

    private string Pressed(SpecKind kind) => draft.Kind == kind ? "true" : "false";

    private void Take(StartingPoint from)
    {
        start = from;
        draft = SpecDraft.From(from.Spec);
        // Its settings may not be those of another kind or network.
        (sweep, sweepBudget, sweepEstimate) = ([], "", null);
        refusedFile = null;
        yaml = null;
        tried = false;
        restored = false;
    }

    private bool Restore(KeptDraft kept)
    {
        if (!Enum.TryParse<SpecKind>(kept.Kind, ignoreCase: true, out var kind))
            return false;
        // What was kept may be a few fields only: the rest is what the page started from.
        var basis = kind == draft.Kind ? draft.Typed : SpecDraft.From(SpecSchema.New(kind)).Typed;
        var merged = basis.ToDictionary(pair => pair.Key, pair => kept.Typed?.GetValueOrDefault(pair.Key) ?? pair.Value);
        if (kept.Yaml is null && kind == draft.Kind && merged.All(pair => draft.Typed[pair.Key] == pair.Value))
            return false;
        draft = SpecDraft.From(kind, merged);
        yaml = kept.Yaml;
        return true;
    }

    private async Task StartOver()
    {
        notice = null;
        Take(await new StartingPoints(Runs, Gallery, Samples, readyDatasets).FindAsync(From, viewer, life.Token) ?? StartingPoints.Default(readyDatasets));
        if (browser is not null)
            await browser.InvokeVoidAsync("clear", life.Token);
        await CheckAsync();
    }

    private async Task Choose(Recipe recipe)
    {
        notice = null;
        Take(StartingPoints.Of(recipe));
        await ChangedAsync(keepAll: true);
    }

    private async Task ChooseCheckpoint(CheckpointChoice choice)
    {
        if (yaml is not null && !await LeaveYamlAsync())
            return;
        draft["checkpoint"] = choice.Sha256;
        if (draft["name"].Length == 0)
            draft["name"] = choice.RunName;
        start = start with { Origin = start.Origin with { RunId = choice.RunId } };
        await ChangedAsync(keepAll: true);
    }

    private async Task SwitchTo(SpecKind kind)
    {
        if (draft.Kind == kind)
            return;
        notice = null;
        if (kind == SpecKind.Training)
            Take(StartingPoints.Default(readyDatasets));
        else if (checkpoints is [var newest, ..])
            Take(new(kind == SpecKind.Evaluation ? new EvaluationSpec { Checkpoint = newest.Sha256, Name = newest.RunName } : new SamplingSpec { Checkpoint = newest.Sha256, Name = newest.RunName }, new Origin(RunId: newest.RunId)));
        else
            Take(new(SpecSchema.New(kind), new Origin()));
        await ChangedAsync(keepAll: true);
    }

    private async Task Typed((string Path, string Text) change)
    {
        draft[change.Path] = change.Text;
        // An old refusal must not stand beside another video, nor wait at a task that takes no file.
        if (change.Path == "task" || change.Path == refusedFile?.Path)
            refusedFile = null;
        // Buttons such as the dice change a field without a key: the draft in the browser follows.
        await ChangedAsync(keepAll: true);
    }

    /// <summary>A button where the checkpoint's dataset has words to offer.</summary>
    private EventCallback Expansion => draft.Kind == SpecKind.Sampling && source.Spec is { } trained && (trained.Data.Dataset == DatasetCatalog.Shapes || trained.Data.Dataset == DatasetCatalog.Emoji)
        ? EventCallback.Factory.Create(this, Expand)
        : default;

    /// <summary>Puts the expanded prompt into the field, where it is seen and can be changed before it is used.</summary>
    private async Task Expand()
    {
        var dataset = source.Spec!.Data.Dataset;
        var captions = dataset == DatasetCatalog.Emoji ? EmojiDataset.CaptionsIn(Folder.Root) : [];
        var seed = long.TryParse(draft["seed"], NumberStyles.Integer, CultureInfo.InvariantCulture, out var typed) ? typed : 1;
        if (PromptExpander.Expand(dataset, draft["prompt"], seed, captions, Cultures.IsChinese) is not { } expansion)
        {
            notice = T["New.NotExpanded", TitleOf(dataset)];
            return;
        }

        notice = expansion.Added.Count > 0 ? T["New.Expanded", string.Join(Cultures.IsChinese ? "、" : ", ", expansion.Added)] : T["New.NothingToExpand"];
        draft["prompt"] = expansion.Prompt;
        await ChangedAsync(keepAll: true);
    }

    private async Task SweepTyped((IReadOnlyList<SweepRow> Rows, string Budget) change)
    {
        (sweep, sweepBudget) = change;
        await ChangedAsync(keepAll: false);
    }

    private SweepWish Wish => new([.. sweep.Select(row => $"{row.Path}={row.Values}")], SweepButtons.SecondsOf(sweepBudget));

    private async Task YamlTyped(ChangeEventArgs change)
    {
        yaml = change.Value?.ToString() ?? "";
        await ChangedAsync(keepAll: false);
    }

    private async Task ShowYaml()
    {
        if (yaml is not null)
            return;
        var (spec, problems) = draft.Read();
        if (problems.Count > 0)
        {
            tried = true;
            await CheckAsync();
            notice = T["New.FixFirst"];
            return;
        }

        notice = null;
        yaml = SpecYaml.Write(spec);
    }

    private async Task ShowForm()
    {
        if (yaml is not null && await LeaveYamlAsync())
            await ChangedAsync(keepAll: true);
    }

    /// <summary>Takes the document into the form; false, with the reasons shown, when it cannot be read.</summary>
    private async Task<bool> LeaveYamlAsync()
    {
        if (SpecYaml.Read(yaml!).Spec is { } spec)
        {
            draft = SpecDraft.From(spec);
            yaml = null;
            notice = null;
            return true;
        }

        tried = true;
        notice = T["New.FixYaml"];
        await CheckAsync();
        return false;
    }

    private async Task Show(string path)
    {
        if (browser is not null)
            await browser.InvokeVoidAsync("show", life.Token, yaml is null ? FieldInput.IdOf(path) : "yaml");
    }

    private async Task ChangedAsync(bool keepAll)
    {
        if (keepAll && browser is not null)
            await browser.InvokeVoidAsync("save", life.Token, new KeptDraft(SnakeCase.From(draft.Kind), draft.Typed.ToDictionary(), yaml));
        StateHasChanged();
        // Only the last of a burst of keys is checked.
        var edit = ++edits;
        await Task.Delay(CheckPause, Clock, life.Token);
        if (edit == edits)
            await CheckAsync();
        StateHasChanged();
    }

    private (RunSpec? Spec, IReadOnlyList<FormProblem> Problems) Current()
    {
        if (yaml is null)
        {
            var (spec, problems) = draft.Read();
            return (spec, [.. problems.Select(FormProblem.Of)]);
        }

        var reading = SpecYaml.Read(yaml);
        return (reading.Spec, [.. reading.Problems.Select(problem => new FormProblem(problem.Path, SpecTexts.ProblemWithPlace(problem)))]);
    }

    private async Task CheckAsync()
    {
        var (spec, unreadable) = Current();
        if (spec is null)
        {
            (shown, estimate, sweepEstimate) = (unreadable, null, null);
            return;
        }

        var trained = await SourceAsync(spec);
        estimate = RunEstimator.Estimate(spec, calibration, trained, begin?.Step);
        differences = Differences(spec, trained);
        var seen = unreadable.Select(problem => problem.Path).ToHashSet();
        IReadOnlyList<Refusal> refused;
        (refused, sweepEstimate) = sweep.Count > 0 ? await Sweeps.CheckAsync(spec, Wish, viewer, life.Token) : ([], null);
        // Without a grid, or with one that cannot be read, it is about the form as it stands.
        if (sweepEstimate is null)
            refused = [.. refused, .. await Runs.CheckAsync(spec, viewer, life.Token)];
        // An empty form is no mistake yet: what is still to be filled in is said when somebody submits.
        var problems = unreadable.Concat(refused.Where(refusal => !seen.Contains(refusal.Path) && (tried || !IsUnfilled(refusal))).Select(FormProblem.Of));
        shown = [.. problems];
    }

    /// <summary>To the run that it starts from, else to the one whose form it was.</summary>
    private IReadOnlyList<SpecDifference>? Differences(RunSpec spec, TrainingSpec? trained)
    {
        if (spec is TrainingSpec { Start.Checkpoint.Length: > 0 } && trained is not null)
            return [.. SpecDifference.Between(trained, spec).Where(difference => difference.Field.Group != "start")];
        return start.Basis is { } basis && SpecSchema.KindOf(basis) == SpecSchema.KindOf(spec) ? SpecDifference.Between(basis, spec) : null;
    }

    private static bool IsUnfilled(Refusal refusal) =>
        refusal.Code is "spec.video_required"
        || refusal.Code is "spec.text_empty" or "spec.empty_prompt" or "spec.image_required" or "spec.checkpoint_missing" && refusal.Path is "name" or "prompt" or "image" or "checkpoint";

    /// <summary>The training spec behind the checkpoint of a spec that reads one or starts from one.</summary>
    private async Task<TrainingSpec?> SourceAsync(RunSpec spec)
    {
        if (RunAddition.CheckpointOf(spec) is not { Length: > 0 } checkpoint)
        {
            (begin, source) = (null, ("", null));
            return null;
        }

        if (source.Checkpoint != checkpoint)
        {
            begin = await Runs.CheckpointAsync(checkpoint, life.Token);
            var run = begin is null ? null : await Runs.GetAsync(begin.RunId, viewer, life.Token);
            source = (checkpoint, run is null ? null : SpecYaml.Read(run.SpecYaml).Spec as TrainingSpec);
            examples = source.Spec is { } trained && Samples.Of(trained.Data.Dataset) is { } clips ? [.. Known(trained.Model, clips).Take(4).Select(DatasetSamples.Words)] : [];
        }

        return source.Spec;
    }

    /// <summary>What a network can be asked for in words.</summary>
    private static IReadOnlyList<Caption> Known(BackboneOptions model, SampleClips clips) => model switch
    {
        { Network: NetworkKind.MiniSora or NetworkKind.Cascade } or { Conditioning: ConditioningKind.Text } => clips.Captions,
        { Conditioning: ConditioningKind.Label } => clips.Classes,
        _ => [],
    };

    private async Task Submit()
    {
        if (submitting)
            return;
        submitting = true;
        try
        {
            tried = true;
            var (spec, unreadable) = Current();
            if (spec is null || unreadable.Count > 0)
            {
                await CheckAsync();
                return;
            }

            switch (sweep.Count > 0 ? await Sweeps.SubmitAsync(spec, Wish, start.Origin, viewer, life.Token) : await Runs.SubmitAsync(spec, start.Origin, viewer, life.Token))
            {
                case SubmittedSweep submitted:
                    if (browser is not null)
                        await browser.InvokeVoidAsync("clear", life.Token);
                    // The comparison is a static page: a full load, so that the circuit of this one ends.
                    Navigation.NavigateTo(string.Create(CultureInfo.InvariantCulture, $"/compare?sweep={submitted.SweepId}"), forceLoad: true);
                    break;
                case Submitted submitted:
                    if (browser is not null)
                        await browser.InvokeVoidAsync("clear", life.Token);
                    Navigation.NavigateTo($"/runs/{submitted.RunId}");
                    break;
                case Refused refused:
                    shown = [.. refused.Reasons.Select(FormProblem.Of)];
                    break;
            }
        }
        finally
        {
            submitting = false;
        }
    }

    /// <summary>The steps of the run that is forked, then the newest checkpoints of others.</summary>
    private async Task<IReadOnlyList<(string Value, string Text)>> StartsAsync(string chosen)
    {
        var own = chosen.Length > 0 && await Runs.CheckpointAsync(chosen, life.Token) is { } checkpoint ? await Runs.CheckpointsOfAsync(checkpoint.RunId, life.Token) : [];
        return [("", T["New.StartNowhere"].Value), .. await WithChosenAsync([.. own.Concat(checkpoints ?? []).DistinctBy(choice => choice.Sha256)], chosen)];
    }

    private async Task<IReadOnlyList<(string Value, string Text)>> WithChosenAsync(IReadOnlyList<CheckpointChoice> choices, string chosen)
    {
        if (chosen.Length > 0 && choices.All(choice => choice.Sha256 != chosen) && await Runs.CheckpointAsync(chosen, life.Token) is { } other)
            choices = [other, .. choices];
        return [.. choices.Select(choice => (choice.Sha256, T["New.CheckpointOption", choice.RunName, Figures.Integer(choice.Step), choice.Sha256[..8]].Value))];
    }

    /// <summary>A form as the browser keeps it.</summary>
    private sealed record KeptDraft(string Kind, Dictionary<string, string>? Typed, string? Yaml);
}
