using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MiniSora.Web.Account;
using MiniSora.Web.Mail;

namespace MiniSora.Web.Tests.Mail;

public class PasswordResetTests
{
    private const string Old = "correct horse battery", New = "another long passphrase";

    [Fact]
    public async Task Who_forgot_the_password_gets_a_link_that_sets_another_once_and_ends_other_sessions()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei", confirmed: false, password: Old);
        var stamp = (await MemberAsync(house, mei)).SecurityStamp;
        await AskAsync(house, " Mei@Example.org ", "zh-CN");
        Assert.Equal(1, await house.DeliverAsync());
        var mail = Assert.Single(house.Server.Mails);
        Assert.Equal(("重设密码", "mei@example.org"), (mail.Message.Subject, mail.To.Single()));
        var link = MailHouse.Link(mail.Message, PasswordResets.Path);
        Assert.Contains("PasswordTooShort", await FollowAsync(house, link, "short"));
        Assert.True(await IsPasswordAsync(house, mei, Old));
        Assert.Empty(await FollowAsync(house, link, New));
        Assert.True(await IsPasswordAsync(house, mei, New));
        Assert.NotEqual(stamp, (await MemberAsync(house, mei)).SecurityStamp);
        Assert.Equal(["InvalidToken"], await FollowAsync(house, link, Old + "!"));
        Assert.True(await IsPasswordAsync(house, mei, New));
    }

    [Fact]
    public async Task A_link_is_good_for_its_own_account_alone()
    {
        await using var house = await MailHouse.StartAsync();
        var (mei, tom) = (await house.MemberAsync("mei", password: Old), await house.MemberAsync("tom", password: Old));
        await AskAsync(house, "mei@example.org");
        Assert.Equal(1, await house.DeliverAsync());
        var link = MailHouse.Link(house.Server.Mails[0].Message, PasswordResets.Path);
        Assert.Equal(["InvalidToken"], await FollowAsync(house, link.Replace(mei.MemberId!.Value.ToString("N"), tom.MemberId!.Value.ToString("N"), StringComparison.Ordinal), New));
        Assert.Equal(["InvalidToken"], await house.Backend.Get<PasswordResets>().ResetAsync("nobody", null, New));
        Assert.True(await IsPasswordAsync(house, tom, Old));
    }

    [Fact]
    public async Task Nobody_is_written_to_who_has_no_account_or_no_password()
    {
        await using var house = await MailHouse.StartAsync();
        await house.MemberAsync("tom");
        await house.Backend.Get<DemoMember>().GetAsync(CancellationToken.None);
        foreach (var address in (string[])["nobody@example.org", "tom@example.org", "demo@minisora.invalid", ""])
            await AskAsync(house, address);
        await using var context = await house.Backend.DbAsync();
        Assert.False(await context.Set<Letter>().AnyAsync());
    }

    [Fact]
    public async Task An_account_gets_one_link_a_minute_and_five_a_day()
    {
        await using var house = await MailHouse.StartAsync();
        await house.MemberAsync("mei", password: Old);
        for (var asked = 0; asked <= PasswordResets.Most; asked++)
        {
            await AskAsync(house, "mei@example.org");
            await AskAsync(house, "mei@example.org");
            house.Backend.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(PasswordResets.Most, await house.DeliverAsync());
        house.Backend.Clock.Advance(TimeSpan.FromDays(1));
        await AskAsync(house, "mei@example.org");
        Assert.Equal(1, await house.DeliverAsync());
    }

    private static Task AskAsync(MailHouse house, string address, string language = "en") => house.Backend.Get<PasswordResets>().HandleAsync(address, language, CancellationToken.None);

    private static Task<IReadOnlyList<string>> FollowAsync(MailHouse house, string link, string password)
    {
        var query = QueryHelpers.ParseQuery(link[link.IndexOf('?', StringComparison.Ordinal)..]);
        return house.Backend.Get<PasswordResets>().ResetAsync(query["member"], query["token"], password);
    }

    private static async Task<Member> MemberAsync(MailHouse house, Viewer viewer)
    {
        await using var context = await house.Backend.DbAsync();
        return await context.Users.AsNoTracking().SingleAsync(member => member.Id == viewer.MemberId);
    }

    private static async Task<bool> IsPasswordAsync(MailHouse house, Viewer viewer, string password)
    {
        await using var scope = house.Backend.Get<IServiceScopeFactory>().CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<UserManager<Member>>().CheckPasswordAsync(await MemberAsync(house, viewer), password);
    }
}
