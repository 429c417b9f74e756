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
        foreach (var setting in new[] { "SeenClips", "HeldOutClips", "References", "ArenaClips" })
        {
            portal.Settings["Leaderboards__" + setting] = "4";
        }
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
        await first.GotoAsync("/runs/" + training);
        await first.GetByRole(AriaRole.Link, new() { Name = "Evaluate this checkpoint" }).ClickAsync();
        await Journeys.InteractiveAsync(first);
        foreach (var count in new[] { "seen_clips", "held_out_clips", "references" })
        {
            await first.Locator($"[data-path={count}]").FillAsync("4");
        }
        var evaluation = await Journeys.SubmitAsync(first);
        await Journeys.StateAsync(first, "Succeeded");
        await EnterAsync(first, training);
        var second = await Journeys.SubmitYamlAsync(first, Journeys.TinyTraining("Second", 60));
        await Journeys.StateAsync(first, "Succeeded");
        await EnterAsync(first, second);
        await ScoredAsync(first, 1);
        await ScoredAsync(first, 2);

        var room = await CommunityAsync(first, item!);

        var shots = Environment.GetEnvironmentVariable("MINISORA_SCREENSHOTS");
        var complaints = new List<string>();
        foreach (var culture in new[] { "en", "zh-CN" })
        {
            foreach (var dark in new[] { true, false })
            {
                foreach (var width in new[] { 1280, 390 })
                {
                    // Every language, theme and width once is enough to find a fault, the longer language on the narrower screen; for looking, all eight.
                    if (shots is null && !(culture == "en" && !dark && width == 390) && !(culture == "zh-CN" && dark && width == 1280))
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
                    await VisitAsync(page, "gallery-facet", "/gallery?dataset=shapes&sort=liked");
                    await VisitAsync(page, "collection", "/collections/" + Path.GetFileName(new Uri(first.Url).AbsolutePath));
                    await VisitAsync(page, "profile", "/u/demo");
                    await VisitAsync(page, "papers", "/papers");
                    await VisitAsync(page, "plan", "/papers/plan");
                    await VisitAsync(page, "library", "/papers/library");
                    await VisitAsync(page, "paper", "/papers/stable-diffusion-3", ".katex");
                    await VisitAsync(page, "roundtables", "/roundtables");
                    await VisitAsync(page, "roundtable", room);
                    await VisitAsync(page, "replay", room + "/replay?t=1", "[data-second]");
                    await VisitAsync(page, "stage", room + "/stage", "[data-seq]");
                    await VisitAsync(page, "verify", "/verify");
                    await VisitAsync(page, "leaderboards", "/leaderboards");
                    await VisitAsync(page, "track", "/leaderboards/training-efficient?all=true");
                    await VisitAsync(page, "entry", "/leaderboards/entries/1");
                    await VisitAsync(page, "arena", "/arena", ".arena video");
                    await Journeys.SignInAsDemoAsync(page);
                    await VisitAsync(page, "new-training", "/runs/new", ".new-run[data-mounted]");
                    await VisitAsync(page, "new-sampling", "/runs/new?from=run:" + sampling, ".new-run[data-mounted]");
                    await VisitAsync(page, "runs", "/runs");
                    await VisitAsync(page, "run-training", "/runs/" + training, ".run canvas");
                    await VisitAsync(page, "run-sampling", "/runs/" + sampling, ".run video");
                    await VisitAsync(page, "new-evaluation", "/runs/new?from=run:" + evaluation, ".new-run[data-mounted]");
                    await VisitAsync(page, "run-evaluation", "/runs/" + evaluation, ".scores");
                    await VisitAsync(page, "enter", "/leaderboards/submit?run=" + training);
                    await VisitAsync(page, "entry-member", "/leaderboards/entries/2");
                    await VisitAsync(page, "arena-member", "/arena");
                    await VisitAsync(page, "datasets", "/datasets");
                    await VisitAsync(page, "live", room + "/live", "[data-seq]");
                    await VisitAsync(page, "propose-roundtable", "/roundtables/propose");
                    await VisitAsync(page, "propose-paper", "/papers/propose");
                    await VisitAsync(page, "note", "/papers/latte/note");
                    await VisitAsync(page, "report", (await ReportAsync(page, item!))!);
                    await VisitAsync(page, "me", "/me");
                    await VisitAsync(page, "notices", "/me/notices");
                    await VisitAsync(page, "strikes", "/me/strikes");
                    await VisitAsync(page, "security", "/me/security");
                    await VisitAsync(page, "data", "/me/data");
                    await VisitAsync(page, "queue", "/queue", ".rules");
                    await VisitAsync(page, "status", "/status");
                    await VisitAsync(page, "estimates", "/status/estimates");
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

    private static async Task<string?> ReportAsync(IPage page, string item)
    {
        await page.GotoAsync(item);
        return await page.Locator("a[href^='/report/post/']").GetAttributeAsync("href");
    }

    /// <summary>Says and does something everywhere, so that no page is looked at empty; ends on a collection. The address of a roundtable that goes on.</summary>
    private static async Task<string> CommunityAsync(IPage page, string item)
    {
        await page.GotoAsync(item);
        await page.GetByLabel("Your comment").FillAsync("**Well done**, and $x^2$");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send" }).ClickAsync();
        await Assertions.Expect(page.Locator(".comment strong")).ToHaveTextAsync("Well done");
        await page.Locator(".mark").First.ClickAsync();
        await Assertions.Expect(page.Locator(".mark").First).ToHaveAttributeAsync("aria-pressed", "true");

        await page.GotoAsync("/papers/stable-diffusion-3/note");
        await page.GetByLabel("Title").FillAsync("Straight paths");
        await page.GetByLabel("Note", new() { Exact = false }).First.FillAsync("The path is $x_t = (1-t)x_0 + t\\epsilon$.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await page.WaitForURLAsync("**/papers/stable-diffusion-3*");

        await page.GotoAsync("/roundtables/propose");
        await page.GetByLabel("Title").FillAsync("How small can a video model be?");
        await page.GetByLabel("What will be shown and discussed?").FillAsync("Three networks, one budget.");
        await page.GetByLabel("I will present it myself").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Propose" }).ClickAsync();
        await page.WaitForURLAsync("**/roundtables/how-small*");
        var room = new Uri(page.Url).AbsolutePath;
        await page.GotoAsync(room + "/live");
        await page.Locator(".room[data-seq]").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Begin" }).ClickAsync();
        await Assertions.Expect(page.Locator("[data-status]")).ToHaveTextAsync("Live");
        await page.Locator("#prompt-text").FillAsync("a paper boat in the rain");
        await page.Locator("#prompt-text").PressAsync("Enter");
        await page.Locator("[data-prompts] .votes").ClickAsync();
        await Assertions.Expect(page.Locator("[data-prompts] .votes")).ToHaveAttributeAsync("aria-pressed", "true");
        await page.Locator("#question-text").FillAsync("Why v-prediction?");
        await page.Locator("#question-text").PressAsync("Enter");
        await page.Locator("[data-questions] .votes").WaitForAsync();
        await page.GetByText("New poll").First.ClickAsync();
        await page.GetByLabel("Question", new() { Exact = true }).FillAsync("Which goes on?");
        await page.GetByLabel("Options, one a line").FillAsync("Half the rate\nWith EMA");
        await page.GetByRole(AriaRole.Button, new() { Name = "New poll" }).ClickAsync();
        await page.Locator(".poll-option").First.WaitForAsync();

        await page.GotoAsync("/collections/new?post=" + Path.GetFileName(item));
        await page.GetByLabel("Title").FillAsync("Circles");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await page.WaitForURLAsync("**/collections/circles*");
        return room;
    }

    private static async Task EnterAsync(IPage page, Guid run)
    {
        await page.GotoAsync("/runs/" + run);
        await page.GetByRole(AriaRole.Link, new() { Name = "Enter the leaderboards" }).ClickAsync();
        await page.WaitForURLAsync("**/leaderboards/submit**");
        await page.GetByRole(AriaRole.Button, new() { Name = "Enter" }).ClickAsync();
        await page.WaitForURLAsync("**/leaderboards/entries/*");
    }

    /// <summary>Waits until the checks that come with an entry are done.</summary>
    private static async Task ScoredAsync(IPage page, int entry)
    {
        for (var look = 0; look < 300; look++)
        {
            await page.GotoAsync($"/leaderboards/entries/{entry}");
            if (await page.GetByText("Passed", new() { Exact = true }).CountAsync() == 2)
            {
                return;
            }
            await Task.Delay(1000);
        }
        Assert.Fail("The entry was not scored: " + await page.Locator("main").InnerTextAsync());
    }
}
