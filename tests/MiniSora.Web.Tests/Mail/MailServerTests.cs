using Microsoft.Extensions.Options;
using MimeKit;
using MiniSora.Tests;
using MiniSora.Web.Mail;

namespace MiniSora.Web.Tests.Mail;

/// <summary>How a server is spoken to, with real servers.</summary>
public sealed class MailServerTests
{
    [Fact]
    public async Task A_server_with_accounts_gets_the_name_and_password_of_the_settings()
    {
        var server = await SmtpServer.StartAsync(accounts: true);
        await using var house = await MailHouse.StartAsync(server, ("Mail:User", SmtpServer.User), ("Mail:Password", SmtpServer.Password));
        var boss = await house.MemberAsync("boss", administrator: true);
        var tested = await house.Backend.Get<MailDesk>().TestAsync("zh-CN", boss, CancellationToken.None);
        Assert.True(tested.Arrived, tested.Said);
        Assert.Contains("queued as 0001", tested.Said, StringComparison.Ordinal);
        var mail = Assert.Single(server.Mails);
        Assert.Equal((SmtpServer.User, "boss@example.org", "MiniSora 测试邮件"), (mail.User, mail.To.Single(), mail.Message.Subject));
    }

    [Fact]
    public async Task A_wrong_password_is_said_to_administrators_and_loses_no_mail()
    {
        var server = await SmtpServer.StartAsync(accounts: true);
        await using var house = await MailHouse.StartAsync(server, ("Mail:User", SmtpServer.User), ("Mail:Password", "wrong"));
        var (mei, boss) = (await house.MemberAsync("mei"), await house.MemberAsync("boss", administrator: true));
        var tested = await house.Backend.Get<MailDesk>().TestAsync("en", boss, CancellationToken.None);
        Assert.False(tested.Arrived);
        Assert.Contains("5.7.8 Authentication credentials invalid", tested.Said, StringComparison.Ordinal);
        await house.ChooseAsync(mei);
        await house.TellAsync(mei, "A red circle");
        Assert.Equal(1, await house.DeliverAtAsync("2026-11-23T09:00:00"));
        var counts = await house.Backend.Get<MailDesk>().CountAsync(boss, CancellationToken.None);
        Assert.Equal((1, 0, 0, 1), (counts!.Waiting, counts.Sent, counts.GivenUp, counts.Digests));
        Assert.Contains("5.7.8", counts.Said, StringComparison.Ordinal);
        Assert.Equal(0, (await house.LetterAsync()).Tries);
    }

    [Fact]
    public async Task A_server_that_wants_a_name_and_gets_none_says_so()
    {
        var server = await SmtpServer.StartAsync(accounts: true);
        await using var house = await MailHouse.StartAsync(server);
        var tested = await house.Backend.Get<MailDesk>().TestAsync("en", await house.MemberAsync("boss", administrator: true), CancellationToken.None);
        Assert.False(tested.Arrived);
        Assert.NotEmpty(tested.Said);
        Assert.Empty(server.Mails);
    }

    [Theory]
    [InlineData("starttls", false)]
    [InlineData("auto", false)]
    [InlineData("tls", true)]
    public async Task A_certificate_that_nobody_vouches_for_is_not_believed(string security, bool implicitly)
    {
        var server = await SmtpServer.StartAsync(accounts: true, tls: true, implicitly: implicitly);
        await using var house = await MailHouse.StartAsync(server, ("Mail:Security", security), ("Mail:User", SmtpServer.User), ("Mail:Password", SmtpServer.Password));
        var tested = await house.Backend.Get<MailDesk>().TestAsync("en", await house.MemberAsync("boss", administrator: true), CancellationToken.None);
        Assert.False(tested.Arrived);
        Assert.Contains("certificate", tested.Said, StringComparison.Ordinal);
        Assert.Empty(server.Mails);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("starttls")]
    public async Task A_password_is_not_told_to_a_server_without_TLS(string security)
    {
        var server = await SmtpServer.StartAsync(accounts: true);
        await using var house = await MailHouse.StartAsync(server, ("Mail:Security", security), ("Mail:User", SmtpServer.User), ("Mail:Password", SmtpServer.Password));
        var tested = await house.Backend.Get<MailDesk>().TestAsync("en", await house.MemberAsync("boss", administrator: true), CancellationToken.None);
        Assert.False(tested.Arrived);
        Assert.Empty(server.Mails);
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_not_waited_for()
    {
        await using var server = await SmtpServer.StartAsync();
        server.Answer("silent");
        var sender = new MailSender(Options.Create(new MailOptions { Host = "127.0.0.1", Port = $"{server.Port}", Security = "none", From = "a@b.example" })) { Patience = TimeSpan.FromSeconds(1) };
        var trouble = await Assert.ThrowsAsync<MailTroubleException>(() => sender.OpenAsync(CancellationToken.None));
        Assert.Contains("1 s", trouble.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_trouble_and_whoever_stops_is_not()
    {
        var sender = new MailSender(Options.Create(new MailOptions { Host = "127.0.0.1", Port = $"{Ports.Free()}", Security = "none", From = "a@b.example" }));
        Assert.NotEmpty((await Assert.ThrowsAsync<MailTroubleException>(() => sender.OpenAsync(CancellationToken.None))).Message);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sender.OpenAsync(new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Who_is_no_administrator_sends_no_test_and_sees_no_counts()
    {
        await using var house = await MailHouse.StartAsync();
        var mei = await house.MemberAsync("mei");
        Assert.Equal("not_found", (await house.Backend.Get<MailDesk>().TestAsync("en", mei, CancellationToken.None)).Refusal?.Code);
        Assert.Null(await house.Backend.Get<MailDesk>().CountAsync(mei, CancellationToken.None));
        Assert.Empty(house.Server.Mails);
    }
}
