using MiniSora.Jobs.Runs;

namespace MiniSora.Jobs.Tests.Runs;

/// <summary>A ledger without a database: one run, its attempts, and what was reported.</summary>
internal sealed class MemoryLedger(string specYaml, string folder) : IRunLedger
{
    private readonly Lock gate = new();
    private readonly List<(Predicate<RunEvent> Wanted, TaskCompletionSource<RunEvent> Found)> waiting = [];
    private readonly TaskCompletionSource<StopRequest> stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int attempt;

    public List<(int Attempt, RunEvent Event)> Events { get; } = [];

    public List<(int Attempt, AttemptEnd End)> Ends { get; } = [];

    /// <summary>Nobody may work on it.</summary>
    public bool Over { get; set; }

    /// <summary>Answers Stale from now on.</summary>
    public bool Overtaken { get; set; }

    /// <summary>Reports fail this many times before they are stored.</summary>
    public int FailuresToCome { get; set; }

    /// <summary>Claims and reports find the store of files away this many times.</summary>
    public int AwaysToCome { get; set; }

    public IReadOnlyList<RunEvent> Of(int number)
    {
        lock (gate)
            return [.. Events.Where(item => item.Attempt == number).Select(item => item.Event)];
    }

    public void Ask(StopRequest request) => stop.TrySetResult(request);

    /// <summary>The next event of a type, or one that has come already.</summary>
    public async Task<T> SeenAsync<T>() where T : RunEvent
    {
        TaskCompletionSource<RunEvent> found = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (Events.Select(item => item.Event).OfType<T>().LastOrDefault() is { } there)
                return there;
            waiting.Add((next => next is T, found));
        }

        return (T)await found.Task.WaitAsync(TimeSpan.FromMinutes(3));
    }

    public Task<RunGrant?> ClaimAsync(Guid runId, string worker, CancellationToken cancellationToken) =>
        AwaysToCome-- > 0 ? Task.FromException<RunGrant?>(new Away()) : Task.FromResult(Over ? null : new RunGrant(runId, ++attempt, specYaml, folder, new Dictionary<string, string>()));

    public Task<ReportOutcome> ReportAsync(Guid runId, int number, IReadOnlyList<RunEvent> events, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (AwaysToCome-- > 0)
                throw new Away();
            if (FailuresToCome-- > 0)
                throw new IOException("the database is busy");
            if (Overtaken)
                return Task.FromResult(ReportOutcome.Stale);
            foreach (var next in events)
            {
                Events.Add((number, next));
                foreach (var (_, found) in waiting.Where(item => item.Wanted(next)))
                    found.TrySetResult(next);
            }
        }

        return Task.FromResult(ReportOutcome.Accepted);
    }

    public Task<ReportOutcome> HeartbeatAsync(Guid runId, int number, CancellationToken cancellationToken) =>
        Task.FromResult(Overtaken ? ReportOutcome.Stale : ReportOutcome.Accepted);

    public Task<StopRequest> WaitForStopAsync(Guid runId, int number, CancellationToken cancellationToken) => stop.Task.WaitAsync(cancellationToken);

    public Task EndAsync(Guid runId, int number, AttemptEnd end, CancellationToken cancellationToken)
    {
        Ends.Add((number, end));
        return Task.CompletedTask;
    }

    private sealed class Away() : LedgerAwayException("the bucket is away", null);
}
