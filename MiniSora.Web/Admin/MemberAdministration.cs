using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Moderation;
using MiniSora.Web.Queue;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Admin;

/// <summary>A member as administrators see them.</summary>
/// <param name="Role">The highest of <see cref="MemberRoles.All"/> that the member has.</param>
public sealed record MemberLine(Guid Id, string Name, string Email, string Role, double Weight, int Runs);

/// <summary>Lets administrators set how many turns members get, and appoint moderators and administrators.</summary>
public sealed class MemberAdministration
{
    /// <summary>Members on the page; more are found by searching.</summary>
    public const int MostListed = 200;

    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunWriting writing;
    private readonly RunWake wake;

    internal MemberAdministration(IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, RunWake wake) =>
        (this.contexts, this.writing, this.wake) = (contexts, writing, wake);

    /// <summary>Members by name, with every word of <paramref name="search"/> in their name or address; none for who is no administrator.</summary>
    public async Task<IReadOnlyList<MemberLine>> ListAsync(string search, Viewer viewer, CancellationToken cancellationToken)
    {
        if (!viewer.IsAdministrator)
            return [];
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        // The owner of the shipped checkpoint is nobody: it has no turns and signs in nowhere.
        var members = context.Users.AsNoTracking().Where(member => member.Email != StarterCheckpoint.Email);
        foreach (var word in SearchWords.Of(search))
            members = members.Where(member => EF.Functions.Like(member.DisplayName, word, SearchWords.Escape) || EF.Functions.Like(member.Email!, word, SearchWords.Escape));
        var found = await members.OrderBy(member => member.DisplayName).Take(MostListed)
            .Select(member => new
            {
                member.Id,
                member.DisplayName,
                member.Email,
                Roles = context.UserRoles.Where(link => link.UserId == member.Id).Join(context.Roles, link => link.RoleId, role => role.Id, (_, role) => role.Name!).ToList(),
                Weight = context.Set<MemberShare>().Where(share => share.MemberId == member.Id).Select(share => (double?)share.Weight).FirstOrDefault() ?? 1,
                Runs = context.Runs.Count(run => run.OwnerId == member.Id),
            })
            .ToListAsync(cancellationToken);
        return [.. found.Select(member => new MemberLine(
            member.Id, member.DisplayName, member.Email ?? "", MemberRoles.All.LastOrDefault(member.Roles.Contains) ?? MemberRoles.Member, member.Weight, member.Runs))];
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

    /// <summary>Gives a member a role and all below it, and takes those above. Null when done, else why not.</summary>
    public Task<Refusal?> AppointAsync(Guid memberId, string role, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync<Refusal?>(
        async write =>
        {
            var context = write.Context;
            var roles = await context.Roles.ToDictionaryAsync(known => known.Name!, known => known.Id, cancellationToken);
            // Asked anew: the page may have been open since before this person lost the right.
            if (!await context.UserRoles.AnyAsync(link => link.UserId == viewer.MemberId && link.RoleId == roles[MemberRoles.Administrator], cancellationToken)
                || !MemberRoles.All.Contains(role)
                || await context.Users.SingleOrDefaultAsync(found => found.Id == memberId && found.Email != StarterCheckpoint.Email, cancellationToken) is not { } member)
                return new("not_found");
            // So that there is always an administrator left.
            if (memberId == viewer.MemberId)
                return new("role_own");
            var held = await context.UserRoles.Where(link => link.UserId == memberId).ToListAsync(cancellationToken);
            var due = MemberRoles.All.TakeWhile(name => name != role).Append(role).Select(name => roles[name]).ToHashSet();
            var taken = held.Where(link => roles.ContainsValue(link.RoleId) && !due.Contains(link.RoleId)).ToList();
            var given = due.Except(held.Select(link => link.RoleId)).ToList();
            if (taken.Count + given.Count == 0)
                return null;
            context.UserRoles.RemoveRange(taken);
            context.UserRoles.AddRange(given.Select(id => new IdentityUserRole<Guid> { UserId = memberId, RoleId = id }));
            // A right that was taken away is not left in a cookie: the member signs in again.
            if (taken.Count > 0)
                member.SecurityStamp = Guid.NewGuid().ToString();
            NoticeBoard.Tell(write, memberId, viewer.MemberId, "role_" + role, "", "", role == MemberRoles.Member ? "/me" : role == MemberRoles.Moderator ? "/mod" : "/admin");
            await Audit.WriteAsync(write, viewer, "appointed_" + role, member.DisplayName, "/u/" + member.Handle, cancellationToken);
            return null;
        },
        cancellationToken);
}
