using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace MiniSora.EndToEnd.Tests;

/// <summary>What an operator sees of a production portal, and what nobody else does.</summary>
public sealed partial class AdministratorTests(Browsing browsing) : IClassFixture<Browsing>, IAsyncLifetime
{
    private const string Email = "boss@example.org", Password = "a long enough passphrase";

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browsing.CloseAllAsync();

    [Fact]
    public async Task The_pages_of_an_operator_are_accessible_and_a_deletion_is_previewed_called_off_and_done()
    {
        await using var portal = new Portal();
        portal.Settings["Retention__UndoMinutes"] = "1";
        var boss = await OpenAsync(portal);
        var run = await Journeys.SubmitYamlAsync(boss, Journeys.TinyTraining("Room", 6, checkpointSteps: 2));
        await Journeys.StateAsync(boss, "Succeeded", 300);
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

        var member = await browsing.OpenAsync(portal);
        await member.GotoAsync("/account/register");
        await member.GetByLabel("Name").First.FillAsync("Mei");
        await member.GetByLabel("E-mail").FillAsync("mei@example.org");
        await member.GetByLabel("Password").FillAsync(Password);
        await member.Locator("form button[type=submit].button-primary").ClickAsync();
        await member.WaitForURLAsync(url => !url.Contains("/account/register", StringComparison.Ordinal));
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
    private async Task<IPage> OpenAsync(Portal portal)
    {
        await portal.StartAsync("--production");
        var patience = TimeProvider.System.GetTimestamp();
        while (!FirstLink().IsMatch(portal.Output) && TimeProvider.System.GetElapsedTime(patience) < TimeSpan.FromSeconds(20))
        {
            await Task.Delay(100);
        }
        var page = await browsing.OpenAsync(portal);
        await page.GotoAsync(FirstLink().Match(portal.Output).Groups[1].Value);
        await page.GetByLabel("Name").First.FillAsync("Boss");
        await page.GetByLabel("E-mail").FillAsync(Email);
        await page.GetByLabel("Password").FillAsync(Password);
        await page.Locator("form button[type=submit].button-primary").ClickAsync();
        await page.Locator("main a[href='/account/login']").WaitForAsync();
        await SignInAsync(page);
        return page;
    }

    private static async Task SignInAsync(IPage page)
    {
        await page.GotoAsync("/account/login");
        await page.Locator("[name='Form.Email']").FillAsync(Email);
        await page.Locator("[name='Form.Password']").FillAsync(Password);
        await page.Locator("form button[type=submit].button-primary").ClickAsync();
        await page.WaitForURLAsync("**/runs");
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
