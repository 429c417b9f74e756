using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using MiniSora.Tests;

namespace MiniSora.EndToEnd.Tests;

/// <summary>Pulling plugs: what was stored stays, what was running goes on.</summary>
public sealed class FaultTests(Browsing browsing) : IClassFixture<Browsing>, IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browsing.CloseAllAsync();

    [Fact]
    public async Task A_killed_portal_leaves_no_orphan_and_continues_the_run_when_started_again()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var page = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(page);
        var run = await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("Survivor", 1500));
        await WaitForStepsAsync(portal, run, 60);

        await portal.PullThePlugAsync();
        await UntilAsync(TimeSpan.FromSeconds(20), () => portal.RunProcesses().Count == 0, "the run process outlived the portal");

        await portal.StartAsync();
        // The page heals by itself and follows the run to its end.
        await Journeys.StateAsync(page, "Succeeded", seconds: 240);
        var steps = await Journeys.LossStepsAsync(portal, run);
        Assert.Equal(Enumerable.Range(1, 1500).Select(step => (long)step), steps);
    }

    [Fact]
    public async Task A_killed_run_process_costs_one_attempt()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var page = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(page);
        var run = await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("Shot", 1200));
        await WaitForStepsAsync(portal, run, 60);

        foreach (var pid in portal.RunProcesses())
        {
            Portal.Signal(pid, 9);
        }
        await Journeys.StateAsync(page, "Succeeded", seconds: 240);
        Assert.Equal(Enumerable.Range(1, 1200).Select(step => (long)step), await Journeys.LossStepsAsync(portal, run));
        await page.GetByRole(AriaRole.Button, new() { Name = "History" }).ClickAsync();
        await Assertions.Expect(page.Locator(".run table tbody tr")).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task A_run_is_paused_resumed_and_cancelled_before_the_eyes_of_a_second_browser()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var page = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(page);
        var run = await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("Given up", 100_000));
        await WaitForStepsAsync(portal, run, 10);

        // Paused and resumed first; another browser, in another language, follows without a reload.
        var visitor = await browsing.OpenAsync(portal, "zh-CN");
        await visitor.GotoAsync($"/runs/{run}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).First.ClickAsync();
        await Journeys.StateAsync(page, "Paused", seconds: 40);
        await Journeys.StateAsync(visitor, "Paused", seconds: 10);
        await Assertions.Expect(visitor.Locator("[data-log]")).ToContainTextAsync(new Regex("已写入第 .* 步的检查点"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).First.ClickAsync();
        await Journeys.StateAsync(visitor, "Running", seconds: 20);
        var seen = visitor.Locator("[data-live=step]").First;
        var before = await seen.InnerTextAsync();
        await Assertions.Expect(seen).Not.ToHaveTextAsync(before, new() { Timeout = 60_000 });

        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Cancel the run" }).ClickAsync();
        await Journeys.StateAsync(page, "Cancelled", seconds: 15);
        await UntilAsync(TimeSpan.FromSeconds(20), () => portal.RunProcesses().Count == 0, "the cancelled run's process is still there");
    }

    [RootFact]
    public async Task A_full_disk_ends_the_run_with_its_reason_and_it_resumes_from_its_checkpoint_once_there_is_room()
    {
        await using var portal = new Portal();
        portal.Settings["Runs__MinFreeBytes"] = "1048576";
        Assert.Equal(0, (await Journeys.RunAsync("mount", "-t", "tmpfs", "-o", "size=90m", "tmpfs", portal.DataFolder)).ExitCode);
        try
        {
            await portal.StartAsync();
            var page = await browsing.OpenAsync(portal, "zh-CN");
            await Journeys.SignInAsDemoAsync(page);
            var run = await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("Full", 20_000));
            await WaitForStepsAsync(portal, run, 60);

            // Everything but what the portal keeps back for itself.
            var filler = Path.Combine(portal.DataFolder, "filler");
            await Journeys.RunAsync("dd", "if=/dev/zero", $"of={filler}", "bs=4k");
            await Journeys.StateAsync(page, "Failed", seconds: 90);
            await Assertions.Expect(page.Locator(".failure")).ToContainTextAsync("磁盘已满");
            await page.GotoAsync("/gallery");
            await Assertions.Expect(page.Locator("main")).ToBeVisibleAsync();

            File.Delete(filler);
            await page.GotoAsync($"/runs/{run}");
            // A click before the circuit is up is lost; a person would click again.
            var resume = page.GetByRole(AriaRole.Button, new() { Name = "继续", Exact = true }).First;
            await UntilAsync(TimeSpan.FromSeconds(60), async () =>
            {
                if (await resume.IsVisibleAsync())
                {
                    await resume.ClickAsync();
                }
                await Task.Delay(1000);
                return await page.Locator(".run [data-state]").First.GetAttributeAsync("data-state") != "Failed";
            }, "the failed run was not resumed");
            await Journeys.StateAsync(page, "Running", seconds: 30);
            await Assertions.Expect(page.Locator("[data-log]")).ToContainTextAsync("步继续", new() { Timeout = 60_000 });
            await page.GetByRole(AriaRole.Button, new() { Name = "停止并保留" }).First.ClickAsync();
            await Journeys.StateAsync(page, "Succeeded", seconds: 60);
            var steps = await Journeys.LossStepsAsync(portal, run);
            Assert.Equal(steps.Order().Distinct(), steps);
        }
        finally
        {
            await portal.StopAsync();
            await Journeys.RunAsync("umount", "-l", portal.DataFolder);
        }
    }

    [Fact]
    public async Task A_second_portal_on_the_same_data_says_who_holds_it()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var output = new StringBuilder();
        using var second = Portal.Start(Repository.Root, "bash", ["start.sh", "--port", $"{Portal.FreePort()}", "--data", portal.DataFolder, "--offline"], output);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await second.WaitForExitAsync(limit.Token);
        Assert.NotEqual(0, second.ExitCode);
        Assert.Contains(portal.DataFolder, output.ToString(), StringComparison.Ordinal);
        Assert.Contains($"{portal.ProcessId}", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_reason_is_shown_at_once_and_nothing_typed_is_lost()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var page = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(page);
        await page.Locator("[data-path=name]").FillAsync("Broken in three places");
        await page.Locator("[data-path='training.steps']").FillAsync("0");
        await page.Locator("[data-path='training.batch']").FillAsync("many");
        await page.Locator("[data-path='data.size']").FillAsync("33");
        await page.Locator("button.submit").ClickAsync();
        foreach (var path in new[] { "training.steps", "training.batch", "data.size" })
        {
            await Assertions.Expect(page.Locator($"[data-path='{path}']")).ToHaveAttributeAsync("aria-invalid", "true");
        }
        Assert.EndsWith("/runs/new", new Uri(page.Url).AbsolutePath, StringComparison.Ordinal);

        await page.ReloadAsync();
        await Journeys.InteractiveAsync(page);
        await Assertions.Expect(page.Locator("[data-path=name]")).ToHaveValueAsync("Broken in three places");
        await Assertions.Expect(page.Locator("[data-path='training.batch']")).ToHaveValueAsync("many");

        // As a document, and in Chinese: a misspelt key, a dataset that is none, an empty prompt, and a batch that no machine holds.
        var chinese = await browsing.OpenAsync(portal, "zh-CN");
        await Journeys.SignInAsDemoAsync(chinese);
        await chinese.GetByRole(AriaRole.Button, new() { Name = "YAML" }).ClickAsync();
        var yaml = Journeys.TinyTraining("Broken", 10);
        await chinese.Locator("#yaml").FillAsync(yaml.Replace("steps: 10,", "stepz: 10,", StringComparison.Ordinal));
        var problems = chinese.Locator("#problems");
        await Assertions.Expect(problems).ToContainTextAsync("training.steps");
        await chinese.Locator("button.submit").ClickAsync();
        await Assertions.Expect(problems).ToContainTextAsync(new Regex("第 .* 行"));
        await chinese.Locator("#yaml").FillAsync(yaml
            .Replace("dataset: shapes", "dataset: nowhere", StringComparison.Ordinal).Replace("\"一个红色圆形向左移动\"", "\"\"", StringComparison.Ordinal)
            .Replace("batch: 4", "batch: 4096", StringComparison.Ordinal).Replace("size: 16", "size: 256", StringComparison.Ordinal));
        await chinese.Locator("button.submit").ClickAsync();
        await Assertions.Expect(problems).ToContainTextAsync("没有名为“nowhere”的数据集");
        await Assertions.Expect(problems).ToContainTextAsync("提示词为空");
        await Assertions.Expect(problems).ToContainTextAsync(new Regex("4096.*GiB"));
        Assert.EndsWith("/runs/new", new Uri(chinese.Url).AbsolutePath, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_ffmpeg_training_goes_on_and_what_needs_it_says_so()
    {
        await using var portal = new Portal();
        portal.Settings["MINISORA_FFMPEG"] = Path.Combine(portal.DataFolder, "nowhere");
        await portal.StartAsync();
        var page = await browsing.OpenAsync(portal, "zh-CN");
        await Journeys.SignInAsDemoAsync(page);
        await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("No videos", 20));
        await Journeys.StateAsync(page, "Succeeded");
        await Assertions.Expect(page.Locator("[data-log]")).ToContainTextAsync("预览已关闭：找不到 ffmpeg");

        await page.GetByRole(AriaRole.Link, new() { Name = "从此检查点采样" }).First.ClickAsync();
        await Journeys.InteractiveAsync(page);
        await page.Locator("[data-path=task]").SelectOptionAsync("edit");
        await page.Locator("[data-video-upload='input.video']").SetInputFilesAsync(new FilePayload { Name = "a.mp4", MimeType = "video/mp4", Buffer = new byte[100] });
        await Assertions.Expect(page.Locator(".field:has([data-video-upload]) .field-problem")).ToContainTextAsync("没有安装 ffmpeg");
        await page.Locator("[data-path=task]").SelectOptionAsync("text_to_video");
        await page.Locator("[data-path=prompt]").FillAsync("一个红色圆形向左移动");
        await Journeys.SubmitAsync(page);
        await Journeys.StateAsync(page, "Failed");
        await Assertions.Expect(page.Locator(".failure")).ToContainTextAsync("找不到 ffmpeg");
        await page.GotoAsync("/gallery");
        await Assertions.Expect(page.Locator("main")).ToBeVisibleAsync();
    }

    private static Task WaitForStepsAsync(Portal portal, Guid run, int steps) =>
        UntilAsync(TimeSpan.FromSeconds(90), async () => (await Journeys.LossStepsAsync(portal, run)).Count >= steps, $"the run did not reach step {steps}");

    private static Task UntilAsync(TimeSpan patience, Func<bool> condition, string otherwise) =>
        UntilAsync(patience, () => Task.FromResult(condition()), otherwise);

    private static async Task UntilAsync(TimeSpan patience, Func<Task<bool>> condition, string otherwise)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < patience, otherwise);
            await Task.Delay(200);
        }
    }
}
