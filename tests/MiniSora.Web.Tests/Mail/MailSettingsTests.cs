using Microsoft.Extensions.Options;
using MiniSora.Web.Mail;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Tests.Mail;

public sealed class MailSettingsTests
{
    [Fact]
    public async Task Wrong_settings_stop_the_start_with_all_reasons_at_once()
    {
        await using var backend = await Backend.StartAsync(
            null, ("Mail:Host", "not a host"), ("Mail:Port", "many"), ("Mail:Security", "very"), ("Mail:User", "mei"), ("Mail:From", "nobody"), ("Portal:Address", "minisora"));
        var refused = await Assert.ThrowsAsync<AggregateException>(backend.ServeAsync);
        var said = refused.InnerExceptions.Cast<OptionsValidationException>().SelectMany(error => error.Failures).ToList();
        foreach (var name in (string[])["Mail:Host", "Mail:Port", "Mail:Security", "Mail:User", "Mail:From", "Portal:Address"])
            Assert.Single(said, reason => reason.Contains(name + " ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_mail_server_needs_the_address_that_links_begin_with()
    {
        await using var backend = await Backend.StartAsync(null, ("Mail:Host", "localhost"), ("Mail:From", "noreply@minisora.example"));
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(backend.ServeAsync);
        Assert.StartsWith("Mail:Host needs Portal:Address", Assert.Single(refused.Failures), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("auto", "", 587)]
    [InlineData("starttls", "", 587)]
    [InlineData("tls", "", 465)]
    [InlineData("none", "25", 25)]
    public void A_port_that_is_not_said_is_the_usual_one(string security, string port, int number) =>
        Assert.Equal(number, new MailOptions { Security = security, Port = port }.PortNumber);

    [Fact]
    public async Task Without_a_server_there_is_no_digest_no_test_and_no_sender()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei", administrator: true);
        Assert.Equal("mail_none", Assert.Single(await backend.Get<MailService>().SaveAsync(new("Daily", "9", "UTC", "en", ["talk"]), mei, CancellationToken.None)).Code);
        Assert.Equal("mail_none", (await backend.Get<MailService>().AskAsync("en", mei, CancellationToken.None))?.Code);
        Assert.Equal("mail_none", (await backend.Get<MailDesk>().TestAsync("en", mei, CancellationToken.None)).Refusal?.Code);
        Assert.Throws<InvalidOperationException>(backend.Get<MailCourier>);
    }

    [Theory]
    [InlineData("", "http://inside:5080/gallery/x")]
    [InlineData("https://minisora.example/", "https://minisora.example/gallery/x")]
    public async Task Links_of_webhooks_begin_with_the_address_of_the_settings(string address, string link)
    {
        await using var chat = await Webhooks.Chat.StartAsync();
        await using var backend = await Backend.StartAsync(null, ("environment", "Local"), ("Portal:Address", address));
        var boss = await backend.MemberAsync("boss", administrator: true);
        Assert.Empty(await backend.Get<WebhookService>().AddAsync(true, new(WebhookKind.Discord, chat.Url, "", "en", WebhookEvents.OfCommunity), "http://inside:5080/", boss, CancellationToken.None));
        await backend.Get<Web.Runs.RunWriting>().DoAsync(
            write =>
            {
                write.Announce(new(null, WebhookEvents.Post, "post", "mei", "A", "", "/gallery/x"));
                return Task.CompletedTask;
            },
            CancellationToken.None);
        Assert.Equal(1, await backend.Get<WebhookCourier>().DeliverAsync(CancellationToken.None));
        var webhook = Assert.Single(await backend.Get<WebhookService>().ListAsync(true, boss, CancellationToken.None));
        await backend.Get<WebhookService>().TestAsync(true, webhook.Id, boss, CancellationToken.None);
        Assert.Equal([link, link.Replace("gallery/x", "", StringComparison.Ordinal)], chat.Heard.Select(body => (string)body["embeds"]![0]!["url"]!));
    }
}
