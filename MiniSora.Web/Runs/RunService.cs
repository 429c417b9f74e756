using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;

namespace MiniSora.Web.Runs;

/// <summary>What pages ask about runs and do with them. Everybody may look; acting is for the owner and administrators.</summary>
public sealed class RunService
{
    /// <summary>Reads YAML and submits it. All problems of the document come back at once.</summary>
    public Task<SubmitResult> SubmitAsync(string specYaml, Origin origin, Viewer viewer, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Validates, stores and queues a run.</summary>
    public Task<SubmitResult> SubmitAsync(RunSpec spec, Origin origin, Viewer viewer, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>All reasons why this spec would be refused now; empty when it would be taken.</summary>
    public Task<IReadOnlyList<Refusal>> CheckAsync(RunSpec spec, Viewer viewer, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>A page of runs, newest first.</summary>
    public Task<RunPage> ListAsync(RunQuery query, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Everything about one run; null when there is none.</summary>
    public Task<RunDetails?> GetAsync(Guid runId, Viewer viewer, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Checkpoints one may sample from, newest first, one per run: the newest.</summary>
    public Task<IReadOnlyList<CheckpointChoice>> CheckpointsAsync(Viewer viewer, int take, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>The checkpoint with this hash, whichever run it is of; null when the portal has none.</summary>
    public Task<CheckpointChoice?> CheckpointAsync(string sha256, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Gives a run up: at once, whatever it does. Null when done, else why not.</summary>
    public Task<Refusal?> CancelAsync(Guid runId, Viewer viewer, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Asks a running run to write a checkpoint and end well.</summary>
    public Task<Refusal?> StopAndKeepAsync(Guid runId, Viewer viewer, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Asks a running run to write a checkpoint and rest.</summary>
    public Task<Refusal?> PauseAsync(Guid runId, Viewer viewer, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Puts a paused run back into the queue.</summary>
    public Task<Refusal?> ResumeAsync(Guid runId, Viewer viewer, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Removes a run that is over, with its points, log and files nobody else needs.</summary>
    public Task<Refusal?> DeleteAsync(Guid runId, Viewer viewer, CancellationToken cancellationToken) => throw new NotImplementedException();
}
