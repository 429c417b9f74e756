using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace MiniSora.EndToEnd.Tests;

/// <summary>What an operator sees of a production portal, and what nobody else does.</summary>
public sealed partial class AdministratorTests(Browsing browsing) : IClassFixture<Browsing>, IAsyncLifetime
{
    private const string Email = "boss@example.org", MemberEmail = "mei@example.org", Password = "a long enough passphrase";

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browsing.CloseAllAsync();

    [Fact]
    public async Task The_pages_of_an_operator_are_accessible_and_a_deletion_is_previewed_called_off_and_done()
    {
        await using var portal = new Portal();
        portal.Settings["Retention__UndoMinutes"] = "1";
        // A mail server that is not there: nothing leaves this machine.
        (portal.Settings["Mail__Host"], portal.Settings["Mail__Port"], portal.Settings["Mail__From"]) = ("127.0.0.1", "1", "MiniSora <noreply@minisora.example>");
        portal.Settings["Portal__Address"] = "https://minisora.example";
        var boss = await OpenAsync(portal);
        var run = await Journeys.SubmitYamlAsync(boss, Journeys.TinyTraining("Room", 6, checkpointSteps: 2));
        await Journeys.StateAsync(boss, "Succeeded", 300);
        await AddWebhookAsync(boss);
        await boss.Context.CloseAsync();
        var left = Path.Combine(portal.DataFolder, "runs", Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(left);
        await File.WriteAllBytesAsync(Path.Combine(left, "left-behind.bin"), new byte[3 << 20]);
        File.SetLastWriteTimeUtc(Path.Combine(left, "left-behind.bin"), DateTime.UnixEpoch);

        var complaints = await Look.AtAsync(browsing, portal, async look =>
        {
            await SignInAsync(look.Page);
            await look.VisitAsync("tokens", "/me/tokens", "main form");
            await look.VisitAsync("admin", "/admin", ".admin-links");
            await look.VisitAsync("admin-members", "/admin/members", ".small-number");
            await look.VisitAsync("admin-rules", "/admin/rules", ".failure-rules");
            await look.VisitAsync("webhooks-none", "/me/webhooks", "main form");
            await look.VisitAsync("admin-webhooks", "/admin/webhooks", "[data-webhook]");
            await look.Page.Locator("button[value^='test ']").ClickAsync();
            await Assertions.Expect(look.Page.Locator(".webhook-said")).ToHaveTextAsync("127.0.0.1 is not a public address");
            await look.HereAsync("admin-webhooks-tested");
            await look.Page.Locator("[name='Form.Url']").FillAsync("https://example.org/hook");
            await look.Page.Locator("[name='Form.Secret']").FillAsync("not for WeChat");
            await look.Page.Locator("form:has([name='Form.Url']) button[type=submit]").ClickAsync();
            await Assertions.Expect(look.Page.Locator(".form-errors p")).ToHaveCountAsync(1);
            await look.HereAsync("admin-webhooks-errors");
            await look.VisitAsync("admin-mail", "/admin/mail", "[data-count]");
            await look.Page.Locator("main form button[type=submit]").ClickAsync();
            await look.Page.Locator(".webhook-said").First.WaitForAsync();
            await look.HereAsync("admin-mail-tested");
            await look.VisitAsync("mail", "/me/mail", "[name='Form.Rhythm']");
            await look.Page.Locator("[name='Form.Rhythm']").SelectOptionAsync("Daily");
            foreach (var box in await look.Page.Locator("[name=kinds]").AllAsync())
            {
                await box.UncheckAsync();
            }
            await look.Page.Locator("form:has([name='Form.Rhythm']) button[type=submit]").ClickAsync();
            await Assertions.Expect(look.Page.Locator(".form-errors p")).ToHaveCountAsync(1);
            await look.HereAsync("mail-errors");
            await look.VisitAsync("unsubscribe-no", "/mail/unsubscribe/none", "main h1");
            await look.VisitAsync("confirm-mail", "/account/confirm-mail?member=x&token=y", "main form");
            await look.VisitAsync("admin-storage", "/admin/storage", ".disk-plot");
            await look.Page.Locator("button[value=preview]").ClickAsync();
            await look.Page.Locator("#preview").WaitForAsync();
            await look.HereAsync("admin-storage-preview");
            await look.Page.Locator("[name='Form.Last']").FillAsync("none");
            await look.Page.Locator("[name='Form.Videos']").FillAsync("-1");
            await look.Page.Locator("button[value=save]").ClickAsync();
            await Assertions.Expect(look.Page.Locator(".form-errors p")).ToHaveCountAsync(2);
            await Assertions.Expect(look.Page.Locator("[name='Form.Last']")).ToHaveValueAsync("none");
            await look.HereAsync("admin-storage-errors");
        });
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));

        var page = await browsing.OpenAsync(portal);
        await SignInAsync(page);
        await page.GotoAsync("/admin/storage");
        await DecideAsync(page);
        await Assertions.Expect(page.Locator(".cleanup").First).ToContainTextAsync("Waits");
        await page.GetByRole(AriaRole.Button, new() { Name = "Call off" }).ClickAsync();
        await Assertions.Expect(page.Locator(".cleanup").First).ToContainTextAsync("Called off");
        Assert.True(Directory.Exists(left));

        await DecideAsync(page);
        // The page asks again by itself.
        await Assertions.Expect(page.Locator(".cleanup").First).ToContainTextAsync("Done", new() { Timeout = 120_000 });
        await Assertions.Expect(page.Locator(".cleanup").First).ToContainTextAsync("1 deleted, 3.00 MiB became free.");
        Assert.False(Directory.Exists(left));
        await page.GotoAsync("/runs/" + run);
        await Journeys.StateAsync(page, "Succeeded");
        await page.GotoAsync("/mod");
        await Assertions.Expect(page.Locator(".trail")).ToContainTextAsync("called a deletion off");
    }

    [Fact]
    public async Task A_strike_and_its_appeal_and_a_second_step_at_sign_in_are_seen_in_every_language_and_width()
    {
        await using var portal = new Portal();
        var link = await StartAsync(portal);
        var complaints = new List<string>(await Look.AtAsync(browsing, portal, async look =>
        {
            await look.VisitAsync("first-administrator", link, "main form");
            await look.VisitAsync("first-administrator-wrong", link + "x", "main .card");
            await look.VisitAsync("error", "/error");
        }));
        var boss = await CreateFirstAsync(portal, link);
        var mei = await RegisterAsync(portal);
        await NoteAsync(mei, "Buy my course");
        await NoteAsync(boss, "One adaLN for both");

        // Upheld, appealed against; and the other way round, undecided.
        await ReportAsync(boss, "Buy my course");
        await boss.GotoAsync("/mod");
        await boss.GetByRole(AriaRole.Button, new() { Name = "Hide it and give a strike" }).ClickAsync();
        await Assertions.Expect(boss.GetByText("Nothing is reported.")).ToBeVisibleAsync();
        await mei.GotoAsync("/me/strikes");
        await Assertions.Expect(mei.Locator(".mod-case")).ToContainTextAsync("Buy my course");
        complaints.AddRange(await Look.AtAsync(browsing, portal, async look =>
        {
            await SignInAsync(look.Page, MemberEmail);
            await look.VisitAsync("strike", "/me/strikes", ".mod-case");
        }));
        await mei.Locator("[name='Form.Text']").FillAsync("It was a joke among friends.");
        await mei.GetByRole(AriaRole.Button, new() { Name = "Appeal" }).ClickAsync();
        await Assertions.Expect(mei.Locator(".mod-case blockquote")).ToHaveTextAsync("It was a joke among friends.");
        await ReportAsync(mei, "One adaLN for both");

        await boss.GotoAsync("/admin/members?q=mei");
        await Assertions.Expect(boss.Locator(".members tbody tr")).ToHaveCountAsync(1);
        do
        {
            // A choice before the circuit is up is lost; a person would choose again.
            await boss.GetByLabel("Role of Mei").SelectOptionAsync("member");
            await boss.GetByLabel("Role of Mei").SelectOptionAsync("moderator");
            await Task.Delay(1000);
        }
        while (await boss.GetByText("Mei is a moderator now.").CountAsync() == 0);

        // A code of the app is asked for from now on, and a wrong one lets nobody in.
        await mei.GotoAsync("/me/security");
        var key = (await mei.Locator("code.hash").InnerTextAsync()).Replace(" ", "", StringComparison.Ordinal);
        await mei.Locator("[name='Form.Code']").FillAsync(AppCode(key));
        await mei.GetByRole(AriaRole.Button, new() { Name = "Turn the second step on" }).ClickAsync();
        await Assertions.Expect(mei.Locator(".recovery li")).ToHaveCountAsync(10);
        var recovery = await mei.Locator(".recovery li").First.InnerTextAsync();
        var again = await browsing.OpenAsync(portal);
        await SignInAsync(again, MemberEmail, "**/account/second-step**");
        await again.Locator("[name='Form.Code']").FillAsync("no-such-code");
        await again.Locator("form button[type=submit].button-primary").ClickAsync();
        await Assertions.Expect(again.Locator(".form-errors")).ToBeVisibleAsync();
        await again.Locator("[name='Form.Code']").FillAsync(recovery);
        await again.Locator("form button[type=submit].button-primary").ClickAsync();
        await again.WaitForURLAsync("**/runs");
        await again.GotoAsync("/mod");
        await Assertions.Expect(again.Locator(".mod-case").First).ToContainTextAsync("One adaLN for both");
        await Assertions.Expect(again.Locator(".trail")).ToContainTextAsync("made a moderator of");

        complaints.AddRange(await Look.AtAsync(browsing, portal, async look =>
        {
            await SignInAsync(look.Page, MemberEmail, "**/account/second-step**");
            await look.HereAsync("second-step");
            await look.Page.Locator("[name='Form.Code']").FillAsync(AppCode(key));
            await look.Page.Locator("form button[type=submit].button-primary").ClickAsync();
            await look.Page.WaitForURLAsync("**/runs");
            await look.VisitAsync("strike-appealed", "/me/strikes", ".mod-case");
            await look.VisitAsync("security-on", "/me/security");
            await look.VisitAsync("runs-none", "/runs");
            await look.VisitAsync("me-member", "/me");
            await look.VisitAsync("data-member", "/me/data");
        }));
        complaints.AddRange(await Look.AtAsync(browsing, portal, async look =>
        {
            await SignInAsync(look.Page);
            await look.VisitAsync("mod", "/mod", ".mod-case");
            await look.VisitAsync("admin-members-two", "/admin/members", ".small-select");
            await look.VisitAsync("security-off", "/me/security", ".qr");
        }));
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }

    [Fact]
    public async Task Nobody_else_reaches_an_operators_pages_whatever_a_request_says_of_itself()
    {
        await using var portal = new Portal();
        var boss = await OpenAsync(portal);
        await boss.GotoAsync("/admin");
        await boss.GetByRole(AriaRole.Link, new() { Name = "Hangfire" }).ClickAsync();
        await Assertions.Expect(boss).ToHaveTitleAsync(new Regex("MiniSora"));
        await Assertions.Expect(boss.Locator("body")).ToContainTextAsync("Recurring Jobs");
        await boss.GotoAsync("/hangfire/jobs/enqueued");
        await Assertions.Expect(boss.Locator("h1")).ToContainTextAsync("Queues");

        var member = await RegisterAsync(portal);
        var cookies = string.Join("; ", (await member.Context.CookiesAsync()).Select(cookie => $"{cookie.Name}={cookie.Value}"));

        string[] addresses = ["/hangfire", "/hangfire/jobs/enqueued", "/hangfire/stats", "/admin", "/admin/members", "/admin/rules", "/admin/storage", "/admin/storage/preview.csv?last=1", "/HANGFIRE/servers", "/hangfire/../hangfire/recurring"];
        (string Name, string Value)[][] claims =
        [
            [],
            [("X-Forwarded-For", "127.0.0.1"), ("X-Real-IP", "127.0.0.1")],
            [("X-Forwarded-Host", "localhost"), ("X-Forwarded-Proto", "https"), ("Forwarded", "for=127.0.0.1;host=localhost")],
            [("X-Original-URL", "/"), ("X-Rewrite-URL", "/gallery"), ("X-Forwarded-Prefix", "/gallery")],
            [("X-Forwarded-User", "boss"), ("X-Remote-User", Email), ("X-HTTP-Method-Override", "GET")],
        ];
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new(portal.Address) };
        foreach (var who in new[] { "", cookies })
        {
            foreach (var address in addresses)
            {
                foreach (var claim in claims)
                {
                    using var request = new HttpRequestMessage(HttpMethod.Get, address);
                    if (who.Length > 0)
                    {
                        request.Headers.Add("Cookie", who);
                    }
                    foreach (var (name, value) in claim)
                    {
                        request.Headers.Add(name, value);
                    }
                    using var answer = await http.SendAsync(request);
                    var text = await answer.Content.ReadAsStringAsync();
                    var how = $"{address} as {(who.Length > 0 ? "a member" : "nobody")} with {string.Join(", ", claim.Select(c => c.Name))}: {(int)answer.StatusCode} {answer.Headers.Location}";
                    Assert.True(
                        answer.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.Unauthorized
                        || (answer.StatusCode is HttpStatusCode.Found && answer.Headers.Location!.ToString().Contains("/account/", StringComparison.Ordinal)), how);
                    Assert.DoesNotContain("id=\"page-title\"", text, StringComparison.Ordinal);
                    Assert.DoesNotContain("admin-links", text, StringComparison.Ordinal);
                }
            }
        }

        // A form of another site, or none of ours at all, changes nothing.
        using var forged = new HttpRequestMessage(HttpMethod.Post, "/hangfire/jobs/enqueued/delete") { Content = new FormUrlEncodedContent([new("jobs[]", "1")]) };
        forged.Headers.Add("Cookie", cookies);
        using var refused = await http.SendAsync(forged);
        Assert.NotEqual(HttpStatusCode.OK, refused.StatusCode);
    }

    /// <summary>A production portal whose first administrator is signed in on the page.</summary>
    private async Task<IPage> OpenAsync(Portal portal) => await CreateFirstAsync(portal, await StartAsync(portal));

    /// <summary>Starts a production portal; the one-time link that its console shows.</summary>
    // This portal's own machine, so that nothing leaves it.
    private static async Task AddWebhookAsync(IPage page)
    {
        await page.GotoAsync("/admin/webhooks");
        await page.Locator("[name='Form.Url']").FillAsync("https://127.0.0.1:1/hook/abcd1234");
        await page.Locator("form:has([name='Form.Url']) button[type=submit]").ClickAsync();
        await Assertions.Expect(page.Locator("[data-webhook] h3")).ToHaveTextAsync("WeChat Work 127.0.0.1:1/…1234");
        Assert.DoesNotContain("abcd", await page.ContentAsync(), StringComparison.Ordinal);
    }

    private static async Task<string> StartAsync(Portal portal)
    {
        await portal.StartAsync("--production");
        var patience = TimeProvider.System.GetTimestamp();
        while (!FirstLink().IsMatch(portal.Output) && TimeProvider.System.GetElapsedTime(patience) < TimeSpan.FromSeconds(20))
        {
            await Task.Delay(100);
        }
        return FirstLink().Match(portal.Output).Groups[1].Value;
    }

    private async Task<IPage> CreateFirstAsync(Portal portal, string link)
    {
        var page = await browsing.OpenAsync(portal);
        await page.GotoAsync(link);
        await FillNewAccountAsync(page, "Boss", Email);
        await page.Locator("main a[href='/account/login']").WaitForAsync();
        await SignInAsync(page);
        return page;
    }

    private async Task<IPage> RegisterAsync(Portal portal)
    {
        var page = await browsing.OpenAsync(portal);
        await page.GotoAsync("/account/register");
        await FillNewAccountAsync(page, "Mei", MemberEmail);
        await page.WaitForURLAsync(url => !url.Contains("/account/register", StringComparison.Ordinal));
        return page;
    }

    private static async Task FillNewAccountAsync(IPage page, string name, string email)
    {
        await page.GetByLabel("Name").First.FillAsync(name);
        await page.GetByLabel("E-mail").FillAsync(email);
        await page.GetByLabel("Password").FillAsync(Password);
        await page.Locator("form button[type=submit].button-primary").ClickAsync();
    }

    private static async Task SignInAsync(IPage page, string email = Email, string then = "**/runs")
    {
        await page.GotoAsync("/account/login");
        await page.Locator("[name='Form.Email']").FillAsync(email);
        await page.Locator("[name='Form.Password']").FillAsync(Password);
        await page.Locator("form button[type=submit].button-primary").ClickAsync();
        await page.WaitForURLAsync(then);
    }

    private static async Task NoteAsync(IPage page, string title)
    {
        await page.GotoAsync("/papers/latte/note");
        await page.GetByLabel("Title").FillAsync(title);
        await page.GetByLabel("Note", new() { Exact = false }).First.FillAsync("More in the next roundtable.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await page.WaitForURLAsync("**/papers/latte*");
    }

    private static async Task ReportAsync(IPage page, string note)
    {
        await page.GotoAsync("/papers/latte");
        await page.GetByRole(AriaRole.Link, new() { Name = note }).ClickAsync();
        await page.Locator("[name='Form.Reason']").First.CheckAsync();
        await page.Locator("[name='Form.Text']").FillAsync("Has nothing to do with the paper.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send" }).ClickAsync();
        await Assertions.Expect(page.Locator(".empty-page")).ToBeVisibleAsync();
    }

    /// <summary>What an authenticator app shows for a key now (RFC 6238, RFC 4226 §5.3).</summary>
    [SuppressMessage("Security", "CA5350", Justification = "HMAC-SHA-1 is what the authenticator apps compute.")]
    private static string AppCode(string base32)
    {
        var bits = string.Concat(base32.ToUpperInvariant().Select(letter => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(letter, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        var key = bits.Chunk(8).Where(octet => octet.Length == 8).Select(octet => Convert.ToByte(new string(octet), 2)).ToArray();
        var counter = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 30);
        var hash = HMACSHA1.HashData(key, counter);
        var code = BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(hash[^1] & 15)) & int.MaxValue;
        return (code % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    private static async Task DecideAsync(IPage page)
    {
        await page.Locator("button[value=preview]").ClickAsync();
        await page.Locator("#preview button.button-bad").ClickAsync();
        await page.WaitForURLAsync("**/admin/storage");
        await page.Locator(".cleanup").First.WaitForAsync();
    }

    [GeneratedRegex(@"https?://\S+(/account/first-administrator\?token=\S+)")]
    private static partial Regex FirstLink();
}
