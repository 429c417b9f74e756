using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Evaluation.Scores;
using MiniSora.Web.Account;
using MiniSora.Web.Leaderboards;
using MiniSora.Web.Localization;
using MiniSora.Web.Scores;
using MudBlazor;

namespace MiniSora.Web.Runs.Details;

/// <summary>
/// One run, live. Blazor renders what changes with the state: badges, buttons, files. Charts, previews, log and the moving
/// numbers belong to <c>js/runs/run-page.js</c>, which listens to the hub by itself.
/// </summary>
public sealed partial class RunDetailsPage : IAsyncDisposable
{
    private static readonly string[] Tabs = ["Overview", "Config", "Files", "History"];

    // Step, phase, log and preview are the script's; these change what Blazor shows.
    private static readonly HashSet<string> Rendered = ["state", "started", "finished", "failed"];

    private static readonly TimeSpan RestBetweenLooks = TimeSpan.FromMilliseconds(300);

    private readonly CancellationTokenSource life = new();
    private readonly ReaderLanguage language = new();
    private ElementReference root;
    private Viewer viewer = Viewer.Visitor;
    private RunDetails? run;
    private RunSpec? spec;
    private ScoreReport? scores;
    private GoalCard? card;
    private long? entry;
    private Guid shownId;
    private bool looked;
    private bool reloading;
    private bool stale;
    private string tab = "Overview";
    private IDisposable? listening;
    private IJSObjectReference? module;
    private IJSObjectReference? browser;
    private DotNetObjectReference<RunDetailsPage>? self;

    /// <summary>The run.</summary>
    [Parameter] public Guid Id { get; set; }

    /// <summary>What the prerendered page showed, so that it is not looked up twice.</summary>
    [PersistentState] public RunDetails? Prerendered { get; set; }

    [CascadingParameter] private Task<AuthenticationState> Authentication { get; set; } = default!;

    [Inject] private RunService Runs { get; set; } = default!;

    [Inject] private ScoreReader Scores { get; set; } = default!;

    [Inject] private GoalCards Goals { get; set; } = default!;

    [Inject] private LeaderboardReader Boards { get; set; } = default!;

    [Inject] private RunFeed Feed { get; set; } = default!;

    [Inject] private NavigationManager Navigation { get; set; } = default!;

    [Inject] private IDialogService Dialogs { get; set; } = default!;

    [Inject] private ISnackbar Snackbar { get; set; } = default!;

    [Inject] private TimeProvider Clock { get; set; } = default!;

    [Inject] private IJSRuntime Script { get; set; } = default!;

    private bool Over => run is not null && Run.IsFinal(run.Summary.State);

    private PreviewSpec Preview => (spec as TrainingSpec)?.Preview ?? new() { Prompts = [] };

    private int Expected => Over ? 0 : (spec as SamplingSpec)?.Clips ?? 0;

    private IReadOnlyList<ArtifactView> Videos => [.. run!.Artifacts.Where(artifact => artifact.Kind == "video").OrderBy(artifact => artifact.Index)];

    private IReadOnlyList<ArtifactView> Files =>
        [.. run!.Artifacts.Where(artifact => artifact.Kind != EstimateFile.Kind).OrderBy(artifact => artifact.Kind switch { "checkpoint" => 0, "video" => 1, _ => 2 }).ThenByDescending(artifact => artifact.Step).ThenBy(artifact => artifact.Index)];

    protected override async Task OnParametersSetAsync()
    {
        if (shownId == Id)
            return;
        await LeaveAsync();
        shownId = Id;
        scores = null;
        viewer = Viewer.From((await Authentication).User);
        if (Prerendered?.Summary.Id != Id)
            Prerendered = await Runs.GetAsync(Id, viewer, life.Token);
        await TakeAsync(Prerendered);
        looked = true;
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (run is null || listening is not null || life.IsCancellationRequested)
            return;
        listening = Feed.Subscribe(Id, Hear);
        module ??= await Script.InvokeAsync<IJSObjectReference>("import", life.Token, "./js/runs/run-page.js");
        self ??= DotNetObjectReference.Create(this);
        browser = await module.InvokeAsync<IJSObjectReference>("mount", life.Token, root, self, new { runId = Id, texts = LiveTexts.For(T) }, SnapshotOf(run));
        // A run starts within milliseconds: what happened between the look-up and listening is seen now.
        await ReloadAsync();
    }

    /// <summary>What the script starts from, as of now; it asks when it missed too much.</summary>
    [JSInvokable]
    public async Task<LiveSnapshot> Snapshot()
    {
        await TakeAsync(await Runs.GetAsync(Id, viewer, life.Token));
        StateHasChanged();
        return run is null ? new([], [], [], [], 0) : SnapshotOf(run);
    }

    public async ValueTask DisposeAsync()
    {
        await life.CancelAsync();
        await LeaveAsync();
        self?.Dispose();
        try
        {
            if (module is not null)
                await module.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The page is gone and its listeners with it.
        }

        life.Dispose();
    }

    private static LiveSnapshot SnapshotOf(RunDetails run) =>
        new(run.Log, [.. run.Artifacts.Where(artifact => artifact.Kind == "preview")], [.. run.Artifacts.Where(artifact => artifact.Kind == EstimateFile.Kind)], run.MetricNames, run.LastSeq);

    private async Task TakeAsync(RunDetails? fresh)
    {
        // All of it is known before any of it is shown: the page must not be rendered half old.
        var ended = fresh is not null && Run.IsFinal(fresh.Summary.State);
        var newScores = fresh?.Summary.Kind == RunKind.Evaluation && ended ? scores ?? await Scores.OfRunAsync(fresh.Summary.Id, life.Token) : null;
        var newCard = ended ? await Goals.OfRunAsync(fresh!, life.Token) : null;
        var newEntry = fresh?.Summary.Kind == RunKind.Training && ended ? await Boards.OfRunAsync(fresh.Summary.Id, life.Token) : null;
        (run, scores, card, entry) = (fresh, newScores, newCard, newEntry);
        spec = fresh is null ? null : SpecYaml.Read(fresh.SpecYaml).Spec;
    }

    private async Task LeaveAsync()
    {
        listening?.Dispose();
        listening = null;
        try
        {
            if (browser is not null)
                await browser.InvokeVoidAsync("dispose");
        }
        catch (JSDisconnectedException)
        {
            // The page is gone and its listeners with it.
        }

        browser = null;
    }

    /// <summary>Called on the thread that stored the event: only notes that something changed.</summary>
    private void Hear(LiveEvent happened)
    {
        if (Rendered.Contains(happened.Type) || (happened.Type == "artifact" && happened.Data["kind"]?.GetValue<string>() is not ("preview" or EstimateFile.Kind)))
            _ = InvokeAsync(ReloadAsync);
    }

    /// <summary>Looks the run up again; events that come meanwhile lead to one more look, not to one each.</summary>
    private async Task ReloadAsync()
    {
        language.Speak();
        stale = true;
        if (reloading)
            return;
        reloading = true;
        try
        {
            while (stale && !life.IsCancellationRequested)
            {
                stale = false;
                await TakeAsync(await Runs.GetAsync(Id, viewer, life.Token));
                StateHasChanged();
                // SQLite answers synchronously: without a rest a busy run would keep this circuit from hearing a click.
                await Task.Delay(RestBetweenLooks, Clock, life.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The page was left.
        }
        catch (Exception error)
        {
            await DispatchExceptionAsync(error);
        }
        finally
        {
            reloading = false;
        }
    }

    private Task StopAndKeep() => DoAsync(Runs.StopAndKeepAsync);

    private Task Pause() => DoAsync(Runs.PauseAsync);

    private Task Resume() => DoAsync(Runs.ResumeAsync);

    private Task Pin() => DoAsync((id, who, token) => Runs.PinAsync(id, !run!.Pinned, who, token));

    private async Task Cancel()
    {
        // A run that waits has nothing to lose.
        if (run!.Summary.State == RunState.Queued || await ConfirmAsync("Cancel"))
            await DoAsync(Runs.CancelAsync);
    }

    private async Task Delete()
    {
        if (await ConfirmAsync("Delete") && await DoAsync(Runs.DeleteAsync))
            Navigation.NavigateTo("/runs");
    }

    private async Task<bool> DoAsync(Func<Guid, Viewer, CancellationToken, Task<Refusal?>> action)
    {
        var refusal = await action(Id, viewer, life.Token);
        if (refusal is not null)
            Snackbar.Add(RefusalTexts.Of(refusal), Severity.Warning);
        await ReloadAsync();
        return refusal is null;
    }

    private async Task<bool> ConfirmAsync(string action)
    {
        var parameters = new DialogParameters<ConfirmDialog>
        {
            { dialog => dialog.Title, T[$"Confirm.{action}.Title"].Value },
            { dialog => dialog.Text, T[$"Confirm.{action}.Text"].Value },
            { dialog => dialog.Do, T[$"Confirm.{action}.Do"].Value },
            { dialog => dialog.Keep, T["Confirm.Keep"].Value },
        };
        var dialog = await Dialogs.ShowAsync<ConfirmDialog>(null, parameters);
        return await dialog.Result is { Canceled: false };
    }

    private async Task Publish(ArtifactView video)
    {
        var parameters = new DialogParameters<PublishDialog> { { dialog => dialog.Video, video }, { dialog => dialog.Viewer, viewer } };
        var dialog = await Dialogs.ShowAsync<PublishDialog>(null, parameters);
        // The item is a static page: a full load, so that the circuit of this page ends.
        if (await dialog.Result is { Canceled: false, Data: string slug })
            Navigation.NavigateTo($"/gallery/{slug}", forceLoad: true);
    }

    private async Task Copy()
    {
        await Script.InvokeVoidAsync("navigator.clipboard.writeText", life.Token, run!.SpecYaml);
        Snackbar.Add(T["Config.Copied"], Severity.Success);
    }
}
