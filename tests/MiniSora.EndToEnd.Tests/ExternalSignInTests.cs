using Microsoft.Playwright;
using MiniSora.Tests;

namespace MiniSora.EndToEnd.Tests;

/// <summary>A browser between the portal and a real OpenID provider: what only a browser refuses (content policy, cookies) would show here.</summary>
public sealed class ExternalSignInTests(Browsing browsing) : IClassFixture<Browsing>, IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browsing.CloseAllAsync();

    [Fact]
    public async Task Somebody_joins_through_a_provider_comes_back_and_unlinks_and_links_it()
    {
        await using var portal = new Portal();
        await using var provider = await OidcServer.StartAsync(portal.Address);
        foreach (var (name, value) in provider.Settings)
        {
            portal.Settings[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }
        await portal.StartAsync();
        var page = await browsing.OpenAsync(portal);

        await page.GotoAsync("/account/register?returnUrl=%2Fpapers");
        await ContinueAsync(page, "ada");
        await page.WaitForURLAsync("**/account/external**");
        await Assertions.Expect(page.Locator("[name='Form.Email']")).ToHaveValueAsync("ada@example.org");
        await page.Locator("[name='Form.DisplayName']").FillAsync("Ada L.");
        await page.Locator("form button.button-primary").ClickAsync();
        await page.WaitForURLAsync("**/papers");
        await Assertions.Expect(page.Locator("summary.avatar")).ToHaveAttributeAsync("aria-label", "Account of Ada L.");

        await SignOutAsync(page);
        await page.GotoAsync("/account/login?returnUrl=%2Fme%2Fsecurity");
        // The provider remembers, and asks nothing.
        await page.Locator("[data-external] a").ClickAsync();
        await page.WaitForURLAsync("**/me/security");

        await page.Locator("[data-linked] button").ClickAsync();
        await Assertions.Expect(page.Locator("[role=alert] p")).ToHaveTextAsync("Nothing else would open your account. Set a password first, or link another account.");
        await page.Locator("[name='Form.Password']").FillAsync("a long enough passphrase");
        await page.GetByRole(AriaRole.Button, new() { Name = "Set a password" }).ClickAsync();
        await Assertions.Expect(page.Locator("#password")).ToHaveCountAsync(0);
        await page.Locator("[data-linked] button").ClickAsync();
        await Assertions.Expect(page.Locator("[data-linked]")).ToHaveCountAsync(0);

        // Whoever is signed in shows the provider anew who they are, and says yes.
        await page.GetByRole(AriaRole.Link, new() { Name = "Link Lab" }).ClickAsync();
        await SignInAtProviderAsync(page, "ada");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Link Lab");
        await page.GetByRole(AriaRole.Button, new() { Name = "Link it" }).ClickAsync();
        await page.WaitForURLAsync("**/me/security");
        await Assertions.Expect(page.Locator("[data-linked]")).ToContainTextAsync("ada@example.org");

        await SignOutAsync(page);
        await page.GotoAsync("/account/login");
        await page.Locator("[data-external] a").ClickAsync();
        await page.WaitForURLAsync("**/runs");

        var who = 0;
        var complaints = await Look.AtAsync(browsing, portal, async look =>
        {
            var name = $"look{++who}";
            await look.VisitAsync("login-external", "/account/login", "[data-external]");
            await look.Page.Locator("[data-external] a").ClickAsync();
            await look.Page.Locator("a[href*='abort']").ClickAsync();
            await look.Page.Locator("[role=alert]").WaitForAsync();
            await look.HereAsync("login-cancelled");
            await look.VisitAsync("register-external", "/account/register", "[data-external]");
            await ContinueAsync(look.Page, name);
            await look.Page.Locator("[name='Form.DisplayName']").WaitForAsync();
            await look.HereAsync("external-newcomer");
            await look.Page.Locator("[name='Form.Email']").FillAsync("ada@example.org");
            await look.Page.Locator("form button.button-primary").ClickAsync();
            await look.Page.Locator("[role=alert]").WaitForAsync();
            await look.HereAsync("external-taken");
            await look.Page.Locator("[name='Form.Email']").FillAsync(name + "@example.org");
            await look.Page.Locator("form button.button-primary").ClickAsync();
            await look.Page.WaitForURLAsync("**/runs/new");
            await look.VisitAsync("security-linked", "/me/security", "[data-linked]");
            await look.Page.Locator("[data-linked] button").ClickAsync();
            await look.Page.Locator("[role=alert]").WaitForAsync();
            await look.HereAsync("security-only-way");
            await look.VisitAsync("data-handle", "/me/data", "[name='Form.Proof']");
            await look.Page.Context.ClearCookiesAsync(new() { Domain = "127.0.0.1" });
            await look.Page.GotoAsync("/account/external/lab?returnUrl=%2Fme%2Fsecurity");
            await SignInAtProviderAsync(look.Page, name + "-too");
            await look.Page.Locator("h1").WaitForAsync();
            await look.HereAsync("external-link");
            await look.Page.Context.ClearCookiesAsync(new() { Domain = "127.0.0.1" });
            await look.Page.GotoAsync("/account/external/lab?returnUrl=%2Fme%2Fsecurity");
            await SignInAtProviderAsync(look.Page, "ada");
            await look.Page.Locator("h1").WaitForAsync();
            await look.HereAsync("external-in-use");
        });
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }

    private static async Task ContinueAsync(IPage page, string name)
    {
        await page.Locator("[data-external] a").ClickAsync();
        await SignInAtProviderAsync(page, name);
    }

    private static async Task SignInAtProviderAsync(IPage page, string name)
    {
        await page.Locator("input[name=login]").FillAsync(name);
        await page.Locator("input[name=password]").FillAsync("any");
        await page.Locator("button[type=submit]").ClickAsync();
    }

    private static async Task SignOutAsync(IPage page)
    {
        await page.GotoAsync("/gallery");
        await page.Locator("summary.avatar").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Assertions.Expect(page.Locator("summary.avatar")).ToHaveCountAsync(0);
    }
}
