using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace MiniSora.EndToEnd.Tests;

/// <summary>A browser in one language, theme and width that visits pages and notes what is wrong with them.</summary>
internal sealed class Look
{
    // For looking with one's eyes: a folder for pictures of every page in all eight combinations.
    private static readonly string? Shots = Environment.GetEnvironmentVariable("MINISORA_SCREENSHOTS");

    private readonly List<string> complaints;
    private readonly string how;

    private Look(IPage page, string how, List<string> complaints) => (Page, this.how, this.complaints) = (page, how, complaints);

    public IPage Page { get; }

    /// <summary>Visits pages in every language, theme and width. What was wrong, each once.</summary>
    public static async Task<IReadOnlyList<string>> AtAsync(Browsing browsing, Portal portal, Func<Look, Task> visits)
    {
        var complaints = new List<string>();
        foreach (var culture in new[] { "en", "zh-CN" })
        {
            foreach (var dark in new[] { true, false })
            {
                foreach (var width in new[] { 1280, 390 })
                {
                    // Every language, theme and width once is enough to find a fault, the longer language on the narrower screen; for looking, all eight.
                    if (Shots is null && !(culture == "en" && !dark && width == 390) && !(culture == "zh-CN" && dark && width == 1280))
                    {
                        continue;
                    }
                    var page = await browsing.OpenAsync(portal, culture, dark, width, width == 390 ? 844 : 900);
                    await visits(new(page, $"{culture} {(dark ? "dark" : "light")} {width}", complaints));
                    await page.Context.CloseAsync();
                }
            }
        }
        return [.. complaints.Distinct()];
    }

    /// <summary>Opens a page and looks at it: no axe violation, nothing wider than the screen.</summary>
    public async Task VisitAsync(string name, string address, string ready = "main")
    {
        await Page.GotoAsync(address);
        await Page.Locator(ready).First.WaitForAsync();
        await HereAsync(name);
    }

    /// <summary>Looks at the page that is open.</summary>
    public async Task HereAsync(string name)
    {
        // The head is drawn anew when a circuit takes over, and has no title for that moment.
        await Page.WaitForFunctionAsync("() => document.title !== ''");
        await Page.EvaluateAsync("async () => { await document.fonts.ready; await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r))); }");
        var where = $"{name} {how}";
        if (Shots is not null)
        {
            Directory.CreateDirectory(Shots);
            await Page.ScreenshotAsync(new() { Path = Path.Combine(Shots, where.Replace(' ', '-') + ".png"), FullPage = true });
        }
        // The bar sticks to the screen and may be wider than it without widening the page.
        var overflow = await Page.EvaluateAsync<int>("() => Math.max(...[document.documentElement, ...document.querySelectorAll('.bar')].map(box => box.scrollWidth - box.clientWidth))");
        if (overflow > 0)
        {
            complaints.Add($"{where}: {overflow} px wider than the screen");
        }
        var axe = await Page.RunAxe();
        if (axe.Violations.Any(v => v.Id == "document-title"))
        {
            // The circuit took over while axe looked, and the head was empty for that moment.
            await Page.WaitForFunctionAsync("() => document.title !== ''");
            axe = await Page.RunAxe();
        }
        complaints.AddRange(axe.Violations.Select(v => $"{where}: {v.Id}: {string.Join("; ", v.Nodes.Take(3).Select(n => n.Html))}"));
    }

    /// <summary>The top bar at the widths of phones, tablets and small windows: nothing lies over its neighbour or leaves the screen.</summary>
    public static async Task<IReadOnlyList<string>> AtBarAsync(IPage page)
    {
        var complaints = new List<string>();
        foreach (var width in new[] { 360, 600, 800, 1024, 1241, 1280, 1440 })
        {
            await page.SetViewportSizeAsync(width, 900);
            await page.EvaluateAsync("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
            complaints.AddRange((await page.EvaluateAsync<string[]>("""
                () => {
                    const shown = [...document.querySelectorAll('.bar .brand, .bar .bar-nav, .bar-end > *')].filter(part => part.getBoundingClientRect().width > 0);
                    const wide = shown.filter(part => part.matches('.run-chip') && part.scrollWidth > part.clientWidth || part.getBoundingClientRect().right > innerWidth);
                    const over = shown.filter((part, i) => shown.slice(i + 1).some(next => part.getBoundingClientRect().right > next.getBoundingClientRect().left + 1));
                    return [...wide, ...over].map(part => part.className);
                }
                """)).Select(part => $"bar at {width}: {part}"));
        }
        return complaints;
    }
}
