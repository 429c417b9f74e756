using System.Net;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MiniSora.Tests;
using MiniSora.Web.Account;
using MiniSora.Web.Mail;
using MiniSora.Web.Storage;
using MiniSora.Web.Tests.Shell;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Tests.Mail;

/// <summary>The pages about mail, in the real portal with its own courier and a real server.</summary>
public sealed class MailPagesTests
{
    private const string Address = "lin@example.org";

    [Fact]
    public async Task One_click_of_a_mail_program_ends_the_digest_without_signing_in_however_often_it_comes()
    {
        await using var server = await SmtpServer.StartAsync();
        using var shell = new ShellHost();
        using var portal = With(shell, server);
        var member = await SubscribedAsync(portal);
        var link = portal.Services.GetRequiredService<UnsubscribeLinks>().Of(member);
        using var program = portal.CreateClient(new() { AllowAutoRedirect = false, HandleCookies = false });
        // To look is not to end: programs follow all links of a mail.
        var page = await PageAsync(program, link);
        Assert.NotNull(page.QuerySelector("form button[name=person]"));
        Assert.True(await portal.Services.GetRequiredService<MailService>().IsOnAsync(member, CancellationToken.None));
        for (var twice = 0; twice < 2; twice++)
        {
            using var answer = await program.PostAsync(link, new FormUrlEncodedContent([new("List-Unsubscribe", "One-Click")]));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.False(await portal.Services.GetRequiredService<MailService>().IsOnAsync(member, CancellationToken.None));
        }

        using var multipart = await program.PostAsync(link, new MultipartFormDataContent { { new StringContent("One-Click"), "List-Unsubscribe" } });
        Assert.Equal(HttpStatusCode.OK, multipart.StatusCode);
        Assert.Contains("The digest is off", (await PageAsync(program, link)).Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_person_is_asked_first_and_sees_that_it_is_off()
    {
        await using var server = await SmtpServer.StartAsync();
        using var shell = new ShellHost();
        using var portal = With(shell, server);
        var member = await SubscribedAsync(portal);
        using var person = portal.CreateClient(new() { AllowAutoRedirect = false, HandleCookies = false });
        var link = portal.Services.GetRequiredService<UnsubscribeLinks>().Of(member);
        using var answer = await person.PostAsync(link, new FormUrlEncodedContent([new("person", "yes")]));
        Assert.Equal((HttpStatusCode.Redirect, link), (answer.StatusCode, answer.Headers.Location!.OriginalString));
        Assert.Contains("The digest is off", (await PageAsync(person, link)).Body!.TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("CfDJ8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("%20..%2F..")]
    public async Task A_link_that_the_portal_did_not_make_ends_nothing(string token)
    {
        await using var server = await SmtpServer.StartAsync();
        using var shell = new ShellHost();
        using var portal = With(shell, server);
        var member = await SubscribedAsync(portal);
        using var anybody = portal.CreateClient(new() { AllowAutoRedirect = false });
        using var answer = await anybody.PostAsync(UnsubscribeLinks.Path + "/" + token, new FormUrlEncodedContent([new("List-Unsubscribe", "One-Click")]));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        using var page = await anybody.GetAsync(UnsubscribeLinks.Path + "/" + token);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.True(await portal.Services.GetRequiredService<MailService>().IsOnAsync(member, CancellationToken.None));
    }

    [Fact]
    public async Task A_member_chooses_gets_a_link_opens_it_elsewhere_and_is_confirmed()
    {
        await using var server = await SmtpServer.StartAsync();
        using var shell = new ShellHost();
        using var portal = With(shell, server);
        using var lin = await SignedInAsync(portal);
        var page = await PageAsync(lin, "/me/mail");
        Assert.Contains("Not confirmed", page.QuerySelector("[role=status]")!.TextContent, StringComparison.Ordinal);
        Assert.Equal("Off", ((IHtmlSelectElement)page.QuerySelector("[name='Form.Rhythm']")!).Value);
        using (var saved = await SendAsync(lin, page, "mail-choice", ("Form.Rhythm", "Daily"), ("Form.Hour", "8"), ("Form.Zone", "Asia/Shanghai"), ("Form.Language", "zh-CN"), ("kinds", "talk")))
            Assert.Equal(HttpStatusCode.Redirect, saved.StatusCode);
        page = await PageAsync(lin, "/me/mail");
        Assert.Contains(Address, page.QuerySelector("[role=status]")!.TextContent, StringComparison.Ordinal);
        Assert.Equal(["Daily", "Asia/Shanghai", "zh-CN"], page.QuerySelectorAll("form:has([name='Form.Rhythm']) select").Select(select => ((IHtmlSelectElement)select).Value));
        Assert.Equal(["talk"], page.QuerySelectorAll("[name=kinds]").Where(box => ((IHtmlInputElement)box).IsChecked).Select(box => box.GetAttribute("value")));
        // The real courier of the portal sends it by itself.
        await UntilAsync(() => server.Mails.Count > 0);
        var link = MailHouse.Link(server.Mails[0].Message, ConfirmationLinks.Path);
        using var phone = portal.CreateClient(new() { AllowAutoRedirect = false });
        var asked = await PageAsync(phone, link);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(phone, asked, "confirm-mail")).StatusCode);
        page = await PageAsync(lin, "/me/mail");
        Assert.NotNull(page.QuerySelector(".notice-good"));
        Assert.Null(page.QuerySelector("[role=status]"));
    }

    [Fact]
    public async Task All_reasons_against_a_choice_stand_above_it_and_what_was_typed_stays()
    {
        await using var server = await SmtpServer.StartAsync();
        using var shell = new ShellHost();
        using var portal = With(shell, server);
        using var lin = await SignedInAsync(portal);
        var answer = await SendAsync(lin, await PageAsync(lin, "/me/mail"), "mail-choice", ("Form.Rhythm", "Weekly"), ("Form.Hour", "99"), ("Form.Zone", "Asia/Shanghai"), ("Form.Language", "en"));
        var page = await new HtmlParser().ParseDocumentAsync(await answer.Content.ReadAsStringAsync());
        Assert.Equal(2, page.QuerySelectorAll("form:has([name='Form.Rhythm']) [role=alert] p").Length);
        Assert.Equal("99", page.QuerySelector("[name='Form.Hour']")!.GetAttribute("value"));
        Assert.Equal("Weekly", ((IHtmlSelectElement)page.QuerySelector("[name='Form.Rhythm']")!).Value);
        Assert.DoesNotContain(page.QuerySelectorAll("[name=kinds]"), box => ((IHtmlInputElement)box).IsChecked);
    }

    [Fact]
    public async Task Without_a_server_nothing_offers_mail_and_the_pages_say_why()
    {
        using var portal = new ShellHost();
        using var lin = await SignedInAsync(portal);
        Assert.Null((await PageAsync(lin, "/me")).QuerySelector("a[href='/me/mail']"));
        var page = await PageAsync(lin, "/me/mail");
        Assert.Contains("sends no mail", page.QuerySelector("main .empty")!.TextContent, StringComparison.Ordinal);
        Assert.Null(page.QuerySelector("[name='Form.Rhythm']"));
        await PromoteAsync(portal);
        using var boss = await SignedInAsync(portal, isNew: false);
        page = await PageAsync(boss, "/admin/mail");
        Assert.Contains("Mail__Host", page.QuerySelector("main .empty")!.TextContent, StringComparison.Ordinal);
        Assert.Null(page.QuerySelector("main form button[type=submit]"));
    }

    [Fact]
    public async Task An_administrator_sends_a_test_and_reads_the_answer_and_the_counts()
    {
        await using var server = await SmtpServer.StartAsync();
        using var shell = new ShellHost();
        using var portal = With(shell, server);
        using (var lin = await SignedInAsync(portal))
            Assert.NotEqual(HttpStatusCode.OK, (await lin.GetAsync("/admin/mail")).StatusCode);
        await PromoteAsync(portal);
        using var boss = await SignedInAsync(portal, isNew: false);
        var page = await PageAsync(boss, "/admin/mail");
        Assert.Equal("0", page.QuerySelector("[data-count=given-up]")!.TextContent);
        var answer = await SendAsync(boss, page, "mail-test");
        page = await new HtmlParser().ParseDocumentAsync(await answer.Content.ReadAsStringAsync());
        Assert.Contains("queued as 0001", page.QuerySelector(".webhook-said")!.TextContent, StringComparison.Ordinal);
        Assert.Equal([Address], Assert.Single(server.Mails).To);
        server.Answer("refuse");
        answer = await SendAsync(boss, page, "mail-test");
        page = await new HtmlParser().ParseDocumentAsync(await answer.Content.ReadAsStringAsync());
        Assert.Equal("550 5.1.1 No such mailbox", page.QuerySelector(".notice-bad .webhook-said")!.TextContent);
    }

    [Fact]
    public async Task Who_asks_for_a_link_is_answered_the_same_whether_there_is_an_account_or_not()
    {
        await using var server = await SmtpServer.StartAsync();
        using var shell = new ShellHost();
        using var portal = With(shell, server);
        (await SignedInAsync(portal)).Dispose();
        using var visitor = portal.CreateClient(new() { AllowAutoRedirect = false });
        Assert.NotNull((await PageAsync(visitor, "/account/login")).QuerySelector("a[href='/account/forgot']"));
        var said = new List<string>();
        foreach (var address in (string[])["nobody@example.org", Address])
        {
            var answer = await SendAsync(visitor, await PageAsync(visitor, "/account/forgot"), "forgot", ("Form.Email", address));
            said.Add((await new HtmlParser().ParseDocumentAsync(await answer.Content.ReadAsStringAsync())).QuerySelector("main")!.TextContent);
        }

        Assert.Equal(said[0], said[1]);
        await UntilAsync(() => server.Mails.Count > 0);
        var page = await PageAsync(visitor, MailHouse.Link(Assert.Single(server.Mails).Message, PasswordResets.Path));
        var set = await SendAsync(visitor, page, "reset", ("Form.Password", "another long passphrase"));
        Assert.Contains("is changed", await set.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var signedIn = await SignedInAsync(portal, isNew: false, password: "another long passphrase");
    }

    [Fact]
    public async Task Without_a_server_nobody_is_offered_a_link()
    {
        using var portal = new ShellHost();
        using var visitor = portal.CreateClient(new() { AllowAutoRedirect = false });
        Assert.Null((await PageAsync(visitor, "/account/login")).QuerySelector("a[href='/account/forgot']"));
        Assert.Null((await PageAsync(visitor, "/account/forgot")).QuerySelector("[name='Form.Email']"));
    }

    private static WebApplicationFactory<App> With(ShellHost shell, SmtpServer server) => shell.WithWebHostBuilder(builder =>
    {
        foreach (var (name, value) in MailHouse.Settings(server))
            builder.UseSetting(name, value);
    });

    /// <summary>A member with an account and a digest.</summary>
    private static async Task<Guid> SubscribedAsync(WebApplicationFactory<App> portal)
    {
        using var lin = await SignedInAsync(portal);
        await using var context = await portal.Services.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>().CreateDbContextAsync();
        var id = await context.Users.Where(member => member.Email == Address).Select(member => member.Id).SingleAsync();
        Assert.Empty(await portal.Services.GetRequiredService<MailService>().SaveAsync(new("Daily", "9", "UTC", "en", WebhookEvents.OfMember), new(id, false, false), CancellationToken.None));
        return id;
    }

    private static async Task<HttpClient> SignedInAsync(WebApplicationFactory<App> portal, bool isNew = true, string password = "correct horse battery")
    {
        var client = portal.CreateClient(new() { AllowAutoRedirect = false });
        var form = isNew ? "register" : "login";
        var answer = await SendAsync(client, await PageAsync(client, "/account/" + form), form, ("Form.Email", Address), ("Form.Password", password), ("Form.DisplayName", "Lin"));
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        return client;
    }

    private static async Task PromoteAsync(WebApplicationFactory<App> portal)
    {
        await using var scope = portal.Services.CreateAsyncScope();
        var members = scope.ServiceProvider.GetRequiredService<Microsoft.AspNetCore.Identity.UserManager<Member>>();
        IdentityFailure.ThrowUnless(await members.AddToRoleAsync((await members.FindByEmailAsync(Address))!, MemberRoles.Administrator));
    }

    private static async Task<IHtmlDocument> PageAsync(HttpClient client, string address)
    {
        using var answer = await client.GetAsync(address);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var page = await new HtmlParser().ParseDocumentAsync(await answer.Content.ReadAsStringAsync());
        page.Body!.SetAttribute("data-address", address);
        return page;
    }

    /// <summary>Sends a form of the page with its hidden fields.</summary>
    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, IHtmlDocument page, string form, params (string Name, string Value)[] fields)
    {
        var handler = page.QuerySelector($"input[name=_handler][value='{form}']")!.Closest("form")!;
        var all = handler.QuerySelectorAll("input[type=hidden]").Select(hidden => KeyValuePair.Create(hidden.GetAttribute("name")!, hidden.GetAttribute("value") ?? ""))
            .Concat(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        var action = handler.GetAttribute("action");
        return await client.PostAsync(action is { Length: > 0 } ? action : page.Body!.GetAttribute("data-address")!, new FormUrlEncodedContent(all));
    }

    private static async Task UntilAsync(Func<bool> so)
    {
        // As long as it takes: the test run has a limit of its own.
        while (!so())
            await Task.Delay(50);
    }
}
