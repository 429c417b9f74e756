using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Api;

namespace MiniSora.Web.Tests.Api;

public sealed class ApiTests
{
    private static readonly string Spec = SpecYaml.Write(Backend.Training("By token"));

    [Fact]
    public async Task A_run_is_submitted_listed_found_by_its_number_and_cancelled()
    {
        using var portal = new ApiHost();
        using var mei = await portal.MemberAsync("mei");

        var made = await mei.PostAsync("/api/v1/runs", Yaml(Spec));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var run = (await made.Content.ReadFromJsonAsync<ApiRun>())!;
        Assert.Equal($"/api/v1/runs/{run.Id}", made.Headers.Location!.OriginalString);
        Assert.Equal(("By token", "Training", "Queued", "mei", 1L), (run.Name, run.Kind, run.State, run.Owner, run.Number));

        var page = (await mei.GetFromJsonAsync<ApiRunPage>("/api/v1/runs?mine=true&state=Queued"))!;
        Assert.Equal(run.Id, Assert.Single(page.Runs).Id);
        Assert.Equal($"/runs/{run.Id}", (await mei.GetAsync("/runs/1")).Headers.Location?.OriginalString);
        Assert.Equal(HttpStatusCode.NotFound, (await mei.GetAsync("/runs/2")).StatusCode);
        var details = (await mei.GetFromJsonAsync<ApiRunDetails>("/api/v1/runs/1"))!;
        Assert.Equal(Spec, details.Spec);
        Assert.Equal(["cancel"], details.Can);
        Assert.Equal(Spec, await mei.GetStringAsync($"/api/v1/runs/{run.Id}/spec"));

        var cancelled = await (await mei.PostAsync("/api/v1/runs/1/cancel", null)).Content.ReadFromJsonAsync<ApiRun>();
        Assert.Equal("Cancelled", cancelled!.State);
        Assert.Equal((HttpStatusCode.Conflict, "run_over"), await ProblemAsync(await mei.PostAsync("/api/v1/runs/1/cancel", null)));
        Assert.Equal(HttpStatusCode.NoContent, (await mei.DeleteAsync("/api/v1/runs/1")).StatusCode);
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), await ProblemAsync(await mei.GetAsync("/api/v1/runs/1")));
    }

    [Fact]
    public async Task A_spec_may_be_sent_as_json_too()
    {
        using var portal = new ApiHost();
        using var mei = await portal.MemberAsync("mei");

        var answer = await mei.PostAsJsonAsync("/api/v1/runs", new { spec = new { kind = "training", name = "As JSON", training = new { steps = 7 } } });

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(7, (await answer.Content.ReadFromJsonAsync<ApiRun>())!.TotalSteps);
    }

    [Fact]
    public async Task A_refusal_has_every_reason_with_its_code_field_and_sentence_in_the_language_asked_for()
    {
        using var portal = new ApiHost();
        var token = await portal.TokenAsync("mei", [ApiScopes.Write]);
        using var mei = portal.With(token, "zh-CN");

        var answer = await mei.PostAsync("/api/v1/runs", Yaml("kind: training\nname: x\ntraining:\n  steps: 0\n  batch: 0\n"));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        var problem = (await answer.Content.ReadFromJsonAsync<ApiProblem>())!;
        Assert.Equal(["training.batch", "training.steps"], problem.Reasons.Select(reason => reason.Path).Order());
        Assert.All(problem.Reasons, reason => Assert.StartsWith("spec.", reason.Code, StringComparison.Ordinal));
        Assert.All(problem.Reasons, reason => Assert.Matches(@"\p{IsCJKUnifiedIdeographs}", reason.Message));
        Assert.Equal(422, problem.Status);
    }

    [Fact]
    public async Task A_check_says_what_a_submission_would_and_what_it_would_cost_and_submits_nothing()
    {
        using var portal = new ApiHost();
        using var mei = await portal.MemberAsync("mei");

        var good = (await (await mei.PostAsync("/api/v1/runs/check", Yaml(Spec))).Content.ReadFromJsonAsync<ApiEstimate>())!;
        var bad = (await (await mei.PostAsync("/api/v1/runs/check", Yaml("kind: training\nnmae: x\n"))).Content.ReadFromJsonAsync<ApiEstimate>())!;

        Assert.True(good.Ok && good.MemoryBytes > 0 && good.Seconds is [> 0, > 0, > 0]);
        Assert.Equal((false, "spec.unknown_key"), (bad.Ok, bad.Reasons[0].Code));
        Assert.Empty((await mei.GetFromJsonAsync<ApiRunPage>("/api/v1/runs"))!.Runs);
    }

    [Theory]
    [InlineData(null, HttpStatusCode.Unauthorized, "token_missing")]
    [InlineData("msr_nobody", HttpStatusCode.Unauthorized, "token_invalid")]
    [InlineData("@read", HttpStatusCode.Forbidden, "scope_missing")]
    [InlineData("@expired", HttpStatusCode.Unauthorized, "token_expired")]
    [InlineData("@revoked", HttpStatusCode.Unauthorized, "token_invalid")]
    public async Task A_token_that_may_not_says_why(string? token, HttpStatusCode status, string code)
    {
        using var portal = new ApiHost();
        if (token == "@read")
            token = await portal.TokenAsync("mei", [ApiScopes.Read]);
        else if (token == "@expired")
            token = await portal.TokenAsync("mei", ApiScopes.All.Take(2).ToList(), TimeSpan.FromTicks(1));
        else if (token == "@revoked")
        {
            token = await portal.TokenAsync("mei", [ApiScopes.Write]);
            var (tokens, viewer) = (portal.Services.GetRequiredService<ApiTokens>(), await portal.ViewerAsync("mei"));
            Assert.Null(await tokens.RevokeAsync((await tokens.ListAsync(viewer, CancellationToken.None))[0].Id, viewer, CancellationToken.None));
        }

        using var client = token is null ? portal.CreateClient() : portal.With(token);

        var answer = await client.PostAsync("/api/v1/runs", Yaml(Spec));

        Assert.Equal((status, code), await ProblemAsync(answer));
        Assert.StartsWith("Bearer", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Somebody_elses_run_can_be_read_and_not_steered()
    {
        using var portal = new ApiHost();
        using var mei = await portal.MemberAsync("mei");
        using var tom = await portal.MemberAsync("tom");
        await mei.PostAsync("/api/v1/runs", Yaml(Spec));

        Assert.Empty((await tom.GetFromJsonAsync<ApiRunDetails>("/api/v1/runs/1"))!.Can);
        foreach (var what in new[] { "cancel", "stop", "pause", "resume" })
            Assert.Equal((HttpStatusCode.NotFound, "not_found"), await ProblemAsync(await tom.PostAsync("/api/v1/runs/1/" + what, null)));
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), await ProblemAsync(await tom.DeleteAsync("/api/v1/runs/1")));
    }

    [Theory]
    [InlineData("GET", "/api/v1/no-such-thing", HttpStatusCode.NotFound, "not_found")]
    [InlineData("GET", "/api/v1/runs/12", HttpStatusCode.NotFound, "not_found")]
    [InlineData("PUT", "/api/v1/runs", HttpStatusCode.MethodNotAllowed, "method_not_allowed")]
    [InlineData("GET", "/api/v1/runs?take=many", HttpStatusCode.BadRequest, "bad_request")]
    [InlineData("GET", "/api/v1/files/zz/x", HttpStatusCode.NotFound, "not_found")]
    public async Task Every_refusal_is_a_problem_document(string method, string address, HttpStatusCode status, string code)
    {
        using var portal = new ApiHost();
        using var mei = await portal.MemberAsync("mei");
        using var request = new HttpRequestMessage(new(method), address);

        Assert.Equal((status, code), await ProblemAsync(await mei.SendAsync(request)));
    }

    [Fact]
    public async Task Events_are_followed_from_a_number_on_without_gap_or_doubling_until_the_run_is_over()
    {
        using var portal = new ApiHost();
        using var mei = await portal.MemberAsync("mei");
        var run = (await (await mei.PostAsync("/api/v1/runs", Yaml(Spec))).Content.ReadFromJsonAsync<ApiRun>())!;
        var ledger = portal.Services.GetRequiredService<IRunLedger>();
        var grant = (await ledger.ClaimAsync(run.Id, "test", CancellationToken.None))!;
        await ledger.ReportAsync(run.Id, grant.Attempt, [Backend.Step(1, 1, 0.5)], CancellationToken.None);

        using var stream = await mei.GetStreamAsync($"/api/v1/runs/{run.Id}/events?after=1");
        using var reader = new StreamReader(stream);
        var heard = new List<string>();
        var listening = Task.Run(async () =>
        {
            while (await reader.ReadLineAsync() is { } line)
                heard.Add(line);
        });
        await ledger.ReportAsync(run.Id, grant.Attempt, [new RunLog("info", "in English", "log.checkpoint", new Dictionary<string, string> { ["step"] = "2", ["size"] = "1" }) { Seq = 2 }, new RunFinished("completed", 1, 1, 1, 1) { Seq = 3 }], CancellationToken.None);
        await ledger.EndAsync(run.Id, grant.Attempt, new(0, "", false), CancellationToken.None);
        await listening.WaitAsync(TimeSpan.FromSeconds(30));

        var ids = heard.Where(line => line.StartsWith("id: ", StringComparison.Ordinal)).Select(line => long.Parse(line[4..], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(Enumerable.Range(2, ids.Count).Select(id => (long)id), ids);
        Assert.Equal(["state", "step", "log", "finished", "state", "end"], heard.Where(line => line.StartsWith("event: ", StringComparison.Ordinal)).Select(line => line[7..]));
    }

    [Fact]
    public async Task A_file_is_downloaded_in_ranges()
    {
        using var portal = new ApiHost();
        using var mei = await portal.MemberAsync("mei");
        var store = portal.Services.GetRequiredService<Web.Artifacts.ArtifactStore>();
        var stored = await store.WriteAsync(new MemoryStream([1, 2, 3, 4]), CancellationToken.None);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/files/{stored.Sha256}/a.bin") { Headers = { Range = new(2, null) } };

        var answer = await mei.SendAsync(request);

        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal([3, 4], await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task The_description_names_every_address_and_how_to_sign_in()
    {
        using var portal = new ApiHost();

        using var document = JsonDocument.Parse(await portal.CreateClient().GetStringAsync("/openapi/v1.json"));

        var paths = document.RootElement.GetProperty("paths").EnumerateObject().Select(path => path.Name).ToList();
        Assert.Contains("/api/v1/runs/{run}/events", paths);
        Assert.All(paths, path => Assert.StartsWith("/api/v1/", path, StringComparison.Ordinal));
        Assert.Equal("bearer", document.RootElement.GetProperty("components").GetProperty("securitySchemes").GetProperty("token").GetProperty("scheme").GetString());
        Assert.True(document.RootElement.GetProperty("paths").GetProperty("/api/v1/runs").GetProperty("post").GetProperty("responses").TryGetProperty("422", out _));
    }

    private static StringContent Yaml(string text) => new(text, Encoding.UTF8, "application/yaml");

    private static async Task<(HttpStatusCode, string)> ProblemAsync(HttpResponseMessage answer)
    {
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<ApiProblem>())!.Code);
    }
}
