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
        await first.Locator("[data-path=clips]").FillAsync("2");
        var sampling = await Journeys.SubmitAsync(first);
        await Journeys.StateAsync(first, "Succeeded");
        var video = (await first.Locator(".videos video").First.GetAttributeAsync("src"))!.Split('/')[2];
        for (var clip = 0; clip < 2; clip++)
        {
            await first.GotoAsync("/runs/" + sampling);
            var dialog = first.GetByRole(AriaRole.Dialog);
            do
            {
                // A click before the circuit is up is lost; a person would click again.
                await first.Locator(".videos").GetByRole(AriaRole.Button, new() { Name = "Publish" }).Nth(clip).ClickAsync();
                await Task.Delay(500);
            }
            while (await dialog.CountAsync() == 0);
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Publish" }).ClickAsync();
            await first.WaitForURLAsync("**/gallery/*");
        }
        await first.GotoAsync("/gallery");
        var item = await first.Locator("main a[href^='/gallery/']").First.GetAttributeAsync("href");
        var beside = await BesideAsync(first);
        await PlayedTogetherAsync(first);
        await first.GotoAsync(item!);
        var model = await first.Locator("main a[href^='/models/']").First.GetAttributeAsync("href");
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

        var complaints = await Look.AtAsync(browsing, portal, async look =>
        {
            await look.VisitAsync("login", "/account/login");
            await look.VisitAsync("register", "/account/register");
            await look.VisitAsync("home", "/");
            await look.VisitAsync("gallery", "/gallery");
            await look.VisitAsync("item", item!);
            await look.VisitAsync("side-by-side", beside, "[data-together][data-ready]");
            await look.VisitAsync("side-by-side-one", "/gallery/compare?posts=" + Path.GetFileName(item));
            await look.VisitAsync("matrix", $"/runs/{training}/matrix", "[data-together][data-ready]");
            await look.VisitAsync("matrix-none", $"/runs/{sampling}/matrix");
            await look.VisitAsync("model", model!);
            await look.VisitAsync("dataset", "/datasets/shapes");
            await look.VisitAsync("missing", "/no-such-page");
            await look.VisitAsync("gallery-facet", "/gallery?dataset=shapes&sort=liked");
            await look.VisitAsync("collection", "/collections/" + Path.GetFileName(new Uri(first.Url).AbsolutePath));
            await look.VisitAsync("profile", "/u/demo");
            await look.VisitAsync("papers", "/papers");
            await look.VisitAsync("plan", "/papers/plan");
            await look.VisitAsync("library", "/papers/library");
            await look.VisitAsync("paper", "/papers/stable-diffusion-3", ".katex");
            await look.VisitAsync("roundtables", "/roundtables");
            await look.VisitAsync("roundtable", room);
            await look.VisitAsync("replay", room + "/replay?t=1", "[data-second]");
            await look.VisitAsync("stage", room + "/stage", "[data-seq]");
            await look.VisitAsync("verify", "/verify");
            await look.VisitAsync("leaderboards", "/leaderboards");
            await look.VisitAsync("track", "/leaderboards/training-efficient?all=true");
            await look.VisitAsync("entry", "/leaderboards/entries/1");
            await look.VisitAsync("arena", "/arena", ".arena video");
            await Journeys.SignInAsDemoAsync(look.Page);
            await look.VisitAsync("new-training", "/runs/new", ".new-run[data-mounted]");
            await look.VisitAsync("new-sampling", "/runs/new?from=run:" + sampling, ".new-run[data-mounted]");
            await look.VisitAsync("new-edit", "/runs/new?from=edit:" + video, ".new-run[data-mounted]");
            await look.VisitAsync("runs", "/runs");
            await look.VisitAsync("run-training", "/runs/" + training, ".chart-card");
            // Charts are drawn when they come near: below a phone's first screen.
            await look.Page.Locator(".chart-card").First.ScrollIntoViewIfNeededAsync();
            await look.Page.Locator(".run canvas").First.WaitForAsync();
            await look.HereAsync("run-training-drawn");
            await look.VisitAsync("run-sampling", "/runs/" + sampling, ".run video");
            await look.VisitAsync("new-evaluation", "/runs/new?from=run:" + evaluation, ".new-run[data-mounted]");
            await look.VisitAsync("run-evaluation", "/runs/" + evaluation, ".scores");
            await look.VisitAsync("enter", "/leaderboards/submit?run=" + training);
            await look.VisitAsync("entry-member", "/leaderboards/entries/2");
            await look.VisitAsync("arena-member", "/arena");
            await look.VisitAsync("datasets", "/datasets");
            await look.VisitAsync("live", room + "/live", "[data-seq]");
            await look.VisitAsync("propose-roundtable", "/roundtables/propose");
            await look.VisitAsync("propose-paper", "/papers/propose");
            await look.VisitAsync("note", "/papers/latte/note");
            await look.VisitAsync("report", (await ReportAsync(look.Page, item!))!);
            await look.VisitAsync("me", "/me");
            await look.VisitAsync("notices", "/me/notices");
            await look.VisitAsync("mail-none", "/me/mail");
            await look.VisitAsync("strikes", "/me/strikes");
            await look.VisitAsync("security", "/me/security");
            await look.VisitAsync("data", "/me/data");
            await look.VisitAsync("queue", "/queue", ".rules");
            await look.VisitAsync("status", "/status");
            await look.VisitAsync("estimates", "/status/estimates");
        });
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }

    /// <summary>Ticks two videos in the gallery and has them played side by side; the address of that page.</summary>
    private static async Task<string> BesideAsync(IPage page)
    {
        await page.GotoAsync("/gallery");
        await page.Locator(".tile-pick input").Nth(0).CheckAsync();
        await page.Locator(".tile-pick input").Nth(1).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Play side by side" }).ClickAsync();
        await page.WaitForURLAsync("**/gallery/compare**");
        return new Uri(page.Url).PathAndQuery;
    }

    /// <summary>The videos of the page play on one clock, and rest on the same moment.</summary>
    private static async Task PlayedTogetherAsync(IPage page)
    {
        await page.WaitForFunctionAsync("() => [...document.querySelectorAll('.sides video')].every(video => video.currentTime > 0.1)");
        await page.Locator("[data-together] [data-play]").ClickAsync();
        await page.Locator("[data-together] [data-frame='1']").ClickAsync();
        await page.WaitForFunctionAsync("() => { const at = [...document.querySelectorAll('.sides video')].map(video => video.paused ? video.currentTime : NaN); return Math.max(...at) - Math.min(...at) < 0.01; }");
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

        await page.GetByRole(AriaRole.Button, new() { Name = "Make it again" }).ClickAsync();
        await page.WaitForURLAsync("**/gallery/*#reproduced");
        await page.Locator("#reproduced").GetByRole(AriaRole.Link, new() { Name = "its run" }).ClickAsync();
        await Journeys.StateAsync(page, "Succeeded");
        await page.GotoAsync(item);
        await Assertions.Expect(page.Locator("#reproduced .badge")).ToHaveTextAsync("bit-exact");
        await Assertions.Expect(page.Locator("#reproduced h2")).ToHaveTextAsync("Reproduced on 1 device");

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
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Begin" })).ToBeHiddenAsync();
        await page.Locator("#prompt-text").FillAsync("a paper boat in the rain");
        await page.Locator("#prompt-text").PressAsync("Enter");
        await page.Locator("[data-prompts] .votes").ClickAsync();
        await Assertions.Expect(page.Locator("[data-prompts] .votes")).ToHaveAttributeAsync("aria-pressed", "true");
        await page.Locator("#question-text").FillAsync("Why v-prediction?");
        await page.Locator("#question-text").PressAsync("Enter");
        await page.Locator("[data-questions] .votes").WaitForAsync();
        await page.GetByText("New poll").First.ClickAsync();
        // The vote on a fork has a field of that name as well.
        var poll = page.Locator("form[data-form=poll]");
        await poll.GetByLabel("Question", new() { Exact = true }).FillAsync("Which goes on?");
        await poll.GetByLabel("Options, one a line").FillAsync("Half the rate\nWith EMA");
        await poll.GetByRole(AriaRole.Button, new() { Name = "New poll" }).ClickAsync();
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
