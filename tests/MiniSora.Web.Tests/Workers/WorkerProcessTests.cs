using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using MiniSora.Tests;
using MiniSora.Web.Api;
using MiniSora.Web.Runs;
using MiniSora.Web.Tests.Api;

namespace MiniSora.Web.Tests.Workers;

/// <summary>Real worker processes, a real queue in PostgreSQL, a portal that executes nothing itself.</summary>
[Collection(PostgresTests.Name)]
public sealed class WorkerProcessTests(Postgres postgres)
{
    [Fact]
    public async Task A_killed_worker_costs_one_attempt_and_the_run_goes_on_elsewhere_within_90_seconds_without_a_gap()
    {
        var queue = await postgres.CreateAsync();
        using var portal = new ApiHost(port: 0, settings: ("ConnectionStrings:Jobs", queue));
        using var mei = await portal.MemberAsync("mei");
        var token = await portal.TokenAsync("root", [ApiScopes.Worker]);
        using var first = new WorkerProcess(portal.Address, token, queue, "first");
        var id = await SubmitAsync(mei, steps: 1500);
        await UntilAsync(90, async () => (await GetAsync(mei, id)).Run.Step >= 60, "the first worker did not work", first);

        using var second = new WorkerProcess(portal.Address, token, queue, "second");
        first.Process.Kill();
        var killed = Stopwatch.StartNew();
        await UntilAsync(90, async () => (await GetAsync(mei, id)).Attempts is [.., { Number: 2, Worker: "second cpu" }], "nobody took the run up", second);
        Assert.InRange(killed.Elapsed.TotalSeconds, 0, 90);

        await UntilAsync(180, async () => (await GetAsync(mei, id)).Run.State == "Succeeded", "the run did not end", second);
        var done = await GetAsync(mei, id);
        Assert.Equal(2, done.Attempts.Count);
        Assert.Equal(1500, Assert.Single(done.Artifacts, file => file.Kind == "checkpoint" && file.Step == 1500).Step);
        Assert.Equal(Enumerable.Range(1, 1500).Select(step => (long)step), await LossStepsAsync(mei, id));
    }

    [Fact]
    public async Task A_portal_that_is_away_for_a_while_costs_nothing()
    {
        var queue = await postgres.CreateAsync();
        var (data, port) = (Directory.CreateTempSubdirectory("minisora-away-"), Ports.Free());
        string token, member;
        Guid id;
        WorkerProcess worker;
        using (var portal = new ApiHost(port: port, data: data, settings: ("ConnectionStrings:Jobs", queue)))
        {
            (token, member) = (await portal.TokenAsync("root", [ApiScopes.Worker]), await portal.TokenAsync("mei", [ApiScopes.Read, ApiScopes.Write]));
            using var mei = portal.With(member);
            worker = new WorkerProcess(portal.Address, token, queue, "only");
            id = await SubmitAsync(mei, steps: 700);
            await UntilAsync(90, async () => (await GetAsync(mei, id)).Run.Step >= 30, "the worker did not work", worker);
        }

        using (worker)
        {
            // Its run goes on meanwhile.
            await Task.Delay(TimeSpan.FromSeconds(6));
            using var portal = new ApiHost(port: port, data: data, settings: ("ConnectionStrings:Jobs", queue));
            using var mei = portal.With(member);
            await UntilAsync(180, async () => (await GetAsync(mei, id)).Run.State == "Succeeded", "the run did not end", worker);
            var done = await GetAsync(mei, id);
            Assert.Single(done.Attempts);
            Assert.Equal(Enumerable.Range(1, 700).Select(step => (long)step), await LossStepsAsync(mei, id));
        }

        data.Delete(recursive: true);
    }

    [Fact]
    public async Task A_cancelled_run_leaves_its_worker_and_the_next_one_starts()
    {
        var queue = await postgres.CreateAsync();
        using var portal = new ApiHost(port: 0, settings: ("ConnectionStrings:Jobs", queue));
        using var mei = await portal.MemberAsync("mei");
        using var worker = new WorkerProcess(portal.Address, await portal.TokenAsync("root", [ApiScopes.Worker]), queue, "only");
        var id = await SubmitAsync(mei, steps: 100_000);
        await UntilAsync(90, async () => (await GetAsync(mei, id)).Run.Step >= 10, "the worker did not work", worker);

        await mei.PostAsync($"/api/v1/runs/{id}/cancel", null);
        var next = await SubmitAsync(mei, steps: 3);

        await UntilAsync(20, async () => (await GetAsync(mei, id)).Attempts[0].EndedAt is not null, "the cancelled run's process is still there", worker);
        await UntilAsync(90, async () => (await GetAsync(mei, next)).Run.State == "Succeeded", "the next run did not start", worker);
        // Asked to leave, it leaves.
        worker.Terminate();
        await worker.Process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(0, worker.Process.ExitCode);
    }

    private static async Task<Guid> SubmitAsync(HttpClient member, int steps)
    {
        var yaml = $$"""
            kind: training
            name: "On a worker"
            data: { dataset: shapes, frames: 4, size: 16 }
            codec: { kind: linear, channels: 8 }
            model: { width: 32, depth: 1, heads: 1, patch: 2, text_depth: 0 }
            training: { steps: {{steps}}, batch: 1, warmup_steps: 2, precision: fp32, checkpoint_steps: 200 }
            preview: { prompts: [] }
            """;
        var answer = await member.PostAsync("/api/v1/runs", new StringContent(yaml, Encoding.UTF8, "application/yaml"));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<ApiRun>())!.Id;
    }

    private static async Task<ApiRunDetails> GetAsync(HttpClient member, Guid id) => (await member.GetFromJsonAsync<ApiRunDetails>($"/api/v1/runs/{id}"))!;

    private static async Task<IEnumerable<long>> LossStepsAsync(HttpClient member, Guid id)
    {
        var loss = (await member.GetFromJsonAsync<MetricHistory>($"/api/v1/runs/{id}/metrics?name=loss&buckets=2000"))!.Series.Single();
        return loss.Steps.Concat(loss.Tail.Steps);
    }

    private static async Task UntilAsync(int seconds, Func<Task<bool>> condition, string otherwise, WorkerProcess worker)
    {
        // Patience for a busy machine; what is promised in seconds is measured by the tests themselves.
        for (var patience = Stopwatch.StartNew(); !await condition(); await Task.Delay(200))
            Assert.True(patience.Elapsed.TotalSeconds < 3 * seconds, $"{otherwise} within {seconds} s. The worker said:\n{worker.Output}");
    }
}
