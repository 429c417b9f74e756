namespace MiniSora.Web.Runs;

/// <summary>Tells components in this process what happens to runs. Handlers must return at once and not throw.</summary>
public sealed class RunFeed
{
    /// <summary>Calls <paramref name="handler"/> for every event of a run, in order, until the result is disposed.</summary>
    public IDisposable Subscribe(Guid runId, Action<LiveEvent> handler) => throw new NotImplementedException();

    /// <summary>Calls <paramref name="handler"/> for the events of all runs (run lists).</summary>
    public IDisposable SubscribeAll(Action<Guid, LiveEvent> handler) => throw new NotImplementedException();
}
