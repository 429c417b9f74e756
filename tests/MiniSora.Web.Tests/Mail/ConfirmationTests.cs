using MiniSora.Web.Account;
using MiniSora.Web.Mail;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Tests.Mail;

public class ConfirmationTests
{
    [Fact]
    public async Task A_first_choice_sends_a_link_that_confirms_the_address_and_the_digest_begins()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei", confirmed: false);
        Assert.Null((await house.ViewAsync(mei)).Confirmation);
        await house.ChooseAsync(mei, language: "zh-CN");
        Assert.Equal(("mei@example.org", DeliveryState.Waiting), State(await house.ViewAsync(mei)));
        Assert.Equal(1, await house.DeliverAsync());
        Assert.Equal(("mei@example.org", DeliveryState.Sent), State(await house.ViewAsync(mei)));
        var mail = Assert.Single(house.Server.Mails).Message;
        Assert.Equal("确认你的邮箱", mail.Subject);
        Assert.Null(mail.Headers["List-Unsubscribe"]);
        Assert.Equal(Confirmed.Now, await FollowAsync(house, MailHouse.Link(mail, ConfirmationLinks.Path)));
        Assert.True((await house.ViewAsync(mei)).IsConfirmed);
        await house.TellAsync(mei, "A red circle");
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-23T09:00:00"));
    }

    [Fact]
    public async Task A_link_confirms_once_and_only_the_account_it_was_made_for()
    {
        await using var house = await MailHouse.StartAsync();
        var (mei, tom) = (await house.MemberAsync("mei", confirmed: false), await house.MemberAsync("tom", confirmed: false));
        Assert.Null(await house.Mail.AskAsync("en", mei, CancellationToken.None));
        Assert.Equal(1, await house.DeliverAsync());
        var link = MailHouse.Link(house.Server.Mails[0].Message, ConfirmationLinks.Path);
        Assert.Equal(Confirmed.No, await FollowAsync(house, link.Replace(mei.MemberId!.Value.ToString("N"), tom.MemberId!.Value.ToString("N"), StringComparison.Ordinal)));
        Assert.Equal(Confirmed.No, await FollowAsync(house, link[..^4] + "AAAA"));
        Assert.Equal(Confirmed.No, await house.Backend.Get<ConfirmationLinks>().FollowAsync("nobody", null));
        Assert.False((await house.ViewAsync(mei)).IsConfirmed);
        Assert.False((await house.ViewAsync(tom)).IsConfirmed);
        Assert.Equal(Confirmed.Now, await FollowAsync(house, link));
        Assert.Equal(Confirmed.Before, await FollowAsync(house, link));
        Assert.False((await house.ViewAsync(tom)).IsConfirmed);
        Assert.Equal("mail_confirmed", (await house.Mail.AskAsync("en", mei, CancellationToken.None))?.Code);
    }

    [Fact]
    public async Task A_link_for_another_address_than_the_accounts_confirms_nothing()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei", confirmed: false);
        Assert.Null(await house.Mail.AskAsync("en", mei, CancellationToken.None));
        Assert.Equal(1, await house.DeliverAsync());
        await house.MoveAsync(mei, "elsewhere@example.org");
        Assert.Equal(Confirmed.No, await FollowAsync(house, MailHouse.Link(house.Server.Mails[0].Message, ConfirmationLinks.Path)));
        Assert.False((await house.ViewAsync(mei)).IsConfirmed);
    }

    [Fact]
    public async Task A_mail_that_waits_is_not_sent_to_an_address_that_is_the_members_no_more()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei", confirmed: false);
        Assert.Null(await house.Mail.AskAsync("en", mei, CancellationToken.None));
        await house.MoveAsync(mei, "elsewhere@example.org");
        Assert.Equal(0, await house.DeliverAsync());
        Assert.Empty(house.Server.Mails);
    }

    [Fact]
    public async Task Another_link_may_be_asked_for_once_a_minute_and_five_times_a_day()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei", confirmed: false);
        for (var asked = 0; asked < MailService.MostAsked; asked++)
        {
            Assert.Null(await house.Mail.AskAsync("en", mei, CancellationToken.None));
            Assert.Equal("mail_wait", (await house.Mail.AskAsync("en", mei, CancellationToken.None))?.Code);
            house.Backend.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal("mail_enough", (await house.Mail.AskAsync("en", mei, CancellationToken.None))?.Code);
        await house.ChooseAsync(mei);
        Assert.Equal(MailService.MostAsked, await house.DeliverAsync());
        house.Backend.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Null(await house.Mail.AskAsync("en", mei, CancellationToken.None));
    }

    [Fact]
    public async Task A_mailbox_that_is_not_there_is_said_on_the_page()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei", confirmed: false);
        house.Server.Answer("refuse");
        Assert.Null(await house.Mail.AskAsync("en", mei, CancellationToken.None));
        Assert.Equal(1, await house.DeliverAsync());
        var confirmation = (await house.ViewAsync(mei)).Confirmation!;
        Assert.Equal((DeliveryState.GivenUp, "550 5.1.1 No such mailbox"), (confirmation.State, confirmation.Said));
    }

    [Fact]
    public async Task A_wrong_choice_is_refused_with_all_reasons_and_changes_nothing()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei");
        await house.ChooseAsync(mei);
        var refused = await house.Mail.SaveAsync(new("2", "24", "Mars/Olympus", "fr", ["post"]), mei, CancellationToken.None);
        Assert.Equal(["mail_rhythm", "mail_hour", "mail_zone", "mail_language", "mail_kinds"], refused.Select(reason => reason.Code));
        Assert.Equal((DigestRhythm.Daily, 9, "UTC"), ((await house.ViewAsync(mei)).Rhythm, (await house.ViewAsync(mei)).Hour, (await house.ViewAsync(mei)).Zone));
        Assert.Equal("not_found", Assert.Single(await house.Mail.SaveAsync(new("Daily", "9", "UTC", "en", ["talk"]), Viewer.Visitor, CancellationToken.None)).Code);
        Assert.Null(await house.Mail.GetAsync(Viewer.Visitor, CancellationToken.None));
    }

    [Fact]
    public async Task The_demo_member_is_written_to_by_nobody()
    {
        await using var house = await MailHouse.StartAsync();
        var demo = await house.Backend.Get<DemoMember>().GetAsync(CancellationToken.None);
        var viewer = new Viewer(demo.Id, false, false);
        Assert.Equal("mail_demo", (await house.Mail.AskAsync("en", viewer, CancellationToken.None))?.Code);
        Assert.Equal("mail_demo", Assert.Single(await house.Mail.SaveAsync(new("Daily", "9", "UTC", "en", ["talk"]), viewer, CancellationToken.None)).Code);
    }

    private static (string To, DeliveryState State) State(MailView view) => (view.Confirmation!.To, view.Confirmation.State);

    private static Task<Confirmed> FollowAsync(MailHouse house, string link)
    {
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(link[link.IndexOf('?', StringComparison.Ordinal)..]);
        return house.Backend.Get<ConfirmationLinks>().FollowAsync(query["member"], query["token"]);
    }
}
