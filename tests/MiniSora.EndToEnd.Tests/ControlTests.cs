using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace MiniSora.EndToEnd.Tests;

/// <summary>What a member does with a run that has checkpoints besides waiting for it.</summary>
public sealed class ControlTests(Browsing browsing) : IClassFixture<Browsing>, IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browsing.CloseAllAsync();

    [Fact]
    public async Task A_member_forks_a_run_from_a_step_with_a_lower_rate_after_seeing_what_is_different()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var page = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(page);
        var parent = await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("Parent", 60, checkpointSteps: 40));
        await Journeys.StateAsync(page, "Succeeded");

        await page.GetByRole(AriaRole.Link, new() { Name = "Fork from checkpoint" }).First.ClickAsync();
        await page.WaitForURLAsync("**/runs/new?from=fork:*");
        await Journeys.InteractiveAsync(page);
        var difference = page.Locator(".difference");
        await Assertions.Expect(difference).ToContainTextAsync("Starts from step 60 of");
        await Assertions.Expect(difference).ToContainTextAsync("No setting is changed so far.");

        // An earlier step, everything carried over, a lower rate; and first a width that does not fit.
        var start = page.Locator("[data-path='start.checkpoint']");
        await start.SelectOptionAsync(new SelectOptionValue { Label = await start.Locator("option", new() { HasTextRegex = new Regex("step 40") }).First.InnerTextAsync() });
        await page.Locator("[data-path='start.carry']").SelectOptionAsync("everything");
        await page.Locator("[data-path='model.width']").FillAsync("64");
        await page.Locator("[data-path='training.learning_rate']").FillAsync("2e-4");
        await Assertions.Expect(difference).ToContainTextAsync("Starts from step 40 of");
        await Assertions.Expect(page.Locator(".field", new() { Has = page.Locator("[data-path='model.width']") }).Locator(".field-problem")).ToContainTextAsync("trained with 32");
        await page.Locator("[data-path='model.width']").FillAsync("32");
        await Assertions.Expect(difference.Locator("[data-difference]")).ToHaveCountAsync(1);
        await Assertions.Expect(difference.Locator("[data-difference='training.learning_rate']")).ToContainTextAsync(new Regex(@"0\.001.*0\.0002", RegexOptions.Singleline));
        var child = await Journeys.SubmitAsync(page);
        await Journeys.StateAsync(page, "Succeeded");
        await Assertions.Expect(page.Locator(".facts")).ToContainTextAsync("Parent · step 40");
        Assert.Equal(Enumerable.Range(41, 20).Select(step => (long)step), await Journeys.LossStepsAsync(portal, child));

        await page.GotoAsync($"/runs/{parent}");
        await Journeys.StateAsync(page, "Succeeded");
        for (var i = 0; i < 20 && await page.Locator(".children li").CountAsync() == 0; i++)
        {
            // A click before the circuit is up is lost; a person would click again.
            await page.GetByRole(AriaRole.Button, new() { Name = "History" }).ClickAsync();
            await page.WaitForTimeoutAsync(500);
        }
        await Assertions.Expect(page.Locator(".children li")).ToContainTextAsync("forked at step 40");

        var complaints = await Look.AtAsync(browsing, portal, async look =>
        {
            await Journeys.SignInAsDemoAsync(look.Page);
            await look.VisitAsync("fork", $"/runs/new?from=run:{child}", ".difference");
            await Journeys.InteractiveAsync(look.Page);
            await look.Page.Locator("[data-path='training.batch']").FillAsync("2");
            await look.Page.Locator("[data-difference='training.batch']").WaitForAsync();
            await look.HereAsync("fork-changed");
            await look.VisitAsync("fork-run", $"/runs/{child}", ".facts");
        });
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }

    [Fact]
    public async Task A_run_that_is_killed_again_and_again_offers_half_the_clips_in_a_form_that_is_looked_at_before_anything_starts()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var page = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(page);
        var run = await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("Too large", 100_000, checkpointSteps: 100_000));
        var state = page.Locator(".run [data-state]").First;
        var causes = new List<string>();
        for (var look = 0; look < 300 && await state.GetAttributeAsync("data-state") != "Failed"; look++)
        {
            // What the system does when memory runs out.
            foreach (var pid in portal.RunProcesses())
            {
                Portal.Signal(pid, 9);
            }
            if (await page.Locator(".causes").CountAsync() > 0)
            {
                causes.AddRange(await page.Locator(".causes li").AllInnerTextsAsync());
            }
            await Task.Delay(500);
        }
        await Assertions.Expect(page.Locator("[data-failure-class]")).ToHaveTextAsync("Out of memory");
        Assert.Contains(causes, cause => cause.Contains("it is tried again in", StringComparison.Ordinal));

        await page.Locator(".failure .button-primary").ClickAsync();
        await page.WaitForURLAsync("**/runs/new?from=retry:*");
        await Journeys.InteractiveAsync(page);
        // The step's clips stay; they are taken in two parts.
        await Assertions.Expect(page.Locator("[data-path='training.batch']")).ToHaveValueAsync("4");
        await Assertions.Expect(page.Locator(".difference [data-difference='training.accumulation']")).ToContainTextAsync(new Regex("1.*2", RegexOptions.Singleline));

        var complaints = await Look.AtAsync(browsing, portal, async look =>
        {
            await Journeys.SignInAsDemoAsync(look.Page);
            await look.VisitAsync("run-failed", $"/runs/{run}", ".failure");
            await look.VisitAsync("retry", $"/runs/new?from=retry:{run}", ".difference");
        });
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }

    [Fact]
    public async Task A_visitor_ticks_two_runs_with_the_keyboard_and_sees_what_differs_and_their_losses_over_each_other()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var page = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(page);
        await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("Slow rate", 60));
        await Journeys.StateAsync(page, "Succeeded");
        await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("High rate", 60).Replace("batch: 4", "batch: 8, learning_rate: 3e-3", StringComparison.Ordinal));
        await Journeys.StateAsync(page, "Succeeded");

        var visitor = await browsing.OpenAsync(portal);
        await visitor.GotoAsync("/runs");
        await visitor.Locator(".runs-pick").Nth(1).WaitForAsync();
        var bar = visitor.Locator(".compare-bar");
        for (var i = 0; i < 20 && await bar.CountAsync() == 0; i++)
        {
            // A key before the circuit is up is lost; a person would press again.
            await visitor.Locator(".runs-pick").Nth(1).FocusAsync();
            await visitor.Keyboard.PressAsync("Space");
            await visitor.WaitForTimeoutAsync(500);
        }
        await visitor.Locator(".runs-pick").Nth(0).FocusAsync();
        await visitor.Keyboard.PressAsync("Space");
        await Assertions.Expect(bar).ToContainTextAsync("2 of at most 12 picked");
        await bar.GetByRole(AriaRole.Link, new() { Name = "Compare" }).FocusAsync();
        await visitor.Keyboard.PressAsync("Enter");
        await visitor.WaitForURLAsync("**/compare?runs=1,2");

        var settings = visitor.Locator(".compare-settings tbody tr");
        await Assertions.Expect(settings.Locator("visible=true")).ToHaveCountAsync(2);
        await Assertions.Expect(visitor.Locator("[data-row='training.learning_rate']")).ToContainTextAsync(new Regex(@"0\.001.*0\.003", RegexOptions.Singleline));
        await visitor.Locator("#only-differing").FocusAsync();
        await visitor.Keyboard.PressAsync("Space");
        Assert.True(await settings.Locator("visible=true").CountAsync() > 20);

        var loss = visitor.Locator("[data-metric=loss]");
        await loss.ScrollIntoViewIfNeededAsync();
        await Assertions.Expect(loss.Locator("[data-plot]")).ToHaveAttributeAsync("data-lines", "2");
        await Assertions.Expect(loss.Locator("[data-readout]")).ToContainTextAsync(new Regex(@"#1 \d\.\d+#2 \d\.\d+"));
        await visitor.Locator("[data-axis]").SelectOptionAsync("clips");
        await loss.Locator("summary").ClickAsync();
        await Assertions.Expect(loss.Locator("tbody tr").Last).ToContainTextAsync(new Regex(@"^60"));
        await visitor.Locator("[data-line='1']").UncheckAsync();
        await Assertions.Expect(loss.Locator("[data-plot]")).ToHaveAttributeAsync("data-lines", "1");

        var complaints = await Look.AtAsync(browsing, portal, async look =>
        {
            await look.VisitAsync("compare-none", "/compare");
            await look.VisitAsync("compare-one", "/compare?runs=1", ".compare-add");
            await look.VisitAsync("compare", "/compare?runs=2,1,77", ".compare-table");
            await look.Page.Locator("[data-metric=loss]").ScrollIntoViewIfNeededAsync();
            await look.Page.Locator("[data-metric=loss][data-metric] canvas").WaitForAsync();
            await look.HereAsync("compare-charts");
            await look.Page.Locator("[data-run-clips]").First.ScrollIntoViewIfNeededAsync();
            await look.HereAsync("compare-clips");
            await Journeys.SignInAsDemoAsync(look.Page);
            await look.VisitAsync("runs-ticks", "/runs", ".runs-pick");
        });
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }

    [Fact]
    public async Task A_member_tries_two_rates_at_two_sizes_within_a_budget_compares_them_on_one_page_and_cancels_the_rest()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var page = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(page);
        var basis = await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("Grid", 40));
        await Journeys.StateAsync(page, "Succeeded");

        await page.GotoAsync($"/runs/new?from=run:{basis}");
        await Journeys.InteractiveAsync(page);
        await FillSweepAsync(page);
        await page.Locator("[data-sweep-values='1']").FillAsync("4, many");
        await Assertions.Expect(page.Locator(".sweep-row").Nth(1).Locator(".field-problem")).ToContainTextAsync("many");
        await page.Locator("[data-sweep-values='1']").FillAsync("4, 8");
        await Assertions.Expect(page.Locator("[data-sweep-estimate]")).ToContainTextAsync("4 runs");
        await Assertions.Expect(page.Locator("button.submit")).ToContainTextAsync("Submit 4 runs");
        await page.Locator("#field-sweep-budget").FillAsync("0.001");
        await Assertions.Expect(page.Locator(".sweep-budget .field-problem")).ToContainTextAsync("one run alone");
        await page.Locator("#field-sweep-budget").FillAsync("60");
        await Assertions.Expect(page.Locator(".sweep-budget .field-problem")).ToHaveCountAsync(0);
        await page.Locator("button.submit").ClickAsync();
        await page.WaitForURLAsync("**/compare?sweep=1");
        await Assertions.Expect(page.Locator(".compared li")).ToHaveCountAsync(4);
        await Assertions.Expect(page.Locator(".compare-settings tbody tr.differs")).ToHaveCountAsync(2);

        await page.Locator(".sweep-cancel summary").ClickAsync();
        await page.Locator(".sweep-cancel button").ClickAsync();
        await page.WaitForURLAsync("**/compare?sweep=1");
        await Assertions.Expect(page.Locator(".sweep-actions")).ToHaveCountAsync(0);
        await Assertions.Expect(page.Locator("[data-state=Queued], [data-state=Running]")).ToHaveCountAsync(0);

        // A second one of long runs, whose budget lets only one of them work.
        await page.GotoAsync($"/runs/new?from=run:{basis}");
        await Journeys.InteractiveAsync(page);
        await page.Locator("[data-path='training.steps']").FillAsync("50000");
        await FillSweepAsync(page);
        await Assertions.Expect(page.Locator("button.submit")).ToContainTextAsync("Submit 4 runs");
        await page.Locator("button.submit").ClickAsync();
        await page.WaitForURLAsync("**/compare?sweep=2");
        await page.Locator("#sweep-budget").FillAsync("1");
        await page.Locator(".sweep-actions form").First.Locator("button").ClickAsync();
        await Assertions.Expect(page.Locator(".sweep-head .notice")).ToContainTextAsync("do not fit");
        await page.GotoAsync("/queue");
        await Assertions.Expect(page.Locator(".causes").First).ToContainTextAsync("budget of its sweep");
        // A running run and a place in the queue are the most that the bar has to hold.
        await page.Locator(".run-chip + .queue-chip").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        Assert.Empty(await Look.AtBarAsync(page));
        await page.SetViewportSizeAsync(1280, 900);

        var complaints = await Look.AtAsync(browsing, portal, async look =>
        {
            await Journeys.SignInAsDemoAsync(look.Page);
            await look.VisitAsync("sweep", "/compare?sweep=2", ".sweep-head");
            await look.VisitAsync("sweep-refused", "/compare?sweep=2&problem=sweep_budget", ".sweep-head");
            await look.VisitAsync("sweep-gone", "/compare?sweep=77");
            await look.VisitAsync("sweep-queue", "/queue", ".causes");
            await look.VisitAsync("sweep-run", $"/runs/new?from=run:{basis}", ".sweep");
            await Journeys.InteractiveAsync(look.Page);
            await FillSweepAsync(look.Page);
            await look.Page.Locator("[data-sweep-values='1']").FillAsync("x, 8");
            await look.Page.Locator(".sweep-row .field-problem").First.WaitForAsync();
            await look.Page.Locator(".sweep").ScrollIntoViewIfNeededAsync();
            await look.HereAsync("sweep-form");
        });
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));

        // It takes far longer than was expected: when the minute is over it leaves with its checkpoint and waits like the others.
        await page.GotoAsync("/compare?sweep=2");
        for (var look = 0; look < 120 && await page.Locator("[data-state=Running]").CountAsync() > 0; look++)
        {
            await Task.Delay(1000);
            await page.ReloadAsync();
        }
        await Assertions.Expect(page.Locator(".compared [data-state=Queued]")).ToHaveCountAsync(4);
        await Assertions.Expect(page.Locator(".sweep-head .notice")).ToContainTextAsync("4 of its runs");
        await page.Locator(".sweep-cancel summary").ClickAsync();
        await page.Locator(".sweep-cancel button").ClickAsync();
        await Assertions.Expect(page.Locator(".sweep-actions")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_prompt_taken_at_a_live_roundtable_is_sampled_while_a_long_training_makes_room_and_goes_on()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        var page = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(page);
        await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("For the stage", 20));
        await Journeys.StateAsync(page, "Succeeded");
        var training = await Journeys.SubmitYamlAsync(page, Journeys.TinyTraining("Long", 100_000, checkpointSteps: 100_000));

        var presenter = await browsing.OpenAsync(portal);
        await Journeys.SignInAsDemoAsync(presenter);
        await presenter.GotoAsync("/roundtables/propose");
        await presenter.GetByLabel("Title").FillAsync("Prompts of the audience");
        await presenter.GetByLabel("What will be shown and discussed?").FillAsync("One network, your words.");
        await presenter.GetByLabel("I will present it myself").CheckAsync();
        await presenter.GetByRole(AriaRole.Button, new() { Name = "Propose" }).ClickAsync();
        await presenter.WaitForURLAsync("**/roundtables/prompts-of*");
        var room = new Uri(presenter.Url).AbsolutePath;
        await presenter.GetByText("Change links and checkpoint").ClickAsync();
        await presenter.Locator("[name=checkpoint]").SelectOptionAsync(new SelectOptionValue { Index = 1 });
        await presenter.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await presenter.WaitForURLAsync("**" + room + "**");
        await presenter.GotoAsync(room + "/live");
        await presenter.Locator(".room[data-seq]").WaitForAsync();
        await presenter.GetByRole(AriaRole.Button, new() { Name = "Begin" }).ClickAsync();
        await presenter.Locator("#prompt-text").FillAsync("a red circle moves left");
        await presenter.Locator("#prompt-text").PressAsync("Enter");
        await Assertions.Expect(page.Locator("[data-live=step]").First).ToHaveTextAsync(new Regex("[1-9]"), new() { Timeout = 60_000 });

        await presenter.GetByRole(AriaRole.Button, new() { Name = "Run this now" }).ClickAsync();
        await Assertions.Expect(page.Locator(".run [data-state]").First).ToContainTextAsync("Making room", new() { Timeout = 10_000 });
        await Journeys.StateAsync(page, "Queued", 30);
        await Assertions.Expect(presenter.Locator(".stage-clips video")).ToHaveCountAsync(1, new() { Timeout = 60_000 });

        await Journeys.StateAsync(page, "Running", 30);
        await Assertions.Expect(page.Locator("[data-log]")).ToContainTextAsync(new Regex("[Cc]ontinu.* step"), new() { Timeout = 30_000 });
        var before = (await Journeys.LossStepsAsync(portal, training))[^1];
        await Assertions.Expect(page.Locator("[data-live=step]").First).Not.ToHaveTextAsync(await page.Locator("[data-live=step]").First.InnerTextAsync(), new() { Timeout = 30_000 });
        var steps = await Journeys.LossStepsAsync(portal, training);
        // Not how many: a long history is thinned.
        Assert.True(steps[^1] >= before);
        Assert.Equal(steps.Order().Distinct(), steps);
    }

    /// <summary>Two rates and two sizes.</summary>
    private static async Task FillSweepAsync(IPage page)
    {
        await page.Locator(".sweep summary").ClickAsync();
        await page.Locator("[data-sweep-add]").ClickAsync();
        await page.Locator("[data-sweep-values='0']").FillAsync("1e-3, 3e-3");
        await page.Locator("[data-sweep-add]").ClickAsync();
        await page.Locator("[data-sweep-path='1']").SelectOptionAsync("training.batch");
        await page.Locator("[data-sweep-values='1']").FillAsync("4, 8");
    }
}
