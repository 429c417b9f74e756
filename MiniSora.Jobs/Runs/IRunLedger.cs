namespace MiniSora.Jobs.Runs;

/// <summary>Permission to work on a run: only the newest attempt's reports count.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Attempt">Fencing number, 1, 2, …; every report carries it.</param>
/// <param name="SpecYaml">The immutable spec.</param>
/// <param name="Folder">Absolute folder in which the run process writes; survives attempts.</param>
/// <param name="Inputs">Files the spec names by hash: SHA-256 to absolute path (checkpoint, image).</param>
public sealed record RunGrant(Guid RunId, int Attempt, string SpecYaml, string Folder, IReadOnlyDictionary<string, string> Inputs);

/// <summary>What the ledger says to a report.</summary>
public enum ReportOutcome
{
    /// <summary>Stored (or was stored before).</summary>
    Accepted,

    /// <summary>A newer attempt exists or the run is over: stop the child.</summary>
    Stale,
}

/// <summary>What somebody asked of a running attempt.</summary>
public enum StopRequest
{
    /// <summary>Write a checkpoint, end as succeeded.</summary>
    StopAndKeep,

    /// <summary>End now, keep nothing new.</summary>
    Cancel,

    /// <summary>Write a checkpoint and leave; the run goes on later (pause, shutdown).</summary>
    Interrupt,

    /// <summary>Write a checkpoint and leave the device to another run; the run goes on by itself.</summary>
    Yield,

    /// <summary>Write a checkpoint and leave: the budget is used up; the run goes on by itself when it is raised.</summary>
    Budget,
}

/// <summary>How the child process of an attempt ended, beyond what its events said.</summary>
/// <param name="ExitCode">Exit code; 137 when killed.</param>
/// <param name="LastError">Last lines of its standard error, trimmed.</param>
/// <param name="Cancelled">It ended because of <see cref="StopRequest.Cancel"/>.</param>
/// <param name="OutOfMemory">The kernel killed it for want of memory.</param>
public sealed record AttemptEnd(int ExitCode, string LastError, bool Cancelled, bool OutOfMemory = false);

/// <summary>
/// The owner of run states, as a worker sees it. In the default set-up the portal implements it in its own process.
/// The Hangfire job carries a run id only and does "claim or leave".
/// </summary>
public interface IRunLedger
{
    /// <summary>Opens the next attempt if the run waits for one; null when there is nothing to do (it is over or held by somebody alive).</summary>
    Task<RunGrant?> ClaimAsync(Guid runId, string worker, CancellationToken cancellationToken);

    /// <summary>Stores events. Idempotent by (run, attempt, seq).</summary>
    Task<ReportOutcome> ReportAsync(Guid runId, int attempt, IReadOnlyList<RunEvent> events, CancellationToken cancellationToken);

    /// <summary>Says that the attempt's process lives; also when it has nothing to report.</summary>
    Task<ReportOutcome> HeartbeatAsync(Guid runId, int attempt, CancellationToken cancellationToken);

    /// <summary>Completes when somebody asks the attempt to stop; runs until cancelled otherwise.</summary>
    Task<StopRequest> WaitForStopAsync(Guid runId, int attempt, CancellationToken cancellationToken);

    /// <summary>Closes the attempt; the ledger decides the run's state from its events and this.</summary>
    Task EndAsync(Guid runId, int attempt, AttemptEnd end, CancellationToken cancellationToken);
}
