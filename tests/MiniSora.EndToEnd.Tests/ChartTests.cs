using Microsoft.Playwright;

namespace MiniSora.EndToEnd.Tests;

/// <summary>The charts' scripts in a browser, without a portal.</summary>
public sealed class ChartTests(Browsing browsing) : IClassFixture<Browsing>, IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browsing.CloseAllAsync();

    // uPlot's own numbers for a logarithmic axis never ended for one run in fifty: the page froze.
    [Theory]
    [InlineData(0.1049, 0.287)]
    [InlineData(10.2, 30)]
    [InlineData(9.6e-5, 4)]
    [InlineData(0.12, 0.12)]
    [InlineData(1e-9, 1e9)]
    [InlineData(970, 1030)]
    public async Task A_logarithmic_chart_is_drawn_whatever_its_values_are(double low, double high)
    {
        var page = await OpenAsync();
        var drawing = page.EvaluateAsync<bool>(
            """
            async ([low, high]) => {
              const { Chart } = await import("/js/runs/chart.js");
              const { Series } = await import("/js/runs/series.js");
              const series = new Series();
              series.add([1, 2, 3], [high, Math.sqrt(low * high), low]);
              const host = document.createElement("div"), readout = document.createElement("p");
              host.style.cssText = "width: 600px; height: 300px";
              document.body.append(host, readout);
              const chart = new Chart(host, readout, series, { name: "loss", label: "Loss", smoothing: 0, logarithmic: true, texts: { step: "Step", raw: "raw", smoothed: "smoothed", noPoints: "none" } });
              await chart.rebuild();
              return host.querySelector("canvas") !== null && readout.textContent.startsWith("Step 3");
            }
            """, new[] { low, high });
        Assert.True(await drawing.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_earlier_runs_were_lies_behind_the_curve_and_is_read_out(bool logarithmic)
    {
        var page = await OpenAsync();
        var drawn = await page.EvaluateAsync<string>(
            """
            async logarithmic => {
              const { Chart } = await import("/js/runs/chart.js");
              const { Series } = await import("/js/runs/series.js");
              const series = new Series();
              series.add([1, 50, 100], [0.9, 0.9, 0.1]);
              const host = document.createElement("div"), readout = document.createElement("p");
              host.style.cssText = "width: 600px; height: 300px; --muted: #888888";
              document.body.append(host, readout);
              const chart = new Chart(host, readout, series, { name: "loss", label: "Loss", smoothing: 0, logarithmic, texts: { step: "Step", raw: "raw", smoothed: "smoothed", noPoints: "none", earlier: "earlier" } });
              await chart.rebuild();
              // Half way along, low above the axis: nothing is drawn there but the band.
              const spot = () => { const canvas = host.querySelector("canvas"); return canvas.getContext("2d").getImageData(Math.round(canvas.width * 0.47), Math.round(canvas.height * 0.66), 1, 1).data[3]; };
              await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
              const before = spot();
              chart.band = { steps: [2, 98], low: [0.11, 0.11], high: [0.5, 0.4] };
              for (let frame = 0; frame < 200 && spot() === 0; frame++) await new Promise(requestAnimationFrame);
              return `${before} ${spot() > 0} ${readout.textContent}`;
            }
            """, logarithmic);
        Assert.Equal("0 true Step 100 · 0.1000 · earlier 0.1100 – 0.4000", drawn);
    }

    [Theory]
    [InlineData(0.1049, 0.287)]
    public async Task A_curve_on_the_stage_of_a_roundtable_is_drawn_whatever_its_values_are(double low, double high)
    {
        var page = await OpenAsync();
        await page.RouteAsync("**/api/runs/*/metrics*", route => route.FulfillAsync(new()
        {
            ContentType = "application/json",
            Body = System.Text.Json.JsonSerializer.Serialize(new
            {
                step = 3,
                totalSteps = 3,
                series = new[] { new { name = "loss", steps = new[] { 1 }, mean = new[] { high }, tail = new { steps = new[] { 2, 3 }, values = new[] { (low + high) / 2, low } } } },
            }),
        }));
        var drawing = page.EvaluateAsync<bool>(
            """
            async () => {
              const { Scene } = await import("/js/roundtables/scene.js");
              const host = document.createElement("div");
              host.style.width = "600px";
              document.body.append(host);
              new Scene(host, key => key).show({ kind: "run", runId: "1", metric: "loss" });
              while (!host.querySelector("canvas") || !host.textContent.startsWith("Stage.Step 3")) await new Promise(r => setTimeout(r, 50));
              return true;
            }
            """);
        Assert.True(await drawing.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_logarithmic_axis_has_a_few_round_numbers_over_every_range()
    {
        var page = await OpenAsync();
        var wrong = await page.EvaluateAsync<string[]>(
            """
            async () => {
              const { logTicks } = await import("/js/runs/ticks.js");
              const wrong = [];
              let state = 1;
              const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
              for (let i = 0; i < 5000; i++) {
                const low = 10 ** (random() * 24 - 12), high = low * 10 ** (random() ** 4 * 12 + 0.01), most = 3 + Math.floor(random() * 8);
                const ticks = logTicks(low, high, most);
                const good = ticks.length >= 2 && ticks.length <= Math.max(most, 7) && ticks.every((tick, j) => tick >= low && tick <= high && (j === 0 || tick > ticks[j - 1]));
                if (!good) wrong.push(`${low} to ${high}, at most ${most}: ${ticks.join(" ")}`);
              }
              return wrong.slice(0, 5);
            }
            """).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    /// <summary>An empty page beside the site's static files.</summary>
    private async Task<IPage> OpenAsync()
    {
        var page = await (await browsing.Browser.NewContextAsync()).NewPageAsync();
        await page.RouteAsync("**/*", route =>
        {
            var path = new Uri(route.Request.Url).AbsolutePath;
            return path == "/"
                ? route.FulfillAsync(new() { ContentType = "text/html", Body = "<!doctype html><title>Charts</title>" })
                : route.FulfillAsync(new() { Path = Path.Combine(Repository.Root, "wwwroot", path.TrimStart('/')) });
        });
        await page.GotoAsync("http://charts.test/");
        return page;
    }
}
