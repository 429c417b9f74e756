using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;
using MiniSora.Web.Workers;

namespace MiniSora.Web.Queue;

/// <summary>
/// Makes room for what the stage of a roundtable waits for, a prompt or a fork that was voted for: where every device is busy, one training run of a lower
/// priority writes its checkpoint, leaves, and goes on from it afterwards. Nothing else is ever asked to leave, and nothing leaves without its checkpoint.
/// </summary>
internal sealed class StageRoom(IDbContextFactory<MiniSoraDbContext> contexts, RunLedger ledger, Fleet fleet)
{
    /// <summary>Asks as many training runs to leave as the stage needs. Call when what fits has been handed over.</summary>
    /// <param name="held">Runs that hold a slot.</param>
    public async Task MakeAsync(IReadOnlyCollection<Guid> held, CancellationToken cancellationToken)
    {
        List<Waiting> waiting;
        List<Holder> holders;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            waiting = await context.Runs.Where(run => run.State == RunState.Queued && run.Priority >= RunPriority.Fork && !held.Contains(run.Id))
                .OrderByDescending(run => run.Priority).ThenBy(run => run.Number).Select(run => new Waiting(run.Id, run.Priority)).ToListAsync(cancellationToken);
            // There is nearly never one.
            if (waiting.Count == 0)
                return;
            // The lowest first, and of equals the one that has had its device for the shortest time.
            holders = await context.Runs.Where(run => run.State == RunState.Running)
                .OrderBy(run => run.Priority)
                .ThenByDescending(run => context.Attempts.Where(attempt => attempt.RunId == run.Id && attempt.Number == run.CurrentAttempt).Select(attempt => attempt.StartedAt).First())
                .Select(run => new Holder(run.Id, run.CurrentAttempt, run.StopRequested != null, run.Kind == RunKind.Training, run.Priority))
                .ToListAsync(cancellationToken);
        }

        var staying = held.Except(holders.Where(holder => holder.Leaves).Select(holder => holder.RunId)).ToList();
        var leavers = holders.Where(holder => !holder.Leaves && holder.Trains).ToList();
        foreach (var stage in waiting)
        {
            if (await fleet.LeaverForAsync(stage.RunId, staying, leavers.Where(holder => holder.Priority < stage.Priority).Select(holder => holder.RunId), cancellationToken) is { } leaving)
            {
                await ledger.AskToLeaveAsync(leaving, leavers.Single(holder => holder.RunId == leaving).Attempt, StopRequest.Yield, cancellationToken);
                staying.Remove(leaving);
                leavers.RemoveAll(holder => holder.RunId == leaving);
            }

            staying.Add(stage.RunId);
        }
    }

    private sealed record Waiting(Guid RunId, int Priority);

    private sealed record Holder(Guid RunId, int Attempt, bool Leaves, bool Trains, int Priority);
}
