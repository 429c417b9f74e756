using Microsoft.AspNetCore.SignalR;
using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Worker;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Workers;

/// <summary>
/// Where workers on other machines claim runs and report. Every word names its attempt, and the ledger decides whether it still counts, so a worker that was
/// given up for dead can say what it likes. Messages: <see cref="WorkerHubNames"/>.
/// </summary>
internal sealed partial class WorkerHub(RunLedger ledger, RunSlots slots, ArtifactStore store, Fleet fleet, IDbContextFactory<MiniSoraDbContext> contexts, ILogger<WorkerHub> logger) : Hub
{
    /// <summary>A worker says who it is and what it offers.</summary>
    public void Hello(WorkerHello hello)
    {
        fleet.Join(Context.ConnectionId, hello);
        LogJoined(hello.Name, hello.Slots.Count, hello.Software);
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        if (fleet.Leave(Context.ConnectionId) is { } gone)
            LogLeft(gone.Hello.Name);
        return base.OnDisconnectedAsync(exception);
    }

    /// <summary>Opens the next attempt, or null.</summary>
    public async Task<WireGrant?> Claim(Guid runId, string worker)
    {
        var grant = await ledger.ClaimAsync(runId, worker, remote: true, Context.ConnectionAborted);
        await using var context = await contexts.CreateDbContextAsync(Context.ConnectionAborted);
        if (grant is null)
        {
            // Given up meanwhile, or done: then its slot is for the next one.
            if (!await context.Attempts.AnyAsync(attempt => attempt.RunId == runId && attempt.EndedAt == null, Context.ConnectionAborted))
                slots.Free(runId);
            return null;
        }

        var newest = await context.Artifacts.Where(a => a.RunId == runId && a.Kind == "checkpoint")
            .OrderByDescending(a => a.Step).ThenByDescending(a => a.CreatedAt)
            .Select(a => new WireCheckpoint(a.Sha256, a.FileName, a.Step))
            .FirstOrDefaultAsync(Context.ConnectionAborted);
        return new(runId, grant.Attempt, grant.SpecYaml, [.. grant.Inputs.Keys], newest);
    }

    /// <summary>Stores events, each a line of the run protocol. What follows a gap is not taken: the receipt says from where to say it again.</summary>
    public async Task<WireReceipt> Report(Guid runId, int attempt, IReadOnlyList<string> lines)
    {
        if (await ledger.LastSeqAsync(runId, attempt, Context.ConnectionAborted) is not { } last)
            return new(ReportOutcome.Stale, 0);
        var events = new List<RunEvent>();
        foreach (var line in lines)
            events.Add(await KnownAsync(RunEventJson.Read(line)));
        if (events.Count == 0 || events[0].Seq > last + 1)
            return new(ReportOutcome.Accepted, last);
        var outcome = await ledger.ReportAsync(runId, attempt, events, Context.ConnectionAborted);
        return new(outcome, events[^1].Seq);
    }

    /// <summary>An attempt lives; hears what was asked of it.</summary>
    public async Task<WirePulse> Heartbeat(Guid runId, int attempt)
    {
        var outcome = await ledger.HeartbeatAsync(runId, attempt, Context.ConnectionAborted);
        if (outcome == ReportOutcome.Stale)
            return new(outcome, StopRequest.Cancel);
        await using var context = await contexts.CreateDbContextAsync(Context.ConnectionAborted);
        return new(outcome, await context.Runs.Where(run => run.Id == runId).Select(run => run.StopRequested).SingleOrDefaultAsync(Context.ConnectionAborted));
    }

    /// <summary>The attempt's process has left.</summary>
    public async Task<bool> End(Guid runId, int attempt, AttemptEnd end)
    {
        await ledger.EndAsync(runId, attempt, end, Context.ConnectionAborted);
        return true;
    }

    // Its process removed the file before it could be sent, as it does with old checkpoints: people shall know that it was there.
    private async Task<RunEvent> KnownAsync(RunEvent happened) =>
        happened is RunArtifact file && !await store.HasAsync(file.Sha256, Context.ConnectionAborted)
            ? new RunLog("warning", $"{file.Path} was replaced before the portal could have it.", "log.file_missed", new Dictionary<string, string> { ["file"] = file.Path }) { Seq = file.Seq, At = file.At }
            : happened;

    [LoggerMessage(LogLevel.Information, "Worker {Name} joined with {Slots} slots, version {Software}")]
    private partial void LogJoined(string name, int slots, string software);

    [LoggerMessage(LogLevel.Warning, "Worker {Name} left the line")]
    private partial void LogLeft(string name);
}
