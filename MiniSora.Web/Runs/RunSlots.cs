using System.Collections.Concurrent;
using Hangfire.Common;
using Hangfire.States;
using Hangfire.Storage;

namespace MiniSora.Web.Runs;

/// <summary>Which runs were handed to Hangfire and have not come back: each holds a slot, also while its child still ends.</summary>
internal sealed class RunSlots(TimeProvider clock)
{
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> held = new();

    public IReadOnlyCollection<Guid> Held => [.. held.Keys];

    /// <summary>The same with the time of the hand-over.</summary>
    public IReadOnlyDictionary<Guid, DateTimeOffset> HeldSince => new Dictionary<Guid, DateTimeOffset>(held);

    public bool Take(Guid runId) => held.TryAdd(runId, clock.GetUtcNow());

    public void Free(Guid runId) => held.TryRemove(runId, out _);

    /// <summary>On a front portal: what the lead holds.</summary>
    public void Mirror(IReadOnlyDictionary<Guid, DateTimeOffset> lead)
    {
        foreach (var (runId, since) in lead)
            held[runId] = since;
        foreach (var runId in held.Keys.Where(runId => !lead.ContainsKey(runId)))
            held.TryRemove(runId, out _);
    }
}

/// <summary>Hears from Hangfire that the job of a run is over, however it ended.</summary>
internal sealed class RunJobEnds(Action<Guid, string> ended) : JobFilterAttribute, IApplyStateFilter
{
    public void OnStateApplied(ApplyStateContext context, IWriteOnlyTransaction transaction)
    {
        if (context.NewState is not (SucceededState or FailedState or DeletedState))
            return;
        if (context.BackgroundJob.Job is { } job && job.Args.OfType<Guid>().Any())
            ended(job.Args.OfType<Guid>().First(), (context.NewState as FailedState)?.Exception.ToString() ?? "The job ended.");
    }

    public void OnStateUnapplied(ApplyStateContext context, IWriteOnlyTransaction transaction)
    {
    }
}
