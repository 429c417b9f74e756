using System.IO.Compression;
using Microsoft.Playwright;

namespace MiniSora.EndToEnd.Tests;

/// <summary>What was saved is opened from the disk, with the portal gone and the network off.</summary>
public sealed class CapsuleTests(Browsing browsing) : IClassFixture<Browsing>, IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browsing.CloseAllAsync();

    [Fact]
    public async Task A_run_a_comparison_a_paper_and_a_roundtable_open_from_the_disk_when_the_portal_is_gone()
    {
        var folder = Directory.CreateTempSubdirectory("minisora-capsules-");
        try
        {
            string run, both, paper, talk;
            await using (var portal = new Portal())
            {
                await portal.StartAsync();
                var page = await browsing.OpenAsync(portal);
                await Journeys.SignInAsDemoAsync(page);
                var first = await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("First", 60));
                await Journeys.StateAsync(page, "Succeeded");
                await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("Second <b>", 40));
                await Journeys.StateAsync(page, "Succeeded");
                run = await SaveAsync(page, $"/runs/{first}", folder, menu: true);
                both = await SaveAsync(page, "/compare?runs=1,2", folder);

                await page.GotoAsync("/papers/stable-diffusion-3/note");
                await page.GetByLabel("Title").FillAsync("Straight paths");
                await page.GetByLabel("Note", new() { Exact = false }).First.FillAsync("The path is $x_t = (1-t)x_0 + t\\epsilon$ <script>document.title='no'</script>.");
                await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
                await page.WaitForURLAsync("**/papers/stable-diffusion-3*");
                paper = await SaveAsync(page, "/papers/stable-diffusion-3", folder);

                await page.GotoAsync("/roundtables/propose");
                await page.GetByLabel("Title").FillAsync("One budget");
                await page.GetByLabel("What will be shown and discussed?").FillAsync("Three networks, one budget.");
                await page.GetByLabel("I will present it myself").CheckAsync();
                await page.GetByRole(AriaRole.Button, new() { Name = "Propose" }).ClickAsync();
                await page.WaitForURLAsync("**/roundtables/one-budget*");
                var room = new Uri(page.Url).AbsolutePath;
                await page.GotoAsync(room + "/live");
                await page.Locator(".room[data-seq]").WaitForAsync();
                await page.GetByRole(AriaRole.Button, new() { Name = "Begin" }).ClickAsync();
                await page.Locator("#question-text").FillAsync("Why v-prediction?");
                await page.Locator("#question-text").PressAsync("Enter");
                await page.Locator("[data-questions] .votes").WaitForAsync();
                talk = await SaveAsync(page, room, folder);

                using var none = await portal.Http.GetAsync(new Uri("/compare/capsule?runs=1,99", UriKind.Relative));
                Assert.Equal(System.Net.HttpStatusCode.NotFound, none.StatusCode);
            }

            var opened = await OpenAsync(run);
            await Assertions.Expect(opened.Locator("h1")).ToHaveTextAsync("#1 First");
            Assert.True(await opened.Locator(".capsule-chart path").CountAsync() >= 3);
            await opened.EvaluateAsync("async () => { const video = document.querySelector('.capsule-clips video'); video.muted = true; await video.play(); }");
            await opened.WaitForFunctionAsync("() => document.querySelector('.capsule-clips video').currentTime > 0.1");
            Assert.StartsWith("metric,step,mean,min,max\n", await File.ReadAllTextAsync(Path.Combine(run, "data", "run-1-metrics.csv")), StringComparison.Ordinal);
            Assert.Contains("name: \"First\"", await File.ReadAllTextAsync(Path.Combine(run, "data", "run-1.yaml")), StringComparison.Ordinal);

            opened = await OpenAsync(both);
            await Assertions.Expect(opened.Locator(".compare-table").First).ToContainTextAsync("Second <b>");
            Assert.Equal(2, await opened.Locator(".capsule-chart").First.Locator("path").CountAsync());

            opened = await OpenAsync(paper);
            await Assertions.Expect(opened.Locator(".note .katex").First).ToBeVisibleAsync();
            Assert.NotEqual("no", await opened.TitleAsync());

            opened = await OpenAsync(talk);
            await Assertions.Expect(opened.Locator("main")).ToContainTextAsync("Why v-prediction?");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Clicks on "Save as a ZIP" and unpacks what comes; the folder with its page.</summary>
    private static async Task<string> SaveAsync(IPage page, string address, DirectoryInfo folder, bool menu = false)
    {
        await page.GotoAsync(address);
        if (menu)
        {
            // The circuit renders the page once more and closes a menu that was opened before; with it come the charts.
            await page.Locator(".run canvas").First.WaitForAsync();
            await page.Locator("details.menu summary", new() { HasText = "More" }).ClickAsync();
        }

        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Save as a ZIP" }).ClickAsync());
        var file = Path.Combine(folder.FullName, download.SuggestedFilename);
        await download.SaveAsAsync(file);
        await ZipFile.ExtractToDirectoryAsync(file, folder.FullName);
        return Path.Combine(folder.FullName, Path.GetFileNameWithoutExtension(file));
    }

    /// <summary>Opens a capsule with the network off; whatever it asks for but its own files fails the test.</summary>
    private async Task<IPage> OpenAsync(string folder)
    {
        var context = await browsing.Browser.NewContextAsync(new() { Offline = true });
        var page = await context.NewPageAsync();
        var wrong = new List<string>();
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(new Uri(folder).AbsoluteUri, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
                wrong.Add(request.Url);
        };
        page.RequestFailed += (_, request) => wrong.Add($"{request.Url} {request.Failure}");
        page.PageError += (_, error) => wrong.Add(error);
        await page.GotoAsync(new Uri(Path.Combine(folder, "index.html")).AbsoluteUri);
        Assert.Empty(wrong);
        Assert.Equal(0, await page.EvaluateAsync<int>("() => [...document.images].filter(image => image.loading !== 'lazy' && image.naturalWidth === 0).length"));
        Assert.NotEqual("rgba(0, 0, 0, 0)", await page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor"));
        return page;
    }
}
