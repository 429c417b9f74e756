using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Gallery.Reproductions;
using MiniSora.Web.Status;
using MiniSora.Web.Storage;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Runs;

/// <summary>
/// The one door through which runs change: one writer at a time, one transaction, and what happened is told only
/// after it was stored. A data folder has one portal, so a semaphore is enough; on PostgreSQL several may write, and a lock of the transaction
/// lets them do so one after the other.
/// </summary>
internal sealed class RunWriting(IDbContextFactory<MiniSoraDbContext> contexts, RunFeed feed, DiskReserve reserve, RunWake wake, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim gate = new(1);

    public async Task<T> DoAsync<T>(Func<RunWrite, Task<T>> work, CancellationToken cancellationToken)
    {
        using var span = Telemetry.Source.StartActivity("runs.write");
        await gate.WaitAsync(cancellationToken);
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            // Immediate in Microsoft.Data.Sqlite: what is read here cannot be outdated when it is written back.
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
            await context.OneWriterAsync(cancellationToken);
            var write = new RunWrite(context, clock.GetUtcNow());
            var result = await work(write);
            await ReproductionJudge.JudgeAsync(write, cancellationToken);
            await WebhookOutbox.FillAsync(write, cancellationToken);
            await context.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            foreach (var (runId, happened) in write.Told)
                feed.Publish(runId, happened);
            return result;
        }
        catch (Exception error) when (PortalDatabase.IsFull(error))
        {
            // Nothing of this was stored; whoever asks again, as every run's job does, finds room for it.
            reserve.Release();
            wake.Now();
            throw;
        }
        finally
        {
            gate.Release();
        }
    }

    public Task DoAsync(Func<RunWrite, Task> work, CancellationToken cancellationToken) =>
        DoAsync(
            async write =>
            {
                await work(write);
                return true;
            },
            cancellationToken);

    public void Dispose() => gate.Dispose();
}

/// <summary>What is written in one transaction.</summary>
internal sealed class RunWrite(MiniSoraDbContext context, DateTimeOffset now)
{
    public MiniSoraDbContext Context { get; } = context;

    public DateTimeOffset Now { get; } = now;

    internal List<(Guid RunId, LiveEvent Happened)> Told { get; } = [];

    internal List<Announcement> Announced { get; } = [];

    /// <summary>Runs that ended in this transaction.</summary>
    internal List<Run> Ended { get; } = [];

    /// <summary>Leaves a message for every webhook that wants to hear of it, with the transaction.</summary>
    public void Announce(Announcement announcement) => Announced.Add(announcement);

    /// <summary>Numbers an event, stores it with the transaction, and tells it after the commit.</summary>
    public void Tell(Run run, string type, JsonObject data, DateTimeOffset? at = null)
    {
        var happened = new LiveEvent(++run.LastSeq, at ?? Now, type, data);
        Context.RunEvents.Add(new()
        {
            RunNumber = run.Number,
            Seq = happened.Seq,
            At = happened.At,
            Type = type,
            Json = data.ToJsonString(LiveJson.Options),
        });
        Told.Add((run.Id, happened));
    }

    /// <summary>Tells where the run is now.</summary>
    public void TellState(Run run) => Tell(run, "state", new()
    {
        ["state"] = run.State.ToString(),
        ["stopRequested"] = run.StopRequested?.ToString(),
        ["failureCode"] = run.FailureCode,
        ["failureMessage"] = run.FailureMessage,
        ["failureArguments"] = run.FailureArguments is { } arguments ? JsonNode.Parse(arguments) : null,
    });

    /// <summary>Moves the run by the table and tells it.</summary>
    public void Move(Run run, RunState next)
    {
        run.MoveTo(next, Now);
        TellState(run);
        if (run.IsOver)
            Ended.Add(run);
    }
}

/// <summary>How live events are written: as the hub and the HTTP API write everything.</summary>
internal static class LiveJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
