using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Workers;

/// <summary>
/// Slots of runs that were handed to a queue which several machines share. Nobody tells this process when a job ends elsewhere: a slot is free when no
/// attempt of its run is open and alive, and the hand-over was long enough ago that somebody would have taken it.
/// </summary>
internal sealed class LostSlots(IDbContextFactory<MiniSoraDbContext> contexts, RunSlots slots, TimeProvider clock)
{
    /// <summary>A free worker takes a job within two seconds; after this long the hand-over counts as lost and is done again. A second job finds nothing to claim and leaves.</summary>
    public static readonly TimeSpan HandOver = TimeSpan.FromSeconds(20);

    /// <summary>Frees what nobody works on.</summary>
    public async Task FreeAsync(CancellationToken cancellationToken)
    {
        var (now, held) = (clock.GetUtcNow(), slots.HeldSince);
        if (held.Count == 0)
            return;
        var (ids, limit) = (held.Keys.ToList(), now - RunLedger.Silence);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var working = await context.Attempts
            .Where(attempt => ids.Contains(attempt.RunId) && attempt.EndedAt == null && attempt.LastHeardAt >= limit)
            .Select(attempt => attempt.RunId)
            .ToHashSetAsync(cancellationToken);
        foreach (var (runId, since) in held)
        {
            if (!working.Contains(runId) && now - since > HandOver)
                slots.Free(runId);
        }
    }

    /// <summary>After a start of the portal: what works elsewhere holds its slot still.</summary>
    public async Task TakeWorkingAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var working = await context.Attempts.Where(attempt => attempt.Remote && attempt.EndedAt == null).Select(attempt => attempt.RunId).ToListAsync(cancellationToken);
        foreach (var runId in working)
            slots.Take(runId);
    }
}
