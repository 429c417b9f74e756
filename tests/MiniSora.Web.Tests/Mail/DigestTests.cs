using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MiniSora.Tests;
using MiniSora.Web.Account.Leaving;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Mail;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Tests.Mail;

public class DigestTests
{
    [Fact]
    public async Task What_is_unread_is_sent_once_at_the_chosen_hour_as_text_and_as_a_page()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei");
        await house.TellAsync(mei, "Before the choice");
        await house.ChooseAsync(mei);
        await house.TellAsync(mei, "A red circle", url: "/gallery/a-red-circle");
        await house.TellAsync(mei, "A blue one", "reproduced");
        Assert.Equal(0, await house.DeliverAtAsync("2026-11-23T08:59:59"));
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-23T09:00:00"));
        Assert.Equal(0, await house.DeliverAtAsync("2026-11-23T23:00:00"));
        var mail = Assert.Single(house.Server.Mails);
        Assert.Equal(["mei@example.org"], mail.To);
        Assert.Equal("noreply@minisora.example", mail.From);
        Assert.Equal(("MiniSora: 2 new notifications", "MiniSora <noreply@minisora.example>", "auto-generated"), (mail.Message.Subject, mail.Message.From.ToString().Replace("\"", "", StringComparison.Ordinal), mail.Message.Headers["Auto-Submitted"]));
        Assert.Equal(["text/plain", "text/html"], mail.Message.BodyParts.Select(part => part.ContentType.MimeType));
        foreach (var body in new[] { mail.Message.TextBody!, System.Net.WebUtility.HtmlDecode(mail.Message.HtmlBody!) })
        {
            Assert.Contains("tom reproduced “A blue one”", body, StringComparison.Ordinal);
            Assert.Contains("tom commented on “A red circle”", body, StringComparison.Ordinal);
            Assert.Contains("https://minisora.example/gallery/a-red-circle", body, StringComparison.Ordinal);
            Assert.DoesNotContain("Before the choice", body, StringComparison.Ordinal);
        }

        // Newest first; a new day without news is a day without mail, and what was told is not told again.
        Assert.True(mail.Message.TextBody!.IndexOf("blue", StringComparison.Ordinal) < mail.Message.TextBody!.IndexOf("red", StringComparison.Ordinal));
        Assert.Equal(0, await house.DeliverAtAsync("2026-11-24T09:00:00"));
        await house.TellAsync(mei, "A third");
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-25T09:00:00"));
        Assert.DoesNotContain("red", house.Server.Mails[1].Message.TextBody!, StringComparison.Ordinal);
        Assert.Equal("MiniSora: 1 new notification", house.Server.Mails[1].Message.Subject);
    }

    [Fact]
    public async Task What_was_read_or_not_chosen_is_not_sent()
    {
        await using var house = await MailHouse.StartAsync();
        var (mei, tom) = (await house.MemberAsync("mei"), await house.MemberAsync("tom"));
        await house.ChooseAsync(mei, kinds: ["papers", "account"]);
        await house.ChooseAsync(tom);
        await house.TellAsync(mei, "Not chosen");
        await house.TellAsync(tom, "Read");
        await house.Backend.Get<NoticeBoard>().ReadAllAsync(tom.MemberId!.Value, CancellationToken.None);
        Assert.Equal(0, await house.DeliverAtAsync("2026-11-23T09:00:00"));
        await house.TellAsync(mei, "A roundtable", "scheduled");
        await house.TellAsync(mei, "A strike", "strike");
        await house.TellAsync(mei, "Not chosen either", "like");
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-24T09:00:00"));
        var mail = Assert.Single(house.Server.Mails).Message;
        Assert.Equal("MiniSora: 2 new notifications", mail.Subject);
        Assert.Contains("A roundtable", mail.TextBody, StringComparison.Ordinal);
        Assert.Contains("A strike", mail.TextBody, StringComparison.Ordinal);
        Assert.DoesNotContain("Not chosen", mail.TextBody, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_read_between_two_tries_is_not_sent()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei");
        await house.ChooseAsync(mei);
        await house.TellAsync(mei, "A red circle");
        house.Server.Answer("temporary");
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-23T09:00:00"));
        house.Server.Answer("accept");
        await house.Backend.Get<NoticeBoard>().ReadAllAsync(mei.MemberId!.Value, CancellationToken.None);
        Assert.Equal(0, await house.DeliverAtAsync("2026-11-23T09:05:00"));
        Assert.Empty(house.Server.Mails);
    }

    [Fact]
    public async Task A_mail_speaks_the_language_that_was_chosen_and_the_time_of_its_zone()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei", displayName: "美");
        await house.ChooseAsync(mei, language: "zh-CN", hour: "8", zone: "Asia/Shanghai");
        await house.TellAsync(mei, "红色圆");
        Assert.Equal(0, await house.DeliverAtAsync("2026-11-22T23:59:59"));
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-23T00:00:00"));
        var mail = Assert.Single(house.Server.Mails).Message;
        Assert.Equal("MiniSora：1 条新通知", mail.Subject);
        Assert.Equal("美", mail.To.Mailboxes.Single().Name);
        Assert.Contains("tom 评论了“红色圆”", mail.TextBody, StringComparison.Ordinal);
        Assert.Contains("2026-11-22 20:00", mail.TextBody, StringComparison.Ordinal);
        Assert.Contains("lang=\"zh-CN\"", mail.HtmlBody, StringComparison.Ordinal);
        Assert.Contains("每日摘要", mail.HtmlBody, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_weekly_digest_comes_on_Mondays_and_a_change_of_mind_brings_no_second_one_a_day()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei");
        await house.ChooseAsync(mei, "Weekly");
        await house.TellAsync(mei, "First");
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-23T09:00:00"));
        await house.TellAsync(mei, "Second");
        Assert.Equal(0, await house.DeliverAtAsync("2026-11-24T09:00:00"));
        Assert.Equal(0, await house.DeliverAtAsync("2026-11-30T08:59:59"));
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-30T09:00:00"));
        Assert.Contains("weekly", house.Server.Mails[1].Message.TextBody!, StringComparison.Ordinal);
        await house.TellAsync(mei, "Third");
        await house.ChooseAsync(mei, "Daily", "20");
        Assert.Equal(0, await house.DeliverAtAsync("2026-11-30T20:00:00"));
        Assert.Equal(1, await house.DeliverAtAsync("2026-12-01T20:00:00"));
    }

    [Fact]
    public async Task A_portal_that_was_away_makes_up_for_one_digest()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei");
        await house.ChooseAsync(mei);
        await house.TellAsync(mei, "A red circle");
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-27T15:30:00"));
        Assert.Equal(0, await house.DeliverAtAsync("2026-11-27T15:31:00"));
        Assert.Equal(new(2026, 11, 28, 9, 0, 0, TimeSpan.Zero), (await house.ViewAsync(mei)).NextAt);
    }

    [Fact]
    public async Task After_fifty_the_rest_is_counted()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei");
        await house.ChooseAsync(mei);
        for (var i = 1; i <= 53; i++)
            await house.TellAsync(mei, $"Video {i};");
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-23T09:00:00"));
        var text = Assert.Single(house.Server.Mails).Message.TextBody!;
        Assert.Contains("Video 53;", text, StringComparison.Ordinal);
        Assert.Contains("Video 4;", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Video 3;", text, StringComparison.Ordinal);
        Assert.Contains("And 3 more.", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Somebody_elses_words_are_neither_markup_nor_headers_nor_lines()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei", displayName: "Mei\r\nBcc: eve@example.org\r\n\r\n<b>");
        await house.ChooseAsync(mei);
        await house.TellAsync(mei, "</a><img src=\"https://evil.example/seen.png\"><script>alert(1)</script>\r\nX-Evil: yes", who: "<i>tom</i>", url: "/gallery/\"><img src=x>");
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-23T09:00:00"));
        var mail = Assert.Single(house.Server.Mails);
        Assert.Equal(["mei@example.org"], mail.To);
        Assert.Null(mail.Message.Headers["Bcc"]);
        Assert.Null(mail.Message.Headers["X-Evil"]);
        Assert.DoesNotContain(mail.Message.TextBody!.Split('\n'), line => line.StartsWith("X-Evil", StringComparison.Ordinal) || line.StartsWith("Bcc", StringComparison.Ordinal));
        var page = new AngleSharp.Html.Parser.HtmlParser().ParseDocument(mail.Message.HtmlBody!);
        Assert.Empty(page.QuerySelectorAll("img, script, i, b, link, iframe, object"));
        Assert.Contains("<script>alert(1)</script>", page.Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_sent_to_an_address_that_is_not_confirmed()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei", confirmed: false);
        await house.ChooseAsync(mei);
        await house.TellAsync(mei, "A red circle");
        Assert.Equal(1, await house.DeliverAsync());
        Assert.Equal(0, await house.DeliverAtAsync("2026-11-23T09:00:00"));
        Assert.Equal("Confirm your address", Assert.Single(house.Server.Mails).Message.Subject);
    }

    [Fact]
    public async Task What_the_server_does_not_take_now_is_tried_again_until_it_does()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei");
        await house.ChooseAsync(mei);
        await house.TellAsync(mei, "A red circle");
        house.Server.Answer("temporary");
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-23T09:00:00"));
        var letter = await house.LetterAsync();
        Assert.Equal((DeliveryState.Waiting, "450 4.2.1 Mailbox busy, try later"), (letter.State, letter.Said));
        Assert.Equal(0, await house.DeliverAtAsync("2026-11-23T09:00:59"));
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-23T09:01:00"));
        house.Server.Answer("accept");
        Assert.Equal(0, await house.DeliverAtAsync("2026-11-23T09:05:59"));
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-23T09:06:00"));
        Assert.Single(house.Server.Mails);
        Assert.Equal(DeliveryState.Sent, (await house.LetterAsync()).State);
    }

    [Fact]
    public async Task What_is_never_taken_is_given_up_and_stands_in_the_next_digest()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei");
        await house.ChooseAsync(mei);
        await house.TellAsync(mei, "A red circle");
        house.Server.Answer("temporary");
        house.Backend.Clock.SetUtcNow(new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));
        foreach (var pause in MailCourier.Pauses)
        {
            Assert.Equal(1, await house.DeliverAsync());
            Assert.Equal(DeliveryState.Waiting, (await house.LetterAsync()).State);
            house.Backend.Clock.Advance(pause);
        }

        Assert.Equal(1, await house.DeliverAsync());
        Assert.Equal(DeliveryState.GivenUp, (await house.LetterAsync()).State);
        Assert.Equal(0, await house.DeliverAtAsync("2026-11-24T08:00:00"));
        house.Server.Answer("accept");
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-24T09:00:00"));
        Assert.Contains("A red circle", Assert.Single(house.Server.Mails).Message.TextBody!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mailbox_that_is_not_there_ends_the_digest_and_the_member_is_told_why()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei");
        await house.ChooseAsync(mei);
        await house.TellAsync(mei, "A red circle");
        house.Server.Answer("refuse");
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-23T09:00:00"));
        var view = await house.ViewAsync(mei);
        Assert.Equal((DigestRhythm.Off, null), (view.Rhythm, view.NextAt));
        var notice = (await house.Backend.Get<NoticeBoard>().ListAsync(mei.MemberId!.Value, CancellationToken.None))[0];
        Assert.Equal(("mail_off", "550 5.1.1 No such mailbox", "/me/mail"), (notice.Kind, notice.What, notice.Url));
        house.Server.Answer("accept");
        Assert.Equal(0, await house.DeliverAtAsync("2026-11-24T09:00:00"));
    }

    [Fact]
    public async Task A_mail_that_the_server_does_not_want_is_given_up_and_the_digest_goes_on()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei");
        await house.ChooseAsync(mei);
        await house.TellAsync(mei, "A red circle");
        house.Server.Answer("spam");
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-23T09:00:00"));
        var letter = await house.LetterAsync();
        Assert.Equal((DeliveryState.GivenUp, "554 5.7.1 Looks like spam"), (letter.State, letter.Said));
        Assert.Equal(DigestRhythm.Daily, (await house.ViewAsync(mei)).Rhythm);
    }

    [Theory]
    [InlineData("sender", "550 5.7.1 Sender not allowed")]
    [InlineData("away", "421")]
    public async Task A_server_that_takes_nothing_costs_no_mail_a_try_and_all_wait(string mode, string said)
    {
        await using var house = await MailHouse.StartAsync();
        var (mei, tom) = (await house.MemberAsync("mei"), await house.MemberAsync("tom"));
        foreach (var member in new[] { mei, tom })
        {
            await house.ChooseAsync(member);
            await house.TellAsync(member, "A red circle");
        }

        house.Server.Answer(mode);
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-23T09:00:00"));
        foreach (var pause in MailCourier.Troubles)
        {
            Assert.Equal(0, await house.DeliverAsync());
            house.Backend.Clock.Advance(pause);
            Assert.Equal(1, await house.DeliverAsync());
        }

        var boss = await house.MemberAsync("boss", administrator: true);
        var counts = await house.Backend.Get<MailDesk>().CountAsync(boss, CancellationToken.None);
        Assert.Equal((2, 0, 0), (counts!.Waiting, counts.Sent, counts.GivenUp));
        Assert.Contains(said, counts.Said, StringComparison.Ordinal);
        house.Server.Answer("accept");
        house.Backend.Clock.Advance(MailCourier.Troubles[^1]);
        Assert.Equal(2, await house.DeliverAsync());
        await using var context = await house.Backend.DbAsync();
        Assert.All(await context.Set<Letter>().ToListAsync(), letter => Assert.Equal(1, letter.Tries));
    }

    [Fact]
    public async Task A_mail_that_may_have_arrived_is_not_sent_again_also_by_the_next_portal()
    {
        await using var house = await MailHouse.StartAsync();
        var (mei, tom) = (await house.MemberAsync("mei"), await house.MemberAsync("tom"));
        await house.ChooseAsync(mei);
        await house.TellAsync(mei, "A red circle");
        house.Server.Answer("drop");
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-23T09:00:00"));
        Assert.Equal(DeliveryState.Unknown, (await house.LetterAsync()).State);
        house.Server.Answer("accept");
        await house.ChooseAsync(tom, hour: "10");
        await house.TellAsync(tom, "A blue circle");
        // A portal that died while it sent.
        house.Server.Answer("temporary");
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-23T10:00:00"));
        house.Server.Answer("accept");
        await using (var context = await house.Backend.DbAsync())
            Assert.Equal(1, await context.Set<Letter>().Where(letter => letter.State == DeliveryState.Waiting).ExecuteUpdateAsync(set => set.SetProperty(letter => letter.State, DeliveryState.Sending)));
        house.Backend.Clock.Advance(TimeSpan.FromHours(2));
        using var next = ActivatorUtilities.CreateInstance<MailCourier>(house.Backend.Get<IServiceProvider>());
        Assert.Equal(0, await next.DeliverAsync(CancellationToken.None));
        Assert.Single(house.Server.Mails);
        await using (var context = await house.Backend.DbAsync())
            Assert.Equal(2, await context.Set<Letter>().CountAsync(letter => letter.State == DeliveryState.Unknown));
        // What nobody surely has and is still unread stands in the next digest.
        house.Backend.Clock.SetUtcNow(new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero));
        Assert.Equal(2, await next.DeliverAsync(CancellationToken.None));
        Assert.Contains(house.Server.Mails, mail => mail.Message.TextBody!.Contains("A blue circle", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_couriers_at_once_send_one_digest()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei");
        await house.ChooseAsync(mei);
        await house.TellAsync(mei, "A red circle");
        house.Backend.Clock.SetUtcNow(new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));
        using var other = ActivatorUtilities.CreateInstance<MailCourier>(house.Backend.Get<IServiceProvider>());
        // Both have tidied up, as at the beginning of their lives.
        var tried = await Task.WhenAll(house.DeliverAsync(), other.DeliverAsync(CancellationToken.None));
        tried = [.. tried, await house.DeliverAsync(), await other.DeliverAsync(CancellationToken.None)];
        Assert.Equal(1, tried.Sum());
        Assert.Single(house.Server.Mails);
    }

    [Fact]
    public async Task Mails_are_part_of_a_members_data_and_go_with_the_account()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei");
        await house.ChooseAsync(mei, zone: "Asia/Shanghai");
        await house.TellAsync(mei, "A red circle");
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-23T09:00:00"));
        using (var archive = new System.IO.Compression.ZipArchive(new MemoryStream(await house.Backend.Get<MemberData>().ExportAsync(mei.MemberId!.Value, CancellationToken.None))))
        {
            using var reader = new StreamReader(await archive.GetEntry("mail.json")!.OpenAsync());
            var text = await reader.ReadToEndAsync();
            Assert.Contains("Asia/Shanghai", text, StringComparison.Ordinal);
            Assert.Contains("mei@example.org", text, StringComparison.Ordinal);
            Assert.Contains("\"Sent\"", text, StringComparison.Ordinal);
        }

        Assert.Empty(await house.Backend.Get<MemberData>().DeleteAsync(mei.MemberId!.Value, "mei", true, CancellationToken.None));
        await using var context = await house.Backend.DbAsync();
        Assert.False(await context.Set<Letter>().AnyAsync());
        Assert.False(await context.Set<MailChoice>().AnyAsync());
    }

    [Theory]
    [InlineData("lead", "localhost", true)]
    [InlineData("lead", "", false)]
    [InlineData("front", "localhost", false)]
    public void Only_a_lead_with_a_server_sends(string role, string host, bool sends)
    {
        var builder = Microsoft.AspNetCore.Builder.WebApplication.CreateSlimBuilder();
        builder.Configuration["Mail:Host"] = host;
        builder.AddMail(Enum.Parse<Web.Portals.PortalRole>(role, ignoreCase: true));
        Assert.Equal(sends, builder.Services.Any(service => service.ServiceType == typeof(MailCourier)));
        Assert.Equal(sends, builder.Services.Any(service => service.ServiceType == typeof(IHostedService) && service.ImplementationFactory?.Method.ReturnType == typeof(MailCourier)));
    }
}
