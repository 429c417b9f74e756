using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using MiniSora.Web.Account;

namespace MiniSora.Web.Runs;

/// <summary>All runs, newest first; the filters live in the address, so that a view can be shared and Back works.</summary>
public sealed partial class RunsPage : IDisposable
{
    private static readonly TimeSpan RefreshPause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource life = new();
    // Kept while the list is filtered and paged through; in the order of ticking, which is that of the comparison.
    private readonly List<long> picked = [];
    private Viewer viewer = Viewer.Visitor;
    private RunPage? page;
    private IDisposable? listening;
    private ITimer? timer;
    private int changes;

    /// <summary>Only the viewer's own.</summary>
    [SupplyParameterFromQuery] public bool Mine { get; set; }

    /// <summary>Name of a <see cref="RunKind"/>.</summary>
    [SupplyParameterFromQuery] public string? Kind { get; set; }

    /// <summary>Name of a <see cref="RunState"/>.</summary>
    [SupplyParameterFromQuery] public string? State { get; set; }

    /// <summary>Words of the name.</summary>
    [SupplyParameterFromQuery] public string? Q { get; set; }

    /// <summary>Runs with a smaller number than this.</summary>
    [SupplyParameterFromQuery] public long? Before { get; set; }

    [CascadingParameter] private Task<AuthenticationState> Authentication { get; set; } = default!;

    [Inject] private RunService Runs { get; set; } = default!;

    [Inject] private RunFeed Feed { get; set; } = default!;

    [Inject] private TimeProvider Clock { get; set; } = default!;

    [Inject] private NavigationManager Navigation { get; set; } = default!;

    private bool IsFiltered => Mine || Kind is not null || State is not null || !string.IsNullOrEmpty(Q);

    private RunQuery Query => new(
        Mine ? viewer.MemberId : null,
        Enum.TryParse<RunKind>(Kind, ignoreCase: true, out var kind) ? kind : null,
        Enum.TryParse<RunState>(State, ignoreCase: true, out var state) ? state : null,
        string.IsNullOrWhiteSpace(Q) ? null : Q.Trim(),
        Before);

    protected override async Task OnParametersSetAsync()
    {
        viewer = Viewer.From((await Authentication).User);
        page = await Runs.ListAsync(Query, life.Token);
    }

    protected override void OnAfterRender(bool firstRender)
    {
        if (!firstRender)
            return;
        // However many runs report, the table is looked up once a second at most, and only after something happened.
        listening = Feed.SubscribeAll((_, _) => Interlocked.Increment(ref changes));
        timer = Clock.CreateTimer(_ => _ = InvokeAsync(RefreshAsync), null, RefreshPause, RefreshPause);
    }

    public void Dispose()
    {
        life.Cancel();
        listening?.Dispose();
        timer?.Dispose();
        life.Dispose();
    }

    private async Task RefreshAsync()
    {
        if (Interlocked.Exchange(ref changes, 0) == 0 || life.IsCancellationRequested)
            return;
        try
        {
            page = await Runs.ListAsync(Query, life.Token);
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

    private void Pick(long number)
    {
        if (!picked.Remove(number))
            picked.Add(number);
    }

    private void Go(string name, string? value) => Navigation.NavigateTo(With(name, value));

    /// <summary>This address with one filter changed; a changed filter starts at the newest run.</summary>
    private string With(string name, string? value)
    {
        var changed = new Dictionary<string, object?> { ["before"] = null };
        changed[name] = string.IsNullOrWhiteSpace(value) ? null : value;
        return Navigation.GetUriWithQueryParameters(changed);
    }
}
