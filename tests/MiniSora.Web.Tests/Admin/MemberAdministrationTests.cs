using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Admin;
using MiniSora.Web.Moderation;

namespace MiniSora.Web.Tests.Admin;

public class MemberAdministrationTests
{
    [Fact]
    public async Task An_administrator_appoints_a_moderator_who_is_told_and_it_is_written_down()
    {
        await using var backend = await Backend.StartAsync();
        var (boss, mei) = (await AdministratorAsync(backend, "boss"), await backend.MemberAsync("mei"));
        var members = backend.Get<MemberAdministration>();
        Assert.Equal([(boss.MemberId, MemberRoles.Administrator), (mei.MemberId, MemberRoles.Member)], (await members.ListAsync("", boss, CancellationToken.None)).Select(line => ((Guid?)line.Id, line.Role)));

        Assert.Null(await members.AppointAsync(mei.MemberId!.Value, MemberRoles.Moderator, boss, CancellationToken.None));

        Assert.Equal(MemberRoles.Moderator, Assert.Single(await members.ListAsync("ME", boss, CancellationToken.None)).Role);
        Assert.Equal(["member", "moderator"], await RolesAsync(backend, mei));
        Assert.Equal("role_moderator", Assert.Single(await backend.Get<NoticeBoard>().ListAsync(mei.MemberId.Value, CancellationToken.None)).Kind);
        var entry = Assert.Single(await backend.Get<ModerationService>().TrailAsync(boss, CancellationToken.None));
        Assert.Equal(("boss", "appointed_moderator", "mei"), (entry.ActorName, entry.Action, entry.Target));
    }

    [Fact]
    public async Task A_right_that_is_taken_away_ends_the_sessions_that_had_it_and_one_that_is_given_does_not()
    {
        await using var backend = await Backend.StartAsync();
        var (boss, mei) = (await AdministratorAsync(backend, "boss"), await backend.MemberAsync("mei"));
        var members = backend.Get<MemberAdministration>();
        var before = await StampAsync(backend, mei);
        Assert.Null(await members.AppointAsync(mei.MemberId!.Value, MemberRoles.Administrator, boss, CancellationToken.None));
        Assert.Equal(before, await StampAsync(backend, mei));

        Assert.Null(await members.AppointAsync(mei.MemberId.Value, MemberRoles.Member, boss, CancellationToken.None));

        Assert.NotEqual(before, await StampAsync(backend, mei));
        Assert.Equal(["member"], await RolesAsync(backend, mei));
    }

    [Fact]
    public async Task Nobody_appoints_themselves_and_who_is_no_administrator_any_more_appoints_nobody()
    {
        await using var backend = await Backend.StartAsync();
        var (boss, mei) = (await AdministratorAsync(backend, "boss"), await AdministratorAsync(backend, "mei"));
        var members = backend.Get<MemberAdministration>();
        Assert.Equal("role_own", (await members.AppointAsync(boss.MemberId!.Value, MemberRoles.Member, boss, CancellationToken.None))?.Code);
        Assert.Equal("not_found", (await members.AppointAsync(mei.MemberId!.Value, "emperor", boss, CancellationToken.None))?.Code);
        Assert.Null(await members.AppointAsync(mei.MemberId.Value, MemberRoles.Member, boss, CancellationToken.None));

        // The page that mei has open still says administrator.
        Assert.Equal("not_found", (await members.AppointAsync(boss.MemberId.Value, MemberRoles.Member, mei, CancellationToken.None))?.Code);
        Assert.Equal(["administrator", "member", "moderator"], await RolesAsync(backend, boss));
    }

    private static async Task<Viewer> AdministratorAsync(Backend backend, string name)
    {
        var viewer = await backend.MemberAsync(name, administrator: true);
        await using var db = await backend.DbAsync();
        foreach (var role in MemberRoles.All)
        {
            if (!await db.Roles.AnyAsync(known => known.Name == role))
            {
                db.Roles.Add(new(role) { Id = Guid.NewGuid(), NormalizedName = role.ToUpperInvariant() });
            }
        }
        await db.SaveChangesAsync();
        db.UserRoles.AddRange(await db.Roles.Select(role => new IdentityUserRole<Guid> { UserId = viewer.MemberId!.Value, RoleId = role.Id }).ToListAsync());
        await db.SaveChangesAsync();
        return viewer;
    }

    private static async Task<List<string?>> RolesAsync(Backend backend, Viewer viewer)
    {
        await using var db = await backend.DbAsync();
        return await db.UserRoles.Where(link => link.UserId == viewer.MemberId).Join(db.Roles, link => link.RoleId, role => role.Id, (_, role) => role.Name).OrderBy(name => name).ToListAsync();
    }

    private static async Task<string?> StampAsync(Backend backend, Viewer viewer)
    {
        await using var db = await backend.DbAsync();
        return (await db.Users.SingleAsync(member => member.Id == viewer.MemberId)).SecurityStamp;
    }
}
