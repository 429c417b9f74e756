using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Jobs.Worker;
using MiniSora.Web.Api;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;
using MiniSora.Web.Tests.Api;
using MiniSora.Web.Workers;

namespace MiniSora.Web.Tests.Workers;

public sealed class WorkerHubTests
{
    [Fact]
    public async Task What_is_sent_twice_is_stored_once_and_what_is_missing_is_asked_for()
    {
        using var portal = new ApiHost();
        await using var line = await ConnectAsync(portal, await portal.TokenAsync("root", [ApiScopes.Worker]));
        var run = await SubmitAsync(portal);
        var grant = (await line.InvokeAsync<WireGrant?>("Claim", run, "gpu-1 cuda:0"))!;

        var first = await ReportAsync(line, grant, 1, 2);
        var gap = await ReportAsync(line, grant, 4);
        var again = await ReportAsync(line, grant, 1, 2, 3, 4);

        Assert.Equal([2, 2, 4], new[] { first, gap, again }.Select(receipt => receipt.LastSeq));
        var history = (await portal.Services.GetRequiredService<MetricReader>().ReadAsync(run, ["loss"], 100, CancellationToken.None))!;
        Assert.Equal([1, 2, 3, 4], history.Series[0].Steps.Concat(history.Series[0].Tail.Steps));
    }

    [Fact]
    public async Task An_attempt_that_was_overtaken_hears_it_at_its_next_word()
    {
        using var portal = new ApiHost();
        await using var line = await ConnectAsync(portal, await portal.TokenAsync("root", [ApiScopes.Worker]));
        var run = await SubmitAsync(portal);
        var grant = (await line.InvokeAsync<WireGrant?>("Claim", run, "gpu-1 cuda:0"))!;
        await portal.Services.GetRequiredService<RunLedger>().AbandonAsync(run, "test", CancellationToken.None);
        var next = (await line.InvokeAsync<WireGrant?>("Claim", run, "gpu-2 cuda:0"))!;

        Assert.Equal(2, next.Attempt);
        Assert.Equal(ReportOutcome.Stale, (await ReportAsync(line, grant, 1)).Outcome);
        Assert.Equal(ReportOutcome.Stale, (await line.InvokeAsync<WirePulse>("Heartbeat", run, grant.Attempt)).Outcome);
        Assert.Equal(ReportOutcome.Accepted, (await line.InvokeAsync<WirePulse>("Heartbeat", run, next.Attempt)).Outcome);
        Assert.Null(await line.InvokeAsync<WireGrant?>("Claim", run, "gpu-3 cuda:0"));
        using var http = await portal.MemberAsync("root", ApiScopes.Worker);
        Assert.Equal(HttpStatusCode.Gone, (await http.GetAsync($"/api/v1/worker/runs/{run}/attempts/1/files/{new string('a', 64)}")).StatusCode);
    }

    [Fact]
    public async Task A_file_comes_in_pieces_goes_on_where_it_broke_off_and_is_listed_when_it_is_whole()
    {
        using var portal = new ApiHost();
        await using var line = await ConnectAsync(portal, await portal.TokenAsync("root", [ApiScopes.Worker]));
        using var http = await portal.MemberAsync("root", ApiScopes.Worker);
        var run = await SubmitAsync(portal);
        var grant = (await line.InvokeAsync<WireGrant?>("Claim", run, "gpu-1 cuda:0"))!;
        byte[] content = [1, 2, 3, 4, 5];
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(content));
        var address = $"/api/v1/worker/runs/{run}/attempts/1/files/{sha256}";

        Assert.Equal(new UploadState(false, 0), await http.GetFromJsonAsync<UploadState>(address));
        Assert.Equal(new UploadState(false, 2), await PutAsync(http, address, 0, content[..2], 5));
        Assert.Equal(new UploadState(false, 2), await PutAsync(http, address, 4, content[4..], 5));
        Assert.Equal(new UploadState(false, 2), await http.GetFromJsonAsync<UploadState>(address));
        Assert.Equal(new UploadState(true, 5), await PutAsync(http, address, 2, content[2..], 5));
        Assert.Equal(content, await http.GetByteArrayAsync($"/api/v1/worker/files/{sha256}"));

        var artifact = new RunArtifact("checkpoint", "checkpoints/step-00000001.safetensors", 5, sha256, 1, 0, null, null) { Seq = 1 };
        var missed = artifact with { Sha256 = new string('b', 64), Step = 2, Seq = 2 };
        await line.InvokeAsync<WireReceipt>("Report", run, 1, new[] { RunEventJson.Write(artifact), RunEventJson.Write(missed) });
        var details = (await portal.Services.GetRequiredService<RunService>().GetAsync(run, MiniSora.Web.Account.Viewer.Visitor, CancellationToken.None))!;
        Assert.Equal(sha256, Assert.Single(details.Artifacts).Sha256);
        Assert.Equal("log.file_missed", Assert.Single(details.Log).Key);

        // The next worker goes on from there.
        await portal.Services.GetRequiredService<RunLedger>().AbandonAsync(run, "test", CancellationToken.None);
        Assert.Equal(new WireCheckpoint(sha256, "step-00000001.safetensors", 1), (await line.InvokeAsync<WireGrant?>("Claim", run, "gpu-2 cuda:0"))!.Checkpoint);
        Assert.Equal(1, grant.Attempt);
    }

    [Fact]
    public async Task A_damaged_file_is_not_taken()
    {
        using var portal = new ApiHost();
        await using var line = await ConnectAsync(portal, await portal.TokenAsync("root", [ApiScopes.Worker]));
        using var http = await portal.MemberAsync("root", ApiScopes.Worker);
        var run = await SubmitAsync(portal);
        await line.InvokeAsync<WireGrant?>("Claim", run, "gpu-1 cuda:0");
        var address = $"/api/v1/worker/runs/{run}/attempts/1/files/{new string('a', 64)}";

        var answer = await http.PutAsync($"{address}?offset=0&length=1", new ByteArrayContent([7]));

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal("upload_damaged", (await answer.Content.ReadFromJsonAsync<ApiProblem>())!.Code);
        Assert.Equal(new UploadState(false, 0), await http.GetFromJsonAsync<UploadState>(address));
    }

    [Fact]
    public async Task A_restart_of_the_portal_leaves_attempts_elsewhere_alone()
    {
        using var portal = new ApiHost();
        await using var line = await ConnectAsync(portal, await portal.TokenAsync("root", [ApiScopes.Worker]));
        var run = await SubmitAsync(portal);
        var grant = (await line.InvokeAsync<WireGrant?>("Claim", run, "gpu-1 cuda:0"))!;

        await portal.Services.GetRequiredService<RunLedger>().RecoverAsync(CancellationToken.None);
        await portal.Services.GetRequiredService<LostSlots>().TakeWorkingAsync(CancellationToken.None);

        Assert.Equal([run], portal.Services.GetRequiredService<RunSlots>().Held);
        Assert.Equal(1, (await ReportAsync(line, grant, 1)).LastSeq);
        await line.InvokeAsync<bool>("End", run, 1, new AttemptEnd(1, "", true));
        Assert.Empty(portal.Services.GetRequiredService<RunSlots>().Held);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("write")]
    public async Task Only_a_worker_comes_in(string? scope)
    {
        using var portal = new ApiHost();
        var error = await Assert.ThrowsAsync<HttpRequestException>(async () => await ConnectAsync(portal, scope is null ? "" : await portal.TokenAsync("root", [scope])));

        Assert.Equal(scope is null ? HttpStatusCode.Unauthorized : HttpStatusCode.Forbidden, error.StatusCode);
    }

    private static async Task<HubConnection> ConnectAsync(ApiHost portal, string token)
    {
        var line = new HubConnectionBuilder().WithUrl(new Uri(portal.Server.BaseAddress, WorkerHubNames.Path), options =>
        {
            options.HttpMessageHandlerFactory = _ => portal.Server.CreateHandler();
            options.Transports = Microsoft.AspNetCore.Http.Connections.HttpTransportType.LongPolling;
            options.AccessTokenProvider = () => Task.FromResult<string?>(token);
        }).Build();
        await line.StartAsync();
        await line.InvokeAsync("Hello", new WorkerHello("gpu-1", "1", [new("cuda:0", "24g")]));
        return line;
    }

    private static async Task<Guid> SubmitAsync(ApiHost portal)
    {
        using var mei = await portal.MemberAsync("mei");
        var answer = await mei.PostAsync("/api/v1/runs", new StringContent(SpecYaml.Write(Backend.Training()), Encoding.UTF8, "application/yaml"));
        return (await answer.Content.ReadFromJsonAsync<ApiRun>())!.Id;
    }

    private static Task<WireReceipt> ReportAsync(HubConnection line, WireGrant grant, params long[] numbers) =>
        line.InvokeAsync<WireReceipt>("Report", grant.RunId, grant.Attempt, numbers.Select(number => RunEventJson.Write(Backend.Step(number, number, 1))).ToArray());

    private static async Task<UploadState?> PutAsync(HttpClient http, string address, long offset, byte[] piece, long length) =>
        await (await http.PutAsync($"{address}?offset={offset}&length={length}", new ByteArrayContent(piece))).Content.ReadFromJsonAsync<UploadState>();
}
