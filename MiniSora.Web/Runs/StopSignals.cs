using System.Collections.Concurrent;
using MiniSora.Jobs.Runs;

namespace MiniSora.Web.Runs;

/// <summary>Wakes the attempt that shall stop. The stored state says why; this only saves polling for it.</summary>
internal sealed class StopSignals
{
    private readonly ConcurrentDictionary<(Guid RunId, int Attempt), TaskCompletionSource<StopRequest>> waiting = new();

    public TaskCompletionSource<StopRequest> Of(Guid runId, int attempt) =>
        waiting.GetOrAdd((runId, attempt), _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Where attempts report to another portal: tells that one. Then nobody waits here.</summary>
    public Action<Guid, int, StopRequest>? Elsewhere { get; set; }

    public void Raise(Guid runId, int attempt, StopRequest request)
    {
        if (Elsewhere is { } tell)
            tell(runId, attempt, request);
        else
            Of(runId, attempt).TrySetResult(request);
    }

    public void Forget(Guid runId, int attempt) => waiting.TryRemove((runId, attempt), out _);
}
