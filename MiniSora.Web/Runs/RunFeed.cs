using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace MiniSora.Web.Runs;

/// <summary>Tells components in this process what happens to runs. Handlers must return at once and not throw.</summary>
public sealed class RunFeed
{
    private readonly ConcurrentDictionary<Guid, ImmutableList<Action<LiveEvent>>> ofRun = new();
    private ImmutableList<Action<Guid, LiveEvent>> ofAll = [];

    /// <summary>This portal published something: for whoever tells other portals.</summary>
    internal event Action<Guid, LiveEvent>? Published;

    /// <summary>Calls <paramref name="handler"/> for every event of a run, in order, until the result is disposed.</summary>
    public IDisposable Subscribe(Guid runId, Action<LiveEvent> handler)
    {
        ofRun.AddOrUpdate(runId, _ => [handler], (_, handlers) => handlers.Add(handler));
        return new Subscription(() =>
        {
            var left = ofRun.AddOrUpdate(runId, _ => [], (_, handlers) => handlers.Remove(handler));
            if (left.IsEmpty)
                ofRun.TryRemove(KeyValuePair.Create(runId, left));
        });
    }

    /// <summary>Calls <paramref name="handler"/> for the events of all runs (run lists).</summary>
    public IDisposable SubscribeAll(Action<Guid, LiveEvent> handler)
    {
        ImmutableInterlocked.Update(ref ofAll, handlers => handlers.Add(handler));
        return new Subscription(() => ImmutableInterlocked.Update(ref ofAll, handlers => handlers.Remove(handler)));
    }

    /// <summary>Tells everybody. The one writer calls this after its transaction, so numbers come in order.</summary>
    internal void Publish(Guid runId, LiveEvent happened)
    {
        Hear(runId, happened);
        Published?.Invoke(runId, happened);
    }

    /// <summary>Tells those in this process what another portal published. After an interruption some of it may be said twice.</summary>
    internal void Hear(Guid runId, LiveEvent happened)
    {
        if (ofRun.TryGetValue(runId, out var handlers))
        {
            foreach (var handler in handlers)
                handler(happened);
        }

        foreach (var handler in ofAll)
            handler(runId, happened);
    }

    private sealed class Subscription(Action end) : IDisposable
    {
        private Action? end = end;

        public void Dispose() => Interlocked.Exchange(ref end, null)?.Invoke();
    }
}
