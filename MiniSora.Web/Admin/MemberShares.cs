using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Queue;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Admin;

/// <summary>A member as administrators see them in the queue.</summary>
public sealed record MemberLine(Guid Id, string Name, string Email, double Weight, int Runs);

/// <summary>Lets administrators set how many turns members get.</summary>
public sealed class MemberShares
{
    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunWriting writing;
    private readonly RunWake wake;

    internal MemberShares(IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, RunWake wake) =>
        (this.contexts, this.writing, this.wake) = (contexts, writing, wake);

    /// <summary>Members by name; none for who is no administrator.</summary>
    public async Task<IReadOnlyList<MemberLine>> ListAsync(Viewer viewer, CancellationToken cancellationToken)
    {
        if (!viewer.IsAdministrator)
            return [];
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Users.AsNoTracking().OrderBy(member => member.DisplayName).Take(500)
            .Select(member => new MemberLine(
                member.Id, member.DisplayName, member.Email ?? "",
                context.Set<MemberShare>().Where(share => share.MemberId == member.Id).Select(share => (double?)share.Weight).FirstOrDefault() ?? 1,
                context.Runs.Count(run => run.OwnerId == member.Id)))
            .ToListAsync(cancellationToken);
    }

    /// <summary>Sets the turns a member gets for one turn of a member of weight 1. Null when done, else why not.</summary>
    public async Task<Refusal?> SetWeightAsync(Guid memberId, double weight, Viewer viewer, CancellationToken cancellationToken)
    {
        if (!viewer.IsAdministrator)
            return new("not_found");
        if (!(weight >= MemberShare.LeastWeight && weight <= MemberShare.MostWeight))
            return new("weight_out_of_range");
        var refusal = await writing.DoAsync(
            async write =>
            {
                if (!await write.Context.Users.AnyAsync(member => member.Id == memberId, cancellationToken))
                    return new Refusal("not_found");
                var share = await write.Context.Set<MemberShare>().FindAsync([memberId], cancellationToken);
                if (share is null)
                    write.Context.Add(share = new() { MemberId = memberId, UsedAt = write.Now });
                share.Weight = weight;
                return null;
            },
            cancellationToken);
        wake.Now();
        return refusal;
    }
}
