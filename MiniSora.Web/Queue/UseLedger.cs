using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Queue;

/// <summary>An attempt whose device time is not in <see cref="MemberShare"/> yet.</summary>
/// <param name="End">Null while it goes on.</param>
/// <param name="Free">Lost without a fault of its owner: not charged.</param>
internal sealed record OpenUse(Guid MemberId, DateTimeOffset Start, DateTimeOffset? End, bool Free)
{
    public double Seconds(DateTimeOffset now, TimeSpan halfLife) => Free ? 0 : FadingUse.Held(Start, End ?? now, now, halfLife);
}

/// <summary>
/// Accounts device time: once per attempt, after its end, so that what a member used is known without reading all attempts and outlives
/// deleted runs. Time of an attempt that was lost (a worker died, the portal restarted) is charged to nobody.
/// </summary>
internal sealed class UseLedger(RunWriting writing, IDbContextFactory<MiniSoraDbContext> contexts, IOptions<QueueOptions> options)
{
    /// <summary>Attempts that are not accounted for, whether they go on or have ended.</summary>
    public static async Task<IReadOnlyList<OpenUse>> OpenAsync(MiniSoraDbContext context, CancellationToken cancellationToken) =>
        [.. (await context.Attempts.AsNoTracking()
            .Where(attempt => !attempt.Charged)
            .Join(context.Runs, attempt => attempt.RunId, run => run.Id, (attempt, run) => new { attempt, run.OwnerId, run.State, run.CurrentAttempt })
            .Select(x => new { x.OwnerId, x.attempt.StartedAt, x.attempt.EndedAt, x.attempt.Outcome, x.attempt.Number, x.State, x.CurrentAttempt })
            .ToListAsync(cancellationToken))
            .Select(x => new OpenUse(x.OwnerId, x.StartedAt, x.EndedAt, IsFree(x.EndedAt, x.Outcome, x.State, x.Number == x.CurrentAttempt)))];

    /// <summary>Accounts for what has ended.</summary>
    public async Task ChargeAsync(CancellationToken cancellationToken)
    {
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            if (!await context.Attempts.AnyAsync(attempt => !attempt.Charged && attempt.EndedAt != null, cancellationToken))
                return;
        }

        await writing.DoAsync(write => ChargeAsync(write, run => true, cancellationToken), cancellationToken);
    }

    /// <summary>Accounts for what has ended of some runs, in the caller's transaction.</summary>
    public async Task ChargeAsync(RunWrite write, System.Linq.Expressions.Expression<Func<Run, bool>> which, CancellationToken cancellationToken)
    {
        var ended = await write.Context.Attempts
            .Where(attempt => !attempt.Charged && attempt.EndedAt != null)
            .Join(write.Context.Runs.Where(which), attempt => attempt.RunId, run => run.Id, (attempt, run) => new { attempt, run })
            .ToListAsync(cancellationToken);
        foreach (var group in ended.GroupBy(x => x.run.OwnerId))
        {
            var share = await write.Context.Set<MemberShare>().FindAsync([group.Key], cancellationToken);
            if (share is null)
                write.Context.Add(share = new() { MemberId = group.Key, UsedAt = write.Now });
            share.UsedSeconds = FadingUse.Later(share.UsedSeconds, share.UsedAt, write.Now, options.Value.UseHalfLife);
            share.UsedAt = write.Now;
            foreach (var x in group)
            {
                var free = IsFree(x.attempt.EndedAt, x.attempt.Outcome, x.run.State, x.attempt.Number == x.run.CurrentAttempt);
                share.UsedSeconds += new OpenUse(group.Key, x.attempt.StartedAt, x.attempt.EndedAt, free).Seconds(write.Now, options.Value.UseHalfLife);
                x.attempt.Charged = true;
            }
        }
    }

    // It ended and never said how: lost, unless a person gave the run up.
    private static bool IsFree(DateTimeOffset? end, string? outcome, RunState state, bool newest) =>
        end is not null && outcome is null && !(state == RunState.Cancelled && newest);
}
