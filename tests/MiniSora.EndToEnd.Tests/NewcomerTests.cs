using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace MiniSora.EndToEnd.Tests;

/// <summary>The whole way, once: a visitor becomes a member, trains, watches, samples, shares, and somebody takes it up.</summary>
public sealed class NewcomerTests(Browsing browsing) : IClassFixture<Browsing>, IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browsing.CloseAllAsync();

    [Fact]
    public async Task A_newcomer_trains_watches_samples_publishes_and_another_run_starts_from_the_post()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var page = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(page);

        // Train, and watch it live.
        await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("Newcomer's first", 60));
        await Journeys.StateAsync(page, "Succeeded");
        var run = Guid.Parse(Regex.Match(page.Url, "[0-9a-f-]{36}").Value);
        await Assertions.Expect(page.Locator(".run canvas").First).ToBeVisibleAsync();
        Assert.Equal(Enumerable.Range(1, 60).Select(step => (long)step), await Journeys.LossStepsAsync(portal, run));

        // A second browser and a reload show the same history.
        await page.ReloadAsync();
        await Journeys.StateAsync(page, "Succeeded");
        var visitor = await browsing.OpenAsync(portal, "zh-CN");
        await visitor.GotoAsync("/");
        await Assertions.Expect(visitor.GetByRole(AriaRole.Button, new() { Name = "以演示成员身份试用" }).First).ToBeVisibleAsync();

        // Sample from the checkpoint with a Chinese prompt.
        await page.GetByRole(AriaRole.Link, new() { Name = "Sample from this checkpoint" }).First.ClickAsync();
        await page.WaitForURLAsync("**/runs/new?from=checkpoint:*");
        await Journeys.InteractiveAsync(page);
        const string prompt = "一个红色圆形向左移动";
        await page.Locator("[data-path=prompt]").FillAsync(prompt);
        await page.Locator("[data-path=clips]").FillAsync("2");
        await page.Locator("[data-path='sampler.steps']").FillAsync("3");
        await Journeys.SubmitAsync(page);
        await Journeys.StateAsync(page, "Succeeded");
        var videos = page.Locator(".videos video");
        await Assertions.Expect(videos).ToHaveCountAsync(2);

        // Publish the first clip.
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish" }).First.ClickAsync();
        await page.Locator("#publish-title").FillAsync("Red circle, first try");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Publish" }).ClickAsync();
        await page.WaitForFunctionAsync("() => !document.querySelector('#publish-title')");

        // A visitor without an account sees and plays it, and no circuit is opened for it.
        var sockets = 0;
        visitor.WebSocket += (_, _) => sockets++;
        await visitor.GotoAsync("/gallery");
        await visitor.GetByRole(AriaRole.Link, new() { Name = "Red circle, first try" }).First.ClickAsync();
        await visitor.WaitForURLAsync("**/gallery/*");
        await visitor.EvaluateAsync("async () => { const v = document.querySelector('main video'); v.muted = true; await v.play(); }");
        await visitor.WaitForFunctionAsync("() => document.querySelector('main video').currentTime > 0.2");
        await Assertions.Expect(visitor.Locator("main")).ToContainTextAsync(prompt);
        Assert.Equal(0, sockets);
        // What it cost, made and trained: never nothing.
        await Assertions.Expect(visitor.Locator(".passport")).ToContainTextAsync(new Regex(@"采样消耗.*[1-9][\d.]*\s[kMGT]?FLOP.*训练消耗.*[1-9][\d.]*\s[kMGT]?FLOP", RegexOptions.Singleline));

        // The file carries its configuration.
        var source = await visitor.Locator("main video").EvaluateAsync<string>("v => v.currentSrc");
        var file = Path.Combine(portal.DataFolder, "downloaded.mp4");
        await File.WriteAllBytesAsync(file, await portal.Http.GetByteArrayAsync(new Uri(source)));
        var (_, tags) = await Journeys.RunAsync("ffprobe", "-v", "error", "-show_entries", "format_tags", "-of", "json", file);
        Assert.Contains("minisora.spec", tags, StringComparison.Ordinal);
        Assert.Contains("minisora.checkpoint", tags, StringComparison.Ordinal);
        Assert.Contains("minisora.seed", tags, StringComparison.Ordinal);
        Assert.Contains("minisora.software", tags, StringComparison.Ordinal);

        // Dropped on New run it gives the same form back.
        await page.GotoAsync("/runs/new");
        await Journeys.InteractiveAsync(page);
        await page.Locator("input[data-file]").SetInputFilesAsync(file);
        await Assertions.Expect(page.Locator("[data-path=prompt]")).ToHaveValueAsync(prompt);
        await Assertions.Expect(page.Locator("[data-path='sampler.steps']")).ToHaveValueAsync("3");

        // Gallery to submitted run in three clicks: tile, Use this config, Submit.
        await page.GotoAsync("/gallery");
        await page.GetByRole(AriaRole.Link, new() { Name = "Red circle, first try" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("Use this config") }).First.ClickAsync();
        await page.WaitForURLAsync("**/runs/new?from=post:*");
        await Journeys.InteractiveAsync(page);
        await Assertions.Expect(page.Locator("[data-path=prompt]")).ToHaveValueAsync(prompt);
        await Journeys.SubmitAsync(page);
        await Journeys.StateAsync(page, "Succeeded");
    }

    /// <summary>Between the circuit's start and the moment when it hears of addresses: on a slow line that is half a second.</summary>
    [Fact]
    public async Task A_link_followed_while_the_page_comes_to_life_leads_where_it_says()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var page = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(page);

        var starting = new TaskCompletionSource();
        var held = new List<Action>();
        var holding = true;
        await page.RouteWebSocketAsync(new Regex("/_blazor"), socket =>
        {
            var server = socket.ConnectToServer();
            socket.OnMessage(frame =>
            {
                if (Encoding.Latin1.GetString(frame.Binary ?? []).Contains("StartCircuit", StringComparison.Ordinal))
                {
                    starting.TrySetResult();
                }
                Send(server, frame);
            });
            server.OnMessage(frame =>
            {
                lock (held)
                {
                    if (holding && starting.Task.IsCompleted)
                    {
                        held.Add(() => Send(socket, frame));
                        return;
                    }
                }
                Send(socket, frame);
            });
        });
        await page.GotoAsync("/runs/new");
        await starting.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await page.Locator(".bar a[href='/runs']").First.ClickAsync();
        await page.WaitForURLAsync("**/runs");
        lock (held)
        {
            holding = false;
            held.ForEach(send => send());
        }

        await Assertions.Expect(page).ToHaveTitleAsync(new Regex("^Runs"));
        await page.WaitForTimeoutAsync(1000);
        await Assertions.Expect(page.Locator(".new-run")).ToHaveCountAsync(0);
    }

    private static void Send(IWebSocketRoute to, IWebSocketFrame frame)
    {
        if (frame.Binary is { } bytes)
            to.Send(bytes);
        else
            to.Send(frame.Text!);
    }
}
