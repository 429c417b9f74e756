using System.Diagnostics;
using System.Text;
using Microsoft.Playwright;

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
    public async Task A_cancelled_run_ends_within_two_seconds_and_its_process_leaves()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var page = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(page);
        var run = await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("Given up", 100_000));
        await WaitForStepsAsync(portal, run, 10);

        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Cancel the run" }).ClickAsync();
        await Journeys.StateAsync(page, "Cancelled", seconds: 15);
        await UntilAsync(TimeSpan.FromSeconds(20), () => portal.RunProcesses().Count == 0, "the cancelled run's process is still there");
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
