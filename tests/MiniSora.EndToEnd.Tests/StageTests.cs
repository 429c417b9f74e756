using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace MiniSora.EndToEnd.Tests;

/// <summary>What a presenter puts on the stage, as the audience sees it.</summary>
public sealed class StageTests(Browsing browsing) : IClassFixture<Browsing>, IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browsing.CloseAllAsync();

    [Fact]
    public async Task A_talk_with_a_pdf_is_followed_by_the_audience_by_who_comes_late_and_by_the_replay()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var presenter = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(presenter);
        var pdf = await PdfAsync(presenter);
        var room = await RoomAsync(presenter);
        await Assertions.Expect(presenter.GetByRole(AriaRole.Button, new() { Name = "Next slide" })).ToBeHiddenAsync();

        // Before the beginning: first a wrong file, then the talk.
        var upload = presenter.GetByLabel("Slides as PDF…");
        await upload.SetInputFilesAsync(new FilePayload { Name = "talk.pdf", MimeType = "application/pdf", Buffer = pdf[..300] });
        await Assertions.Expect(presenter.Locator("[data-pdf-problem]")).ToContainTextAsync("it is damaged");
        await upload.SetInputFilesAsync(new FilePayload { Name = "talk.pdf", MimeType = "application/pdf", Buffer = pdf });
        await OnPageAsync(presenter, 1);
        await Assertions.Expect(presenter.Locator("[data-pdf-problem]")).ToBeHiddenAsync();
        await presenter.GetByRole(AriaRole.Button, new() { Name = "Begin" }).ClickAsync();
        await Assertions.Expect(presenter.Locator("[data-status]")).ToHaveTextAsync("Live");
        await presenter.WaitForTimeoutAsync(1500); // the replay goes by seconds

        var visitor = await browsing.OpenAsync(portal, "zh-CN", dark: false, width: 390, height: 844);
        await visitor.GotoAsync(room + "/live");
        await Assertions.Expect(visitor.Locator(".stage-slide figcaption")).ToHaveTextAsync("幻灯片，第 1 页，共 4 页");
        // "Begin" had the focus, and is not there any more.
        await presenter.Keyboard.PressAsync("ArrowRight");
        await OnPageAsync(visitor, 2);
        await presenter.GetByRole(AriaRole.Button, new() { Name = "Next slide" }).ClickAsync();
        await OnPageAsync(visitor, 3);
        // The button keeps the focus, and the keys work all the same; three quick ones are three pages, and after the first there is none.
        foreach (var key in new[] { "ArrowLeft", "PageUp", "PageUp" })
        {
            await presenter.Keyboard.PressAsync(key);
        }
        await OnPageAsync(visitor, 1);
        foreach (var key in new[] { "PageDown", "ArrowRight" })
        {
            await presenter.Keyboard.PressAsync(key);
        }
        await OnPageAsync(visitor, 3);
        await Assertions.Expect(presenter.Locator("[data-problem]")).ToBeHiddenAsync();
        await presenter.GetByRole(AriaRole.Button, new() { Name = "Show nothing" }).ClickAsync();
        await Assertions.Expect(visitor.Locator(".stage-slide")).ToHaveCountAsync(0);
        await presenter.GetByRole(AriaRole.Button, new() { Name = "Show slides" }).ClickAsync();
        await OnPageAsync(visitor, 3);

        // Who comes late gets the same page; on the projector it fills the window, and the presenter turns it there too.
        var projector = await presenter.Context.NewPageAsync();
        await projector.SetViewportSizeAsync(1600, 800);
        await projector.GotoAsync(room + "/stage");
        await OnPageAsync(projector, 3);
        var wall = await projector.Locator(".stage-slide img").BoundingBoxAsync();
        Assert.Equal((0, 0, 1600, 800), (wall!.X, wall.Y, wall.Width, wall.Height));
        Assert.Equal("IMG", await projector.EvaluateAsync<string>("() => document.elementFromPoint(800, 20).tagName"));
        await projector.Keyboard.PressAsync("PageDown");
        await OnPageAsync(visitor, 4);

        await visitor.GotoAsync(room);
        await Assertions.Expect(visitor.Locator(".slide-pages img")).ToHaveCountAsync(4);
        var address = await visitor.GetByRole(AriaRole.Link, new() { Name = "下载幻灯片 PDF" }).GetAttributeAsync("href");
        Assert.Equal(pdf, await portal.Http.GetByteArrayAsync(new Uri(address!, UriKind.Relative)));

        var complaints = await Look.AtAsync(browsing, portal, async look =>
        {
            await look.VisitAsync("slides-live", room + "/live", ".stage-slide img");
            await look.VisitAsync("slides-projector", room + "/stage", ".stage-slide img");
            await look.VisitAsync("slides-page", room, ".slide-pages img");
        });
        Assert.True(complaints.Count == 0, string.Join("\n", complaints));
        await presenter.BringToFrontAsync();
        if (Environment.GetEnvironmentVariable("MINISORA_SCREENSHOTS") is { } shots)
        {
            await presenter.ScreenshotAsync(new() { Path = Path.Combine(shots, "slides-presenter.png"), FullPage = true });
        }

        await presenter.GetByRole(AriaRole.Button, new() { Name = "End" }).ClickAsync();
        await Assertions.Expect(presenter.Locator("[data-status]")).ToHaveTextAsync("Is over");
        await visitor.GotoAsync(room + "/replay");
        await OnPageAsync(visitor, 1);
        var scrubber = visitor.Locator("[data-scrub]");
        await scrubber.FillAsync(await scrubber.GetAttributeAsync("max") ?? "");
        await OnPageAsync(visitor, 4);
    }

    [Fact]
    public async Task Without_poppler_the_room_says_in_Chinese_what_to_install_and_pictures_still_work()
    {
        await using var portal = new Portal();
        portal.Settings["Slides__Poppler"] = Path.Combine(portal.DataFolder, "nowhere");
        await portal.StartAsync();
        var page = await browsing.OpenAsync(portal, "zh-CN");
        await Journeys.SignInAsDemoAsync(page);
        var pdf = await PdfAsync(page);
        await RoomAsync(page);
        await page.GetByLabel("上传幻灯片 PDF…").SetInputFilesAsync(new FilePayload { Name = "talk.pdf", MimeType = "application/pdf", Buffer = pdf });
        await Assertions.Expect(page.Locator("[data-pdf-problem]")).ToContainTextAsync("apt-get install poppler-utils");
        await page.Locator("[data-slides]").SetInputFilesAsync(new FilePayload { Name = "1.png", MimeType = "image/png", Buffer = await page.ScreenshotAsync() });
        await Assertions.Expect(page.Locator(".stage-slide figcaption")).ToHaveTextAsync("幻灯片，第 1 页，共 1 页");
    }

    [Fact]
    public async Task The_audience_votes_how_a_run_goes_on_and_both_curves_are_on_the_stage()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var owner = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(owner);
        var parent = await Journeys.SubmitYamlAsync(owner, Journeys.TinyTraining("Steered", 100_000, checkpointSteps: 100_000));
        var presenter = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(presenter);
        var room = await RoomAsync(presenter);
        await presenter.GetByRole(AriaRole.Button, new() { Name = "Begin" }).ClickAsync();
        await Assertions.Expect(presenter.Locator("[data-status]")).ToHaveTextAsync("Live");
        await Assertions.Expect(presenter.Locator("[data-fork-vote]")).ToBeHiddenAsync();
        await presenter.Locator("#scene-run").FillAsync(parent.ToString());
        await presenter.GetByRole(AriaRole.Button, new() { Name = "Show its curve" }).ClickAsync();
        await presenter.Locator(".stage-plot canvas").WaitForAsync(new() { Timeout = 60_000 });

        // What cannot be is said where it was typed, and nothing is lost of what was.
        await presenter.GetByText("Vote on how this run goes on").ClickAsync();
        var form = presenter.Locator("[data-form=fork]");
        await form.Locator("[name=value]").Nth(0).FillAsync("2e-4");
        await form.Locator("[name=path]").Nth(1).SelectOptionAsync("training.weight_decay");
        await form.Locator("[name=value]").Nth(1).FillAsync("7");
        await form.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(form.Locator("[data-fork-problem]")).ToContainTextAsync("no checkpoint");

        // The owner pauses it for its checkpoint, and lets it go on.
        await owner.GetByRole(AriaRole.Button, new() { Name = "Pause" }).First.ClickAsync();
        await Journeys.StateAsync(owner, "Paused");
        await owner.GetByRole(AriaRole.Button, new() { Name = "Resume" }).First.ClickAsync();
        await Journeys.StateAsync(owner, "Running");
        await form.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(form.Locator("[data-fork-problem]")).ToContainTextAsync("Weight decay");
        await form.Locator("[name=value]").Nth(1).FillAsync("0.1");
        await form.GetByRole(AriaRole.Button).ClickAsync();

        var visitor = await browsing.OpenAsync(portal, "zh-CN", dark: false, width: 390, height: 844);
        await visitor.GotoAsync(room + "/live");
        await Assertions.Expect(visitor.Locator(".poll h3")).ToHaveTextAsync("此运行的分叉应采用哪种设置？");
        await presenter.Locator(".poll-option").Nth(1).ClickAsync();
        await Assertions.Expect(visitor.Locator(".poll-option").Nth(1)).ToContainTextAsync(new Regex("权重衰减.*0\\.1.*1"));
        await presenter.GetByRole(AriaRole.Button, new() { Name = "Close", Exact = true }).ClickAsync();
        await Assertions.Expect(visitor.Locator(".stage-forks a")).ToHaveCountAsync(2);
        await Assertions.Expect(visitor.Locator("[data-plot]")).ToHaveAttributeAsync("data-lines", "2", new() { Timeout = 60_000 });
        await Assertions.Expect(visitor.Locator(".stage [data-readout]")).ToContainTextAsync("权重衰减: 0.1");
        // The chart is as wide as the stage, on a phone as well.
        Assert.True((await visitor.Locator("[data-plot] canvas").BoundingBoxAsync())!.Width > 250);
        var fork = Guid.Parse((await visitor.Locator(".stage-forks a").Nth(1).GetAttributeAsync("href"))!.Split('/')[^1]);
        Assert.NotEqual(parent, fork);
        Assert.NotEmpty(await Journeys.LossStepsAsync(portal, fork));

        var complaints = await Look.AtAsync(browsing, portal, async look =>
        {
            await look.VisitAsync("fork-live", room + "/live", "[data-plot][data-lines='2']");
            await look.VisitAsync("fork-projector", room + "/stage", "[data-plot][data-lines='2']");
        });
        Assert.True(complaints.Count == 0, string.Join("\n", complaints));

        // One device: the run gave it to its fork, and goes on when that is over.
        await presenter.GotoAsync($"/runs/{fork}");
        var before = (await Journeys.LossStepsAsync(portal, parent))[^1];
        // A click before the circuit is up is lost; a person clicks again.
        var pause = presenter.GetByRole(AriaRole.Button, new() { Name = "Pause" }).First;
        for (var tries = 0; tries < 10 && await pause.IsVisibleAsync() && await pause.IsEnabledAsync(); tries++)
        {
            await pause.ClickAsync();
            await presenter.WaitForTimeoutAsync(1000);
        }
        await Journeys.StateAsync(presenter, "Paused");
        await Journeys.StateAsync(owner, "Running");
        for (var look = 0; look < 120 && (await Journeys.LossStepsAsync(portal, parent))[^1] <= before; look++)
            await Task.Delay(500);
        Assert.True((await Journeys.LossStepsAsync(portal, parent))[^1] > before);
    }

    /// <summary>The page is drawn, said, and there at the size it was drawn at.</summary>
    private static async Task OnPageAsync(IPage page, int number)
    {
        await Assertions.Expect(page.Locator(".stage-slide figcaption")).ToHaveTextAsync(new Regex($"(page|第) {number} "));
        await page.WaitForFunctionAsync("() => document.querySelector('.stage-slide img').naturalWidth === 1920");
    }

    /// <summary>A room of the member's own, before its beginning; its address.</summary>
    private static async Task<string> RoomAsync(IPage page)
    {
        await page.GotoAsync("/roundtables/propose");
        await page.Locator("[name='Form.Title']").FillAsync("Talk with slides");
        await page.Locator("[name='Form.About']").FillAsync("From a PDF.");
        await page.Locator("[name='Form.Present']").CheckAsync();
        await page.Locator("form:has([name='Form.Title']) button[type=submit]").ClickAsync();
        await page.WaitForURLAsync("**/roundtables/talk-with*");
        var room = new Uri(page.Url).AbsolutePath;
        await page.GotoAsync(room + "/live");
        await page.Locator(".room[data-seq]").WaitForAsync();
        return room;
    }

    /// <summary>Four pages, printed by the browser.</summary>
    private static async Task<byte[]> PdfAsync(IPage beside)
    {
        var page = await beside.Context.NewPageAsync();
        await page.SetContentAsync("<style>body { margin: 0 } section { box-sizing: border-box; height: 540px; padding: 40px; font: 48px sans-serif; break-after: page } section:last-child { break-after: auto }</style>"
            + string.Concat(Enumerable.Range(1, 4).Select(n => $"<section style='background: hsl({n * 80} 60% 85%)'>Video diffusion 视频扩散<p style='font-size: 22px'>Part {n}: what the network sees</section>")));
        var pdf = await page.PdfAsync(new() { Width = "960px", Height = "540px", PrintBackground = true });
        await page.CloseAsync();
        return pdf;
    }
}
