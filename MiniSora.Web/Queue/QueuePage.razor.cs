using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Options;
using MiniSora.Web.Account;
using MiniSora.Web.Localization;
using MiniSora.Web.Runs;
using MudBlazor;

namespace MiniSora.Web.Queue;

/// <summary>The queue, live: who holds what, who waits and why. Everybody may look.</summary>
public sealed partial class QueuePage : IDisposable
{
    // A page with thousands of rows would be of no use to anybody: one's own are always among those shown.
    private const int MostShown = 200;

    // Also without news: last signs of life and expected starts move by themselves.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource life = new();
    private readonly ReaderLanguage language = new();
    private Viewer viewer = Viewer.Visitor;
    private QueueNow? now;
    private ITimer? timer;

    [CascadingParameter] private Task<AuthenticationState> Authentication { get; set; } = default!;

    [Inject] private QueueBoard Board { get; set; } = default!;

    [Inject] private RunService Runs { get; set; } = default!;

    [Inject] private ISnackbar Snackbar { get; set; } = default!;

    [Inject] private IOptions<QueueOptions> Options { get; set; } = default!;

    [Inject] private TimeProvider Clock { get; set; } = default!;

    private IReadOnlyList<WaitingEntry> Shown =>
        [.. now!.Waiting.Where(entry => entry.Position <= MostShown || entry.OwnerId == viewer.MemberId).Take(2 * MostShown)];

    protected override async Task OnInitializedAsync()
    {
        viewer = Viewer.From((await Authentication).User);
        now = await Board.LookAsync(life.Token);
    }

    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
            timer = Clock.CreateTimer(_ => _ = InvokeAsync(RefreshAsync), null, LookAgain, LookAgain);
    }

    public void Dispose()
    {
        life.Cancel();
        timer?.Dispose();
        life.Dispose();
    }

    private async Task RefreshAsync()
    {
        if (life.IsCancellationRequested)
            return;
        try
        {
            language.Speak();
            now = await Board.LookAsync(life.Token);
            StateHasChanged();
        }
        catch (OperationCanceledException)
        {
            // The page was left.
        }
        catch (Exception error)
        {
            await DispatchExceptionAsync(error);
        }
    }

    private async Task SetPriority((Guid RunId, int Priority) change)
    {
        if (await Runs.SetPriorityAsync(change.RunId, change.Priority, viewer, life.Token) is { } refusal)
            Snackbar.Add(RefusalTexts.Of(refusal), Severity.Warning);
        await RefreshAsync();
    }
}
