using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using MiniSora.Jobs.Portal;
using MiniSora.Jobs.Runs;

namespace MiniSora.Jobs.Worker;

/// <summary>
/// The portal's ledger seen from another machine. What an attempt says goes to a spool first, so a portal that restarts or is cut off costs nothing;
/// a stale attempt hears it at its next word and stops its child.
/// </summary>
internal sealed class RemoteLedger(PortalLink link, PortalFiles files, string dataFolder, TimeProvider time, ILogger<RemoteLedger> logger) : IRunLedger, IAsyncDisposable
{
    private readonly ConcurrentDictionary<(Guid RunId, int Attempt), RemoteAttempt> attempts = new();

    public async Task<RunGrant?> ClaimAsync(Guid runId, string worker, CancellationToken cancellationToken)
    {
        // If the line breaks before the answer, the run may be claimed by nobody who knows: it is silent, and taken back.
        if (await link.CallAsync<WireGrant?>(WorkerHubNames.Claim, [runId, worker], cancellationToken).ConfigureAwait(false) is not { } wire)
            return null;
        var folder = new RunFolder(Path.Combine(dataFolder, "runs", runId.ToString("N")));
        Directory.CreateDirectory(folder.Root);
        var claimed = new RunGrant(runId, wire.Attempt, wire.SpecYaml, folder.Root, new Dictionary<string, string>());
        var attempt = attempts[(runId, wire.Attempt)] = new RemoteAttempt(claimed, link, files, time, logger);
        try
        {
            return claimed with { Inputs = await FetchAsync(wire, folder, attempt, cancellationToken).ConfigureAwait(false) };
        }
        catch (PortalException missing)
        {
            // Nothing can be done without its files: the attempt ends, and the ledger decides what that means.
            await EndAsync(runId, wire.Attempt, new AttemptEnd(1, missing.Message, false), cancellationToken).ConfigureAwait(false);
            return null;
        }
    }

    public Task<ReportOutcome> ReportAsync(Guid runId, int attempt, IReadOnlyList<RunEvent> events, CancellationToken cancellationToken) =>
        Task.FromResult(attempts.TryGetValue((runId, attempt), out var known) ? known.Report(events) : ReportOutcome.Stale);

    public Task<ReportOutcome> HeartbeatAsync(Guid runId, int attempt, CancellationToken cancellationToken) =>
        attempts.TryGetValue((runId, attempt), out var known) ? known.PulseAsync(cancellationToken) : Task.FromResult(ReportOutcome.Stale);

    public Task<StopRequest> WaitForStopAsync(Guid runId, int attempt, CancellationToken cancellationToken) =>
        attempts.TryGetValue((runId, attempt), out var known) ? known.AskedAsync(cancellationToken) : Task.FromResult(StopRequest.Cancel);

    public async Task EndAsync(Guid runId, int attempt, AttemptEnd end, CancellationToken cancellationToken)
    {
        if (!attempts.TryRemove((runId, attempt), out var known))
            return;
        await using (known.ConfigureAwait(false))
            await known.EndAsync(end, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var attempt in attempts.Values)
            await attempt.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The files that the spec names, and the checkpoint to go on from. Fetching may take minutes: the attempt says that it lives meanwhile.</summary>
    private async Task<IReadOnlyDictionary<string, string>> FetchAsync(WireGrant wire, RunFolder folder, RemoteAttempt attempt, CancellationToken cancellationToken)
    {
        using var fetched = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var living = LiveAsync(attempt, fetched.Token);
        try
        {
            var inputs = new Dictionary<string, string>();
            foreach (var sha256 in wire.Inputs)
            {
                inputs[sha256] = Path.Combine(dataFolder, "inputs", sha256);
                await DownloadAsync(sha256, inputs[sha256], cancellationToken).ConfigureAwait(false);
            }

            if (wire.Checkpoint is { } newest && !File.Exists(Path.Combine(folder.Checkpoints, Path.GetFileName(newest.FileName))))
                await DownloadAsync(newest.Sha256, Path.Combine(folder.Checkpoints, Path.GetFileName(newest.FileName)), cancellationToken).ConfigureAwait(false);
            return inputs;
        }
        finally
        {
            await fetched.CancelAsync().ConfigureAwait(false);
            await living.ConfigureAwait(false);
        }
    }

    /// <summary>Where the portal has its files may be away for a while: no reason to end an attempt.</summary>
    private async Task DownloadAsync(string sha256, string into, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await files.DownloadAsync(sha256, into, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (PortalException away) when (away.Status == 503)
            {
                await Task.Delay(TimeSpan.FromSeconds(5), time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task LiveAsync(RemoteAttempt attempt, CancellationToken fetched)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(3), time);
        try
        {
            while (await timer.WaitForNextTickAsync(fetched).ConfigureAwait(false))
                await attempt.PulseAsync(fetched).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Everything is here.
        }
    }
}
