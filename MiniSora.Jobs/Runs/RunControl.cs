namespace MiniSora.Jobs.Runs;

/// <summary>What somebody asked of this run, as its handler sees it. Cancel outranks the others; of those the first one counts.</summary>
public sealed class RunControl : IDisposable
{
    private readonly CancellationTokenSource cancelled = new();
    private readonly CancellationTokenSource leaving = new();
    private readonly Lock gate = new();
    private StopRequest? request;

    /// <summary>The request, or null.</summary>
    public StopRequest? Request
    {
        get
        {
            lock (gate)
                return request;
        }
    }

    /// <summary>End now and keep nothing new.</summary>
    public CancellationToken Cancelled => cancelled.Token;

    /// <summary>Cancelled or interrupted: for phases that leave nothing to keep, such as fitting the codec. Who stops to keep something waits for them.</summary>
    public CancellationToken Leaving => leaving.Token;

    /// <summary>Asks; may be called from any thread and more than once.</summary>
    public void Ask(StopRequest what)
    {
        lock (gate)
        {
            if (request is null || what == StopRequest.Cancel)
                request = what;
        }

        if (what == StopRequest.Cancel)
            cancelled.Cancel();
        if (what != StopRequest.StopAndKeep)
            leaving.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        cancelled.Dispose();
        leaving.Dispose();
    }
}
