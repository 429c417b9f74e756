using System.IO.Compression;
using System.Net;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MiniSora.Tests;
using MiniSora.Web.Account;
using MiniSora.Web.Account.External;
using MiniSora.Web.Storage;
using MiniSora.Web.Tests.Shell;

namespace MiniSora.Web.Tests.Account.External;

/// <summary>The portal and a real OpenID provider, with a person's browser between them.</summary>
public sealed class ExternalSignInTests : IAsyncLifetime
{
    private OidcServer? started;

    private OidcServer Server => started!;

    public async Task InitializeAsync() => started = await OidcServer.StartAsync("http://localhost");

    public async Task DisposeAsync() => await Server.DisposeAsync();

    [Theory]
    [InlineData("ada", true)]
    [InlineData("unverified-ada", false)]
    public async Task Somebody_new_gets_an_account_without_a_password_and_goes_where_they_wanted_to(string name, bool confirmed)
    {
        using var portal = Portal();
        using var ada = new Person(portal);

        var page = await ada.ContinueAsync(name, "/papers");

        var form = await Person.ReadAsync(page);
        var known = char.ToUpperInvariant(name[0]) + name[1..];
        Assert.Equal(known, form.QuerySelector("[name='Form.DisplayName']")!.GetAttribute("value"));
        Assert.Equal($"{name}@example.org", form.QuerySelector("[name='Form.Email']")!.GetAttribute("value"));
        var arrived = await ada.SendAsync(page, "newcomer", ("Form.DisplayName", "Ada L."), ("Form.Email", $"{name}@example.org"));
        Assert.Equal("/papers", arrived.RequestMessage!.RequestUri!.PathAndQuery);
        Assert.Equal("Ada L.", await ada.WhoAsync());
        var member = await MemberAsync(portal, $"{name}@example.org");
        Assert.Null(member.PasswordHash);
        Assert.Equal(confirmed, member.EmailConfirmed);
    }

    [Fact]
    public async Task Whoever_comes_again_is_the_same_member()
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        await JoinAsync(ada, "ada");
        await ada.SignOutAsync();
        Assert.Null(await ada.WhoAsync());

        using var elsewhere = new Person(portal);
        var arrived = await elsewhere.ContinueAsync("ada", "/papers");

        Assert.Equal("/papers", arrived.RequestMessage!.RequestUri!.PathAndQuery);
        Assert.Equal("Ada", await elsewhere.WhoAsync());
        await using var context = await DbAsync(portal);
        Assert.Equal(1, await context.Users.CountAsync());
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    public async Task Nobody_is_sent_to_another_site(string returnUrl)
    {
        using var portal = Portal();
        using var ada = new Person(portal);

        await JoinAsync(ada, "ada", returnUrl);
        await ada.SignOutAsync();
        await ada.ContinueAsync("ada", returnUrl);

        Assert.Equal("Ada", await ada.WhoAsync());
    }

    [Fact]
    public async Task An_address_that_the_provider_does_not_tell_is_asked_for_and_not_confirmed()
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        var page = await ada.ContinueAsync("nomail-ada");

        var refused = await ada.SendAsync(page, "newcomer", ("Form.DisplayName", " "), ("Form.Email", "nobody"));
        Assert.Equal(2, (await Person.ErrorsAsync(refused)).Split('\n').Length);
        await ada.SendAsync(refused, "newcomer", ("Form.DisplayName", "Ada"), ("Form.Email", "mine@example.org"));

        Assert.Equal("Ada", await ada.WhoAsync());
        Assert.False((await MemberAsync(portal, "mine@example.org")).EmailConfirmed);
    }

    [Fact]
    public async Task Another_address_than_the_providers_is_not_confirmed()
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        await ada.SendAsync(await ada.ContinueAsync("ada"), "newcomer", ("Form.DisplayName", "Ada"), ("Form.Email", "boss@example.org"));
        Assert.False((await MemberAsync(portal, "boss@example.org")).EmailConfirmed);
    }

    [Fact]
    public async Task An_account_with_the_same_address_is_not_taken_over()
    {
        using var portal = Portal();
        using var owner = new Person(portal);
        await owner.RegisterAsync("ada@example.org", "The owner");
        using var other = new Person(portal, "zh-CN");

        var page = await other.ContinueAsync("ada");
        Assert.Contains("请先用密码登录该账号，再在“安全”页面关联 Lab", await Person.ErrorsAsync(page), StringComparison.Ordinal);
        Assert.Null(await other.WhoAsync());

        var refused = await other.SendAsync(page, "newcomer", ("Form.DisplayName", "Ada"), ("Form.Email", "ADA@example.org"));
        Assert.Contains("ADA@example.org 已有账号", await Person.ErrorsAsync(refused), StringComparison.Ordinal);
        Assert.Null(await other.WhoAsync());
        await using var context = await DbAsync(portal);
        Assert.Empty(context.UserLogins);
        Assert.Single(context.Users);
    }

    [Fact]
    public async Task A_member_links_an_account_of_the_provider_and_then_both_ways_lead_in()
    {
        using var portal = Portal();
        using var mei = new Person(portal);
        await mei.RegisterAsync("mei@example.org", "Mei");

        var question = await mei.ContinueAsync("ada", "/me/security");
        Assert.Contains("ada@example.org", (await Person.ReadAsync(question)).QuerySelector("form.card")!.TextContent, StringComparison.Ordinal);
        await using (var before = await DbAsync(portal))
            Assert.Empty(before.UserLogins);
        var security = await mei.SendAsync(question, "link");
        Assert.Equal("/me/security", security.RequestMessage!.RequestUri!.AbsolutePath);
        Assert.Contains("ada@example.org", (await Person.ReadAsync(security)).QuerySelector("[data-linked]")!.TextContent, StringComparison.Ordinal);

        await mei.SignOutAsync();
        await mei.ContinueAsync("ada");
        Assert.Equal("Mei", await mei.WhoAsync());
        await mei.SignOutAsync();
        await mei.SignInAsync("mei@example.org");
        Assert.Equal("Mei", await mei.WhoAsync());
    }

    [Fact]
    public async Task Without_the_members_yes_nothing_is_linked()
    {
        using var portal = Portal();
        using var mei = new Person(portal);
        await mei.RegisterAsync("mei@example.org", "Mei");
        var question = await mei.ContinueAsync("ada", "/me/security");

        var forged = await mei.Portal.PostAsync(question.RequestMessage!.RequestUri, new FormUrlEncodedContent([new("_handler", "link")]));

        Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);
        await using var context = await DbAsync(portal);
        Assert.Empty(context.UserLogins);
    }

    [Fact]
    public async Task An_account_of_the_provider_opens_one_account_here()
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        await JoinAsync(ada, "ada");
        using var mei = new Person(portal);
        await mei.RegisterAsync("mei@example.org", "Mei");

        var refused = await mei.ContinueAsync("ada", "/me/security");

        Assert.Contains("opens another account here", WebUtility.HtmlDecode(await refused.Content.ReadAsStringAsync()), StringComparison.Ordinal);
        Assert.Equal("Mei", await mei.WhoAsync());
        await using var context = await DbAsync(portal);
        Assert.Equal((await MemberAsync(portal, "ada@example.org")).Id, Assert.Single(context.UserLogins).UserId);
    }

    [Fact]
    public async Task Of_two_members_who_link_the_same_account_at_once_one_is_refused()
    {
        using var portal = Portal();
        using var mei = new Person(portal);
        using var tom = new Person(portal);
        await mei.RegisterAsync("mei@example.org", "Mei");
        await tom.RegisterAsync("tom@example.org", "Tom");
        var (first, second) = (await mei.ContinueAsync("ada", "/me/security"), await tom.ContinueAsync("ada", "/me/security"));

        await mei.SendAsync(first, "link");
        var refused = await tom.SendAsync(second, "link");

        Assert.Contains("opens another account here", WebUtility.HtmlDecode(await refused.Content.ReadAsStringAsync()), StringComparison.Ordinal);
        await using var context = await DbAsync(portal);
        Assert.Equal((await MemberAsync(portal, "mei@example.org")).Id, Assert.Single(context.UserLogins).UserId);
    }

    [Fact]
    public async Task The_only_way_in_is_unlinked_after_a_password_was_set()
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        await JoinAsync(ada, "ada");
        var security = await ada.Portal.GetAsync("/me/security");
        var link = (await Person.ReadAsync(security)).QuerySelector("[name='Row.Link']")!.GetAttribute("value")!;

        var refused = await ada.SendAsync(security, "unlink", ("Row.Link", link));
        Assert.Contains("Set a password first", await Person.ErrorsAsync(refused), StringComparison.Ordinal);
        var weak = await ada.SendAsync(security, "password", ("Form.Password", "aaaa"));
        Assert.Equal(2, (await Person.ErrorsAsync(weak)).Split('\n').Length);
        var set = await ada.SendAsync(weak, "password", ("Form.Password", Person.Password));
        var gone = await ada.SendAsync(set, "unlink", ("Row.Link", link));
        Assert.Null((await Person.ReadAsync(gone)).QuerySelector("[data-linked]"));

        Assert.Equal("Ada", await ada.WhoAsync());
        await ada.SignOutAsync();
        await ada.SignInAsync("ada@example.org");
        Assert.Equal("Ada", await ada.WhoAsync());
    }

    [Fact]
    public async Task A_link_to_a_provider_that_is_not_offered_any_more_is_no_way_in()
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        await JoinAsync(ada, "ada");
        await using var scope = portal.Services.CreateAsyncScope();
        var members = scope.ServiceProvider.GetRequiredService<UserManager<Member>>();
        var member = (await members.FindByEmailAsync("ada@example.org"))!;
        await members.AddLoginAsync(member, new("old", "https://old.example 1", "ada"));
        Assert.False(await scope.ServiceProvider.GetRequiredService<ExternalAccounts>().UnlinkAsync(member, "lab", $"{Server.Address} ada"));
    }

    [Fact]
    public async Task The_second_step_is_asked_for_after_the_provider_too()
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        await JoinAsync(ada, "ada");
        await ada.SignOutAsync();
        string recovery;
        await using (var scope = portal.Services.CreateAsyncScope())
        {
            var members = scope.ServiceProvider.GetRequiredService<UserManager<Member>>();
            var member = (await members.FindByEmailAsync("ada@example.org"))!;
            await members.ResetAuthenticatorKeyAsync(member);
            await members.SetTwoFactorEnabledAsync(member, true);
            recovery = (await members.GenerateNewTwoFactorRecoveryCodesAsync(member, 1))!.Single();
        }

        var step = await ada.ContinueAsync("ada", "/papers");

        Assert.Equal("/account/second-step", step.RequestMessage!.RequestUri!.AbsolutePath);
        Assert.Null(await ada.WhoAsync());
        var arrived = await ada.SendAsync(step, "second-step", ("Form.Code", recovery));
        Assert.Equal("/papers", arrived.RequestMessage!.RequestUri!.AbsolutePath);
        Assert.Equal("Ada", await ada.WhoAsync());
    }

    [Fact]
    public async Task Somebody_without_a_password_may_have_a_second_step()
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        await JoinAsync(ada, "ada");
        Assert.NotNull((await Person.ReadAsync(await ada.Portal.GetAsync("/me/security"))).QuerySelector(".qr"));
    }

    [Fact]
    public async Task A_locked_account_stays_locked()
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        await JoinAsync(ada, "ada");
        await ada.SignOutAsync();
        await using (var scope = portal.Services.CreateAsyncScope())
        {
            var members = scope.ServiceProvider.GetRequiredService<UserManager<Member>>();
            await members.SetLockoutEndDateAsync((await members.FindByEmailAsync("ada@example.org"))!, DateTimeOffset.MaxValue);
        }

        var answer = await ada.ContinueAsync("ada");

        Assert.Contains("Wait a few minutes", await Person.ErrorsAsync(answer), StringComparison.Ordinal);
        Assert.Null(await ada.WhoAsync());
    }

    [Fact]
    public async Task A_provider_that_is_away_stops_neither_the_portal_nor_passwords()
    {
        using var portal = Portal();
        await Server.DisposeAsync();
        using var ada = new Person(portal, "zh-CN");

        var answer = await ada.ArriveAsync("/account/external/lab?returnUrl=%2Fpapers");

        Assert.Contains("目前无法连接 Lab", await Person.ErrorsAsync(answer), StringComparison.Ordinal);
        Assert.Contains("returnUrl=%2Fpapers", answer.RequestMessage!.RequestUri!.Query, StringComparison.OrdinalIgnoreCase);
        await ada.RegisterAsync("mei@example.org", "Mei");
        Assert.Equal("Mei", await ada.WhoAsync());
        started = await OidcServer.StartAsync("http://localhost");
    }

    [Fact]
    public async Task A_provider_that_leaves_on_the_way_is_said_so()
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        var back = await ada.ToProviderAsync("ada");
        await Server.DisposeAsync();

        var answer = await ada.ArriveAsync(back);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("did not work", await Person.ErrorsAsync(answer), StringComparison.Ordinal);
        started = await OidcServer.StartAsync("http://localhost");
    }

    [Theory]
    [InlineData("en", "was cancelled")]
    [InlineData("zh-CN", "已取消使用 Lab 登录")]
    public async Task Whoever_changes_their_mind_is_back_at_the_sign_in(string language, string said)
    {
        using var portal = Portal();
        using var ada = new Person(portal, language);

        var answer = await ada.CancelAsync();

        Assert.Equal("/account/login", answer.RequestMessage!.RequestUri!.AbsolutePath);
        Assert.Contains(said, await Person.ErrorsAsync(answer), StringComparison.Ordinal);
        Assert.Contains("returnUrl=%2Fgallery", answer.RequestMessage.RequestUri.Query, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("state")]
    [InlineData("code")]
    [InlineData("no state")]
    [InlineData("another browser")]
    public async Task An_answer_that_is_not_the_providers_to_this_browser_signs_nobody_in(string what)
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        using var other = new Person(portal);
        var back = await ada.ToProviderAsync("ada");

        var answer = what switch
        {
            "state" => await ada.ArriveAsync(back.Replace("state=", "state=x", StringComparison.Ordinal)),
            "code" => await ada.ArriveAsync(back.Replace("code=", "code=x", StringComparison.Ordinal)),
            "no state" => await ada.ArriveAsync("/account/oidc/lab"),
            _ => await other.ArriveAsync(back),
        };

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("/account/login", answer.RequestMessage!.RequestUri!.AbsolutePath);
        Assert.Contains("did not work", await Person.ErrorsAsync(answer), StringComparison.Ordinal);
        Assert.Null(await ada.WhoAsync());
        Assert.Null(await other.WhoAsync());
    }

    [Fact]
    public async Task A_token_that_was_not_made_for_this_way_signs_nobody_in()
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        using var other = new Person(portal);
        var begun = await ada.Portal.GetAsync("/account/external/lab");
        var back = await ada.SignInAtProviderAsync(begun.Headers.Location!, "ada");
        using var request = new HttpRequestMessage(HttpMethod.Get, back);
        request.Headers.Add("Cookie", begun.Headers.GetValues("Set-Cookie").Select(cookie => cookie.Split(';')[0]).Single(cookie => cookie.Contains(".Correlation.", StringComparison.Ordinal)));

        var answer = await other.Portal.SendAsync(request);

        Assert.Contains("problem=failed", answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_names_the_accounts_that_open_it()
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        await JoinAsync(ada, "ada");
        using var archive = new ZipArchive(await ada.Portal.GetStreamAsync("/me/export"));
        using var reader = new StreamReader(await archive.GetEntry("external-accounts.json")!.OpenAsync());
        var links = await reader.ReadToEndAsync();
        Assert.Contains($"{Server.Address} ada", links, StringComparison.Ordinal);
        Assert.Contains("ada@example.org", links, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_for_newcomers_is_nothing_without_a_provider()
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        Assert.Equal("/account/login", (await ada.ArriveAsync("/account/external")).RequestMessage!.RequestUri!.AbsolutePath);
        Assert.Equal(HttpStatusCode.NotFound, (await ada.Portal.GetAsync("/account/external/elsewhere")).StatusCode);
    }

    [Fact]
    public async Task The_addresses_words_are_not_the_pages_words()
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        var page = await Person.ReadAsync(await ada.Portal.GetAsync("/account/login?problem=call+me&provider=lab"));
        Assert.Null(page.QuerySelector("[role=alert]"));
        Assert.Equal("Continue with Lab", page.QuerySelector("[data-external] a")!.TextContent);
        Assert.NotNull((await Person.ReadAsync(await ada.Portal.GetAsync("/account/register"))).QuerySelector("[data-external] a"));
    }

    [Fact]
    public async Task Without_providers_there_are_no_buttons()
    {
        using var portal = new ShellHost();
        using var ada = new Person(portal);
        Assert.Null((await Person.ReadAsync(await ada.Portal.GetAsync("/account/login"))).QuerySelector("[data-external]"));
        await ada.RegisterAsync("mei@example.org");
        Assert.Null((await Person.ReadAsync(await ada.Portal.GetAsync("/me/security"))).QuerySelector("#linked"));
    }

    [Fact]
    public async Task Whoever_is_signed_in_proves_to_the_provider_anew_who_they_are()
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        await JoinAsync(ada, "ada");
        await ada.SignOutAsync();
        await ada.ContinueAsync("ada");
        Assert.False(ada.AskedForName);
        await ada.ContinueAsync("ada");
        Assert.True(ada.AskedForName);
    }

    [Fact]
    public async Task At_a_screen_that_was_left_open_nothing_is_linked_set_or_deleted()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var portal = new ShellHost(clock, Server.Settings);
        using var ada = new Person(portal);
        await JoinAsync(ada, "ada");
        var security = await ada.Portal.GetAsync("/me/security");
        var data = await ada.Portal.GetAsync("/me/data");
        ada.ForgetProvider();
        var question = await ada.ContinueAsync("another", "/me/security");
        // Pages that are looked at renew the session; that is no sign-in.
        for (var minute = 0; minute < 11; minute++)
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal("Ada", await ada.WhoAsync());
        }

        Assert.Contains("Sign in again", (await Person.ReadAsync(await ada.Portal.GetAsync("/me/security"))).QuerySelector("main")!.TextContent, StringComparison.Ordinal);
        Assert.Contains("sign in again", (await Person.ReadAsync(await ada.Portal.GetAsync("/me/data"))).QuerySelector("main")!.TextContent, StringComparison.Ordinal);
        await ada.SendAsync(question, "link");
        await ada.SendAsync(security, "password", ("Form.Password", Person.Password));
        Assert.Contains("Sign in again", await Person.ErrorsAsync(await ada.SendAsync(data, "delete", ("Form.Proof", "ada"))), StringComparison.Ordinal);

        await using var context = await DbAsync(portal);
        Assert.Single(context.UserLogins);
        Assert.Null(Assert.Single(context.Users).PasswordHash);
    }

    [Fact]
    public async Task Whoever_has_no_password_deletes_the_account_with_its_name_and_the_links_go_along()
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        await JoinAsync(ada, "ada");
        var data = await ada.Portal.GetAsync("/me/data");

        var refused = await ada.SendAsync(data, "delete", ("Form.Proof", "someone"));
        Assert.NotEqual("", await Person.ErrorsAsync(refused));
        await ada.SendAsync(refused, "delete", ("Form.Proof", "ada"));

        Assert.Null(await ada.WhoAsync());
        await using var context = await DbAsync(portal);
        Assert.Empty(context.Users);
        Assert.Empty(context.UserLogins);
        // The name is free again, and the provider's account too.
        await JoinAsync(ada, "ada");
    }

    [Fact]
    public async Task The_demo_member_is_nobodys_to_link_or_to_lock()
    {
        using var portal = Portal();
        using var ada = new Person(portal);
        var login = await Person.ReadAsync(await ada.Portal.GetAsync("/account/login"));
        await ada.Portal.PostAsync("/account/demo", new FormUrlEncodedContent([new("__RequestVerificationToken", login.QuerySelector("form[action='/account/demo'] input[name=__RequestVerificationToken]")!.GetAttribute("value")!)]));
        Assert.Equal("Demo", await ada.WhoAsync());

        var security = await ada.ContinueAsync("ada", "/me/security");

        Assert.Equal("/me/security", security.RequestMessage!.RequestUri!.AbsolutePath);
        var page = await Person.ReadAsync(security);
        Assert.Null(page.QuerySelector("#linked"));
        Assert.Null(page.QuerySelector("#password"));
        Assert.Null(page.QuerySelector(".qr"));
    }

    [Fact]
    public async Task Behind_a_proxy_the_provider_is_told_the_address_that_people_use()
    {
        await using var server = await OidcServer.StartAsync("https://minisora.example");
        using var portal = new ShellHost(null, [.. server.Settings, ("Portal:Address", "https://minisora.example/")]);
        using var ada = new Person(portal);
        // The provider sends people back only to what it was told; the rest of the way is the proxy's.
        var page = await ada.ArriveAsync(await ada.ToProviderAsync("ada"));
        Assert.NotNull((await Person.ReadAsync(page)).QuerySelector("[name='Form.DisplayName']"));
    }

    [Fact]
    public async Task What_begins_at_one_portal_ends_at_another()
    {
        await using var redis = await RedisServer.StartAsync();
        (string, string)[] shared = [.. Server.Settings, ("ConnectionStrings:Redis", redis.Address)];
        using var one = new ShellHost(null, shared);
        using var two = new ShellHost(null, shared);
        using var there = new Person(one);
        using var here = new Person(two);
        var cookies = new List<string>();

        var begun = await there.Portal.GetAsync("/account/external/lab?returnUrl=%2Fpapers");
        cookies.AddRange(begun.Headers.GetValues("Set-Cookie").Select(cookie => cookie.Split(';')[0]));
        var back = await there.SignInAtProviderAsync(begun.Headers.Location!, "ada");
        using var request = new HttpRequestMessage(HttpMethod.Get, back);
        request.Headers.Add("Cookie", string.Join("; ", cookies));
        var answer = await here.Portal.SendAsync(request);

        Assert.Equal("/account/external?returnUrl=%2Fpapers", answer.Headers.Location!.OriginalString);
        Assert.Contains(answer.Headers.GetValues("Set-Cookie"), cookie => cookie.StartsWith("Identity.External=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task All_that_is_wrong_with_the_settings_is_said_at_the_start()
    {
        await using var backend = await Backend.StartAsync(null, ("Oidc:a b:Authority", "http://login.example.org"), ("Oidc:lab:Name", "Lab"), ("Oidc:lab:Authority", "https://login.example.org"));
        var error = await Assert.ThrowsAsync<OptionsValidationException>(backend.ServeAsync);
        Assert.Equal(7, error.Failures.Count());
    }

    [Theory]
    [InlineData("https://login.example.org", true)]
    [InlineData("https://login.example.org/realms/lab", true)]
    [InlineData("http://localhost:8080", true)]
    [InlineData("http://127.0.0.1:8080/realms/lab", true)]
    [InlineData("http://[::1]:8080", true)]
    [InlineData("http://login.example.org", false)]
    [InlineData("http://localhost.example.org", false)]
    [InlineData("https://user@login.example.org", false)]
    [InlineData("https://login.example.org/?tenant=1", false)]
    [InlineData("login.example.org", false)]
    [InlineData("", false)]
    public void A_provider_is_asked_over_TLS_unless_it_is_on_this_machine(string authority, bool good) =>
        Assert.Equal(good ? 0 : 1, OidcOptions.Problems("lab", new() { Name = "Lab", Authority = authority, ClientId = "a", ClientSecret = "b" }).Count());

    private ShellHost Portal() => new(null, Server.Settings);

    private static async Task JoinAsync(Person person, string name, string returnUrl = "/gallery") =>
        await person.SendAsync(await person.ContinueAsync(name, returnUrl), "newcomer", ("Form.DisplayName", char.ToUpperInvariant(name[0]) + name[1..]), ("Form.Email", $"{name}@example.org"));

    private static async Task<Member> MemberAsync(ShellHost portal, string email)
    {
        await using var context = await DbAsync(portal);
        return await context.Users.SingleAsync(member => member.Email == email);
    }

    private static Task<MiniSoraDbContext> DbAsync(ShellHost portal) => portal.Services.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>().CreateDbContextAsync();
}
