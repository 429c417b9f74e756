using System.Net;
using Microsoft.AspNetCore.Http;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Tests.Webhooks;

public sealed class WebhookSenderTests
{
    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700:4700::1111", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2001:db8::1", false)]
    public void Only_addresses_of_the_internet_are_public(string address, bool isPublic) => Assert.Equal(isPublic, PublicSockets.IsPublic(IPAddress.Parse(address)));

    [Fact]
    public async Task Nothing_is_sent_to_an_own_address_whatever_name_it_has()
    {
        await using var chat = await Chat.StartAsync();
        var port = new Uri(chat.Url).Port;
        await using var backend = await Backend.StartAsync();
        foreach (var host in new[] { "127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433" })
        {
            var answer = await SendAsync(backend, $"https://{host}:{port}/");
            Assert.Equal(WebhookOutcome.Refused, answer.Outcome);
            Assert.Contains("not a public address", answer.Said, StringComparison.Ordinal);
        }

        // Without TLS it is not even tried.
        Assert.Equal("https?", (await SendAsync(backend, chat.Url)).Said);
        Assert.Empty(chat.Heard);
    }

    [Fact]
    public async Task Only_ones_own_machine_is_reached_without_tls_while_trying_things_out()
    {
        await using var backend = await Backend.StartAsync(settings: ("environment", "Local"));
        var sender = backend.Get<WebhookSender>();
        Assert.True(sender.MayBe("http://localhost:1/x"));
        Assert.False(sender.MayBe("http://example.org/x"));
        Assert.False(sender.MayBe("https://user:word@example.org/x"));
        Assert.False(sender.MayBe("file:///etc/passwd"));
        Assert.Contains("not a public address", (await SendAsync(backend, "https://10.0.0.1/")).Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_an_answer_is_read_to_its_bound()
    {
        await using var chat = await Chat.StartAsync();
        await using var backend = await Backend.StartAsync(settings: ("environment", "Local"));
        chat.Answers = http =>
        {
            (http.Response.StatusCode, http.Response.Headers.Location) = (307, chat.Url);
            return Task.CompletedTask;
        };
        Assert.Equal((WebhookOutcome.Refused, "307"), await SaidAsync(backend, chat.Url));
        Assert.Single(chat.Heard);

        var line = new string('x', 1000);
        chat.Answers = async http =>
        {
            while (!http.RequestAborted.IsCancellationRequested)
                await http.Response.WriteAsync(line, http.RequestAborted);
        };
        var (outcome, said) = await SaidAsync(backend, chat.Url);
        Assert.Equal(WebhookOutcome.Delivered, outcome);
        Assert.Equal(204, said.Length);
    }

    private static async Task<(WebhookOutcome Outcome, string Said)> SaidAsync(Backend backend, string url) => await SendAsync(backend, url) is var answer ? (answer.Outcome, answer.Said) : default;

    private static Task<WebhookAnswer> SendAsync(Backend backend, string url) =>
        backend.Get<WebhookSender>().SendAsync(WebhookKind.Discord, url, "", "text", "https://a.example/", "en", CancellationToken.None);
}
