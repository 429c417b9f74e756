using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace MiniSora.EndToEnd.Tests;

/// <summary>Every page in both languages, both themes, desktop and phone: no axe violation, nothing wider than the screen.</summary>
public sealed class LookTests(Browsing browsing) : IClassFixture<Browsing>, IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browsing.CloseAllAsync();

    [Fact]
    public async Task No_page_breaks_accessibility_or_the_width_of_a_phone()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var first = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(first);
        var training = await Journeys.SubmitYamlAsync(first, Journeys.TinyTraining("Looked at", 40));
        await Journeys.StateAsync(first, "Succeeded");
        await first.GetByRole(AriaRole.Link, new() { Name = "Sample from this checkpoint" }).First.ClickAsync();
        await first.WaitForURLAsync("**/runs/new?from=checkpoint:*");
        await Journeys.InteractiveAsync(first);
        await first.Locator("[data-path=prompt]").FillAsync("a red circle moves left");
        await first.Locator("[data-path=clips]").FillAsync("1");
        var sampling = await Journeys.SubmitAsync(first);
        await Journeys.StateAsync(first, "Succeeded");
        await first.GetByRole(AriaRole.Button, new() { Name = "Publish" }).First.ClickAsync();
        await first.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Publish" }).ClickAsync();
        await first.WaitForFunctionAsync("() => !document.querySelector('#publish-title')");
        await first.GotoAsync("/gallery");
        var item = await first.Locator("main a[href^='/gallery/']").First.GetAttributeAsync("href");

        var shots = Environment.GetEnvironmentVariable("MINISORA_SCREENSHOTS");
        var complaints = new List<string>();
        foreach (var culture in new[] { "en", "zh-CN" })
        {
            foreach (var dark in new[] { true, false })
            {
                foreach (var width in new[] { 1280, 390 })
                {
                    // Each language, theme and width with each other once is enough to find a fault; for looking, all eight.
                    if (shots is null && (culture == "en") == dark == (width == 390))
                    {
                        continue;
                    }
                    var page = await browsing.OpenAsync(portal, culture, dark, width, width == 390 ? 844 : 900);
                    await VisitAsync(page, "login", "/account/login");
                    await VisitAsync(page, "register", "/account/register");
                    await VisitAsync(page, "home", "/");
                    await VisitAsync(page, "gallery", "/gallery");
                    await VisitAsync(page, "item", item!);
                    await VisitAsync(page, "missing", "/no-such-page");
                    await Journeys.SignInAsDemoAsync(page);
                    await VisitAsync(page, "new-training", "/runs/new", ".new-run[data-mounted]");
                    await VisitAsync(page, "new-sampling", "/runs/new?from=run:" + sampling, ".new-run[data-mounted]");
                    await VisitAsync(page, "runs", "/runs");
                    await VisitAsync(page, "run-training", "/runs/" + training, ".run canvas");
                    await VisitAsync(page, "run-sampling", "/runs/" + sampling, ".run video");
                    await VisitAsync(page, "datasets", "/datasets");
                    await page.Context.CloseAsync();

                    async Task VisitAsync(IPage on, string name, string address, string ready = "main")
                    {
                        await on.GotoAsync(address);
                        await on.Locator(ready).First.WaitForAsync();
                        await on.EvaluateAsync("async () => { await document.fonts.ready; await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r))); }");
                        var where = $"{name} {culture} {(dark ? "dark" : "light")} {width}";
                        if (shots is not null)
                        {
                            Directory.CreateDirectory(shots);
                            await on.ScreenshotAsync(new() { Path = Path.Combine(shots, where.Replace(' ', '-') + ".png") });
                        }
                        var overflow = await on.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
                        if (overflow > 0)
                        {
                            complaints.Add($"{where}: {overflow} px wider than the screen");
                        }
                        var axe = await on.RunAxe();
                        complaints.AddRange(axe.Violations.Select(v => $"{where}: {v.Id}: {string.Join("; ", v.Nodes.Take(3).Select(n => n.Html))}"));
                    }
                }
            }
        }
        Assert.True(complaints.Count == 0, string.Join('\n', complaints.Distinct()));
    }
}
