using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace MiniSora.EndToEnd.Tests;

/// <summary>What several journeys do: sign in, submit, wait.</summary>
internal static partial class Journeys
{
    /// <summary>A training run of seconds; longer with more steps (at most 2,000: then a bucket of the history is one step).</summary>
    public static string TinyTraining(string name, int steps, int checkpointSteps = 50) => $$"""
        kind: training
        name: "{{name}}"
        seed: 1
        data: { dataset: shapes, frames: 8, size: 16 }
        codec: { kind: linear, channels: 16 }
        model: { width: 32, depth: 1, heads: 2, patch: 2, text_depth: 0 }
        training: { steps: {{steps}}, batch: 4, warmup_steps: 5, precision: fp32, checkpoint_steps: {{checkpointSteps}} }
        preview:
          every_seconds: 5
          prompts: ["a red circle moves left", "一个红色圆形向左移动"]
          sampler: { steps: 2 }
        """;

    public static async Task SignInAsDemoAsync(IPage page)
    {
        await page.GotoAsync("/");
        await page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("demo member|演示成员") }).First.ClickAsync();
        await page.WaitForURLAsync("**/runs/new**");
        await InteractiveAsync(page);
    }

    /// <summary>A click before the circuit is up would be lost; a person would click again.</summary>
    public static Task InteractiveAsync(IPage page) =>
        page.Locator(".new-run[data-mounted]").WaitForAsync();

    /// <summary>Submits YAML through the form's YAML tab; the run's id.</summary>
    public static async Task<Guid> SubmitYamlAsync(IPage page, string yaml)
    {
        await page.GotoAsync("/runs/new");
        await InteractiveAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "YAML" }).ClickAsync();
        await page.Locator("#yaml").FillAsync(yaml);
        return await SubmitAsync(page);
    }

    public static async Task<Guid> SubmitAsync(IPage page)
    {
        await page.Locator("button.submit").ClickAsync();
        await page.WaitForURLAsync(RunAddress());
        return Guid.Parse(RunAddress().Match(page.Url).Groups[1].Value);
    }

    public static Task StateAsync(IPage page, string state, int seconds = 120) =>
        Assertions.Expect(page.Locator(".run [data-state]").First).ToHaveAttributeAsync("data-state", state, new() { Timeout = seconds * 1000 });

    /// <summary>Steps of the loss stored for a run, in the order of the answer.</summary>
    public static async Task<IReadOnlyList<long>> LossStepsAsync(Portal portal, Guid run)
    {
        using var answer = JsonDocument.Parse(await portal.Http.GetStringAsync(new Uri($"/api/runs/{run}/metrics?name=loss&buckets=2000", UriKind.Relative)));
        var series = answer.RootElement.GetProperty("series");
        return series.GetArrayLength() == 0 ? [] : [.. Steps(series[0]), .. Steps(series[0].GetProperty("tail"))];
    }

    public static async Task<(int ExitCode, string Text)> RunAsync(string program, params string[] arguments)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = Repository.Root,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.StartInfo.Environment.Remove("LC_ALL");
        process.StartInfo.Environment["LANG"] = "C.UTF-8";
        process.Start();
        var text = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, text[0] + text[1]);
    }

    private static List<long> Steps(JsonElement element) => [.. element.GetProperty("steps").EnumerateArray().Select(step => step.GetInt64())];

    [GeneratedRegex("/runs/([0-9a-f]{8}-[0-9a-f-]{27})")]
    private static partial Regex RunAddress();
}
