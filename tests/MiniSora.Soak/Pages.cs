using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace MiniSora.Soak;

/// <summary>
/// What a visitor waits for on a portal with much in it: the time from request to the last byte, on the same machine, one request after another. No page is
/// cached; the gallery's counts are, by the text that was looked for, until something is published. Then a browser that scrolls.
/// </summary>
internal sealed partial class Pages(string dataFolder, int requests, Bounds bounds)
{
    private const double MostMilliseconds = 100;

    private static readonly string[] Words =
        ["red circle", "红色", "蓝色 正方形", "triangle night", "雪地", "large star forest", "缓慢下落", "绿色圆环", "cyan", "in the rain", "清晨", "small cross fog", "圆形", "yellow square sea", "星形 雾气", "bounces"];

    private readonly Random random = new(1);

    public async Task RunAsync(CancellationToken stop)
    {
        await using var stage = await Stage.OpenOnAsync(
            dataFolder, ("Runs__Execute", "false"), ("ConnectionStrings__Jobs", ""), ("Telemetry__PrometheusToken", "soak"));
        using var http = new HttpClient { BaseAddress = stage.Address };
        http.DefaultRequestHeaders.Authorization = new("Bearer", "soak");
        var known = await KnownAsync(http, stop);
        bounds.Note("posts", known.Posts.ToString("N0", CultureInfo.InvariantCulture));
        var kinds = new (string Name, Func<string> Address)[]
        {
            ("gallery", Gallery),
            ("gallery, jump to a page", () => string.Create(CultureInfo.InvariantCulture, $"/gallery?page={1 + random.Next(Math.Max(1, known.Posts / 24))}")),
            ("search", Search),
            ("item", () => Of(known.Items)),
            ("runs table", () => Runs(known.Runs)),
            ("run", () => Of(known.RunPages)),
            ("leaderboard", () => Of(["/leaderboards", "/leaderboards/training-efficient", "/leaderboards/gpu-friendly", "/leaderboards/inference-efficient?all=true"])),
            ("queue", () => "/queue"),
            ("profile", () => Of(known.Profiles)),
            ("home", () => "/"),
        };

        // The first requests pay for compiling; nobody measures them.
        foreach (var (_, address) in kinds)
        {
            for (var warm = 0; warm < 15; warm++)
                await TimeAsync(stage, http, address(), stop);
        }

        var before = Memory(stage);
        foreach (var (name, address) in kinds)
        {
            var (times, processor) = (new List<double>(requests), new List<double>(requests));
            var slowest = (Address: "", Time: 0.0);
            for (var i = 0; i < requests; i++)
            {
                var asked = address();
                var (time, work) = await TimeAsync(stage, http, asked, stop);
                times.Add(time);
                processor.Add(work);
                if (times[^1] > slowest.Time)
                    slowest = (asked, times[^1]);
            }

            bounds.AtMost(
                Bounds.Percentile(times, 0.95), MostMilliseconds,
                string.Create(CultureInfo.InvariantCulture, $"{name}, p95 of {requests} (p50 {Bounds.Percentile(times, 0.5):0.0} ms; processor p50 {Bounds.Percentile(processor, 0.5):0.0}, p95 {Bounds.Percentile(processor, 0.95):0.0} ms; slowest {slowest.Time:0} ms {slowest.Address})"), "ms");
        }

        bounds.Note("memory of the portal, before and after", string.Create(CultureInfo.InvariantCulture, $"{before / 1e6:0} MB, {Memory(stage) / 1e6:0} MB"));
        await BrowseAsync(stage, http, known, stop);
    }

    private string Gallery()
    {
        string[] facets = ["", "model=dit", "model=latte", "dataset=shapes", "dataset=world-grid", "task=text_to_video", "task=edit", "size=32", "size=64", "cost=seconds", "cost=hours", "licence=cc0-1.0"];
        var parts = new[] { Of(facets), Of(facets), Of(["", "sort=liked", "sort=cheapest"]) }.Where(part => part.Length > 0).DistinctBy(part => part.Split('=')[0]).ToList();
        return "/gallery" + (parts.Count == 0 ? "" : "?" + string.Join('&', parts));
    }

    private string Search()
    {
        var words = random.Next(4) switch
        {
            0 => Of(Words),
            1 => $"{Of(Words)} {Of(Words)}",
            2 => Of(Words) + " " + random.Next(1000).ToString(CultureInfo.InvariantCulture),
            _ => Of(Words),
        };
        return "/gallery?q=" + Uri.EscapeDataString(words) + Of(["", "", "&sort=liked", "&dataset=shapes"]);
    }

    private string Runs(long newest) => random.Next(5) switch
    {
        0 => "/runs",
        1 => "/runs?kind=" + Of(["Training", "Sampling", "Evaluation"]),
        2 => "/runs?state=" + Of(["Succeeded", "Failed", "Queued", "Paused"]),
        3 => string.Create(CultureInfo.InvariantCulture, $"/runs?before={1 + random.NextInt64(Math.Max(1, newest))}"),
        _ => "/runs?q=" + Uri.EscapeDataString(Of(["Circle", "star forest", "红色", "圆环", "nothing like it"])),
    };

    private T Of<T>(IReadOnlyList<T> all) => all[random.Next(all.Count)];

    private static long Memory(Stage stage)
    {
        stage.Portal!.Refresh();
        return stage.Portal.WorkingSet64;
    }

    /// <summary>Milliseconds until the last byte, and of processor time that the portal took meanwhile.</summary>
    private static async Task<(double Time, double Processor)> TimeAsync(Stage stage, HttpClient http, string address, CancellationToken stop)
    {
        var processor = Processor(stage.Portal!.Id);
        var watch = Stopwatch.StartNew();
        using var answer = await http.GetAsync(new Uri(address, UriKind.Relative), stop);
        var time = watch.Elapsed.TotalMilliseconds;
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException($"{address} answered {(int)answer.StatusCode}.");
        return (time, Processor(stage.Portal.Id) - processor);
    }

    // In nanoseconds, by thread: the sum for the process counts in hundredths of a second.
    private static double Processor(int process)
    {
        var sum = 0L;
        foreach (var thread in Directory.GetDirectories($"/proc/{process}/task"))
        {
            try
            {
                sum += long.Parse(File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ')[0], CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // The thread has ended.
            }
        }

        return sum / 1e6;
    }

    /// <summary>What there is to look at, found as a visitor finds it.</summary>
    private async Task<Known> KnownAsync(HttpClient http, CancellationToken stop)
    {
        var first = await http.GetStringAsync(new Uri("/gallery", UriKind.Relative), stop);
        var pages = PageCount().Match(first) is { Success: true } found ? int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture) : 1;
        var items = new HashSet<string>();
        for (var look = 0; look < 12; look++)
        {
            var page = await http.GetStringAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"/gallery?page={1 + random.Next(pages)}"), UriKind.Relative), stop);
            items.UnionWith(Item().Matches(page).Select(link => link.Groups[1].Value));
        }

        if (items.Count == 0)
            throw new InvalidOperationException("The gallery is empty: fill the folder first, with minisora seed --data DIR.");
        var profiles = new HashSet<string>();
        foreach (var item in items.Take(40))
            profiles.UnionWith(Profile().Matches(await http.GetStringAsync(new Uri(item, UriKind.Relative), stop)).Select(link => WebUtility.HtmlDecode(link.Groups[1].Value)));
        var table = await http.GetStringAsync(new Uri("/runs", UriKind.Relative), stop);
        var newest = RunNumber().Matches(table).Select(number => long.Parse(number.Groups[1].Value, CultureInfo.InvariantCulture)).DefaultIfEmpty(1).Max();
        var runs = new HashSet<string>();
        for (var look = 0; look < 8; look++)
        {
            var page = await http.GetStringAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"/runs?before={1 + random.NextInt64(newest)}"), UriKind.Relative), stop);
            runs.UnionWith(RunPage().Matches(page).Select(link => link.Groups[1].Value));
        }

        return new(pages * 24, newest, [.. items], [.. profiles], [.. runs]);
    }

    private async Task BrowseAsync(Stage stage, HttpClient http, Known known, CancellationToken stop)
    {
        var chromium = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);
        if (chromium is null)
        {
            bounds.Require(false, "a browser scrolls", "Chromium is not installed");
            return;
        }

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Args = ["--no-sandbox", "--disable-gpu", "--js-flags=--expose-gc"] });
        var page = await browser.NewPageAsync(new() { BaseURL = stage.Address.ToString() });
        await page.GotoAsync("/gallery");
        var session = await page.Context.NewCDPSessionAsync(page);
        async Task<double> HeapAsync()
        {
            await page.EvaluateAsync("() => { gc(); gc(); }");
            var usage = await session.SendAsync("Runtime.getHeapUsage");
            return usage!.Value.GetProperty("usedSize").GetDouble();
        }

        async Task<int> ScrollAsync(int tiles)
        {
            var count = 0;
            while ((count = await page.Locator("#tiles > li").CountAsync()) < tiles)
            {
                stop.ThrowIfCancellationRequested();
                // Over a few tiles, as a hand that scrolls: each begins to play. Then on.
                await page.EvaluateAsync("""
                    () => {
                      for (const tile of [...document.querySelectorAll('#tiles [data-hover-play]')].slice(-6)) {
                        tile.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));
                        tile.dispatchEvent(new PointerEvent('pointerout', { bubbles: true }));
                      }
                      const more = document.querySelector('a[data-more]');
                      more.scrollIntoView();
                      more.click();
                    }
                    """);
                await page.WaitForFunctionAsync("count => document.querySelectorAll('#tiles > li').length > count", count);
            }

            return count;
        }

        await ScrollAsync(100);
        var (heap, server) = (await HeapAsync(), Memory(stage));
        var seen = await ScrollAsync(1000);
        var (heapAfter, serverAfter) = (await HeapAsync(), Memory(stage));
        var videos = await page.Locator("#tiles video").CountAsync();
        bounds.Note("tiles scrolled", seen.ToString(CultureInfo.InvariantCulture));
        bounds.AtMost((heapAfter - heap) / 1e6, 3, string.Create(CultureInfo.InvariantCulture, $"script memory of the page from 100 to 1,000 tiles, from {heap / 1e6:0.0} MB"), "MB more");
        bounds.AtMost(videos, 8, "players kept", "");
        bounds.AtMost((serverAfter - server) / 1e6, 60, string.Create(CultureInfo.InvariantCulture, $"memory of the portal meanwhile, from {server / 1e6:0} MB"), "MB more");

        foreach (var address in new[] { "/", "/gallery?q=red", known.Items[0], known.Profiles[0], "/leaderboards", "/leaderboards/gpu-friendly", "/papers", "/roundtables", "/datasets" })
        {
            await page.GotoAsync(address);
            await page.WaitForTimeoutAsync(300);
        }

        var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), stop);
        var circuits = Circuits().Matches(metrics).Sum(value => double.Parse(value.Groups[1].Value, CultureInfo.InvariantCulture));
        bounds.Require(circuits == 0, "no circuit is open after a visitor saw every kind of public page", circuits.ToString(CultureInfo.InvariantCulture));

        // The counter is not blind: a page that is live opens one.
        await page.GotoAsync("/queue");
        await page.WaitForFunctionAsync("() => window.Blazor");
        await page.WaitForTimeoutAsync(3000);
        metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), stop);
        bounds.Require(Circuits().Matches(metrics).Sum(value => double.Parse(value.Groups[1].Value, CultureInfo.InvariantCulture)) > 0, "a live page opens one, and the count says so");
    }

    [GeneratedRegex("name=\"page\" min=\"1\" max=\"(\\d+)\"")]
    private static partial Regex PageCount();

    [GeneratedRegex("href=\"(/gallery/[^\"?#]+)\"")]
    private static partial Regex Item();

    [GeneratedRegex("href=\"(/u/[^\"]+)\"")]
    private static partial Regex Profile();

    [GeneratedRegex("href=\"(/runs/[0-9a-f-]{36})\"")]
    private static partial Regex RunPage();

    [GeneratedRegex(@"#(\d+)<")]
    private static partial Regex RunNumber();

    [GeneratedRegex(@"(?m)^aspnetcore_components_circuit_connected\w*(?:\{[^}]*\})? (\d+)")]
    private static partial Regex Circuits();

    private sealed record Known(int Posts, long Runs, IReadOnlyList<string> Items, IReadOnlyList<string> Profiles, IReadOnlyList<string> RunPages);
}
