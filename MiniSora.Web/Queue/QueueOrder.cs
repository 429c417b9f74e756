using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Queue;

/// <summary>Reads who waits and who has had how much, and puts the waiting runs in their order.</summary>
internal sealed class QueueOrder(IDbContextFactory<MiniSoraDbContext> contexts, IOptions<QueueOptions> options, TimeProvider clock)
{
    /// <summary>The waiting runs in their order, without those that were handed over.</summary>
    public async Task<IReadOnlyList<QueuePlace>> LookAsync(IReadOnlyCollection<Guid> handedOver, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var waiting = await context.Runs.AsNoTracking()
            .Where(run => run.State == RunState.Queued && !handedOver.Contains(run.Id))
            .Select(run => new WaitingRun(run.Id, run.Number, run.OwnerId, run.Priority) { RetryAt = run.RetryAt, MadeRoom = run.StopRequested == Jobs.Runs.StopRequest.Yield })
            .ToListAsync(cancellationToken);
        return FairOrder.Of(waiting, waiting.Count == 0 ? new() : await StandingsAsync(context, handedOver, cancellationToken), options.Value.QuotaSeconds);
    }

    /// <summary>Where every member stands who used or holds something or has a weight.</summary>
    public async Task<Dictionary<Guid, MemberStanding>> StandingsAsync(
        MiniSoraDbContext context, IReadOnlyCollection<Guid> handedOver, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var halfLife = options.Value.UseHalfLife;
        var standings = (await context.Set<MemberShare>().AsNoTracking().ToListAsync(cancellationToken))
            .ToDictionary(share => share.MemberId, share => new MemberStanding(share.Weight, 0, FadingUse.Later(share.UsedSeconds, share.UsedAt, now, halfLife)));
        void Change(Guid member, Func<MemberStanding, MemberStanding> change) => standings[member] = change(standings.GetValueOrDefault(member) ?? MemberStanding.New);

        var held = await context.Runs
            .Where(run => run.State == RunState.Running || handedOver.Contains(run.Id))
            .GroupBy(run => run.OwnerId)
            .Select(group => new { Member = group.Key, Count = group.Count() })
            .ToListAsync(cancellationToken);
        foreach (var group in held)
            Change(group.Member, standing => standing with { Held = group.Count });
        foreach (var use in await UseLedger.OpenAsync(context, cancellationToken))
            Change(use.MemberId, standing => standing with { UsedSeconds = standing.UsedSeconds + use.Seconds(now, halfLife) });
        return standings;
    }
}
