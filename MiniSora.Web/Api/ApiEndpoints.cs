using System.Security.Claims;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;
using MiniSora.Web.Runs.Sweeps;

namespace MiniSora.Web.Api;

/// <summary>The HTTP API for programs, <c>/api/v1</c>: what a member does on the pages, with a token instead of a cookie.</summary>
internal static class ApiEndpoints
{
    private const long MaxSpecBytes = 1 << 20;

    public static void MapApi(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1");
        var read = Scoped(api.MapGroup(""), ApiScopes.Read);
        var write = Scoped(api.MapGroup(""), ApiScopes.Write);

        Scoped(api.MapGroup(""), null).MapGet("/me", Me).WithTags("me").WithSummary("Who this token speaks for, and what it may do.").Produces<ApiMember>();

        read.MapGet("/runs", ListAsync).WithTags("runs").WithSummary("Runs, the newest first.").Produces<ApiRunPage>();
        read.MapGet("/runs/{run}", GetAsync).WithTags("runs").WithSummary("One run, by its id or its number.").Produces<ApiRunDetails>().Missing();
        read.MapGet("/runs/{run}/spec", SpecAsync).WithTags("runs").WithSummary("The run's immutable spec.").Produces<string>(200, "application/yaml").Missing();
        read.MapGet("/runs/{run}/metrics", MetricsAsync).WithTags("runs").WithSummary("Points of its metrics, decimated to about as many buckets as asked for.").Produces<MetricHistory>().Missing();
        read.MapGet("/runs/{run}/log", LogAsync).WithTags("runs").WithSummary("The newest lines of its log, in the language asked for.").Produces<IReadOnlyList<ApiLogLine>>().Missing();
        read.MapGet("/runs/{run}/events", FollowAsync).WithTags("runs").WithSummary("Its events from a number on, as they happen: server-sent events.").Produces<string>(200, "text/event-stream").Missing();
        read.MapGet("/runs/{run}/artifacts", ArtifactsAsync).WithTags("files").WithSummary("Its files.").Produces<IReadOnlyList<ApiArtifact>>().Missing();
        read.MapGet("/files/{sha256}/{name}", DownloadAsync).WithTags("files").WithSummary("A file by its content. Ranges work.").Produces<byte[]>(200, "application/octet-stream").Missing();

        write.MapPost("/runs", SubmitAsync).WithTags("runs").WithSummary("Submits a run: a JSON body with the spec, or the spec itself as application/yaml.")
            .Accepts<ApiSubmission>("application/json", "application/yaml").Produces<ApiRun>(201).Refused();
        write.MapPost("/runs/check", CheckAsync).WithTags("runs").WithSummary("What a submission would be answered now, and what the run would cost.")
            .Accepts<ApiSubmission>("application/json", "application/yaml").Produces<ApiEstimate>().Refused();
        write.MapPost("/runs/{run}/fork", ForkAsync).WithTags("runs").WithSummary("Submits a training run that starts from a checkpoint of this one, with some settings changed.")
            .Produces<ApiRun>(201).Missing().Refused();
        write.MapPost("/runs/{run}/cancel", (string run, [FromServices] RunService runs, [FromServices] RunReader reader, HttpContext http) => ActAsync(run, runs.CancelAsync, reader, runs, http))
            .WithTags("runs").WithSummary("Gives the run up, whatever it does.").Produces<ApiRun>().Missing().Refused();
        write.MapPost("/runs/{run}/stop", (string run, [FromServices] RunService runs, [FromServices] RunReader reader, HttpContext http) => ActAsync(run, runs.StopAndKeepAsync, reader, runs, http))
            .WithTags("runs").WithSummary("Writes a checkpoint and ends the run as succeeded.").Produces<ApiRun>().Missing().Refused();
        write.MapPost("/runs/{run}/pause", (string run, [FromServices] RunService runs, [FromServices] RunReader reader, HttpContext http) => ActAsync(run, runs.PauseAsync, reader, runs, http))
            .WithTags("runs").WithSummary("Writes a checkpoint and frees the device until the run is resumed.").Produces<ApiRun>().Missing().Refused();
        write.MapPost("/runs/{run}/resume", (string run, [FromServices] RunService runs, [FromServices] RunReader reader, HttpContext http) => ActAsync(run, runs.ResumeAsync, reader, runs, http))
            .WithTags("runs").WithSummary("Puts a paused run, or one that failed after a checkpoint, back into the queue.").Produces<ApiRun>().Missing().Refused();
        write.MapDelete("/runs/{run}", DeleteAsync).WithTags("runs").WithSummary("Removes a run that is over, with its points, log and files.").Produces(204).Missing().Refused();
        write.MapPost("/sweeps", SubmitSweepAsync).WithTags("sweeps").WithSummary("Submits a run for every combination of the values of one to three settings.").Produces<ApiSweep>(201).Refused();
        read.MapGet("/sweeps/{id:long}", SweepAsync).WithTags("sweeps").WithSummary("A grid of runs and what is left of its budget.").Produces<ApiSweep>().Missing();
        write.MapPost("/sweeps/{id:long}/cancel", CancelSweepAsync).WithTags("sweeps").WithSummary("Gives up every run of it that is not over.").Produces<ApiSweep>().Missing().Refused();
        write.MapPost("/uploads/images", UploadAsync).WithTags("files").WithSummary("Stores an image; a sampling spec names it by the hash of the answer.")
            .Accepts<byte[]>("image/png", "image/jpeg", "image/webp").Produces<ImageStored>(201).Refused();
    }

    private static RouteGroupBuilder Scoped(RouteGroupBuilder group, string? scope)
    {
        group.RequireAuthorization(policy =>
        {
            policy.AddAuthenticationSchemes(TokenAuthentication.Name).RequireAuthenticatedUser();
            if (scope is not null)
                policy.RequireClaim(ApiScopes.Claim, scope);
        });
        if (scope is not null)
            group.WithMetadata(new NeededScope(scope));
        return group.WithGroupName("v1");
    }

    private static RouteHandlerBuilder Missing(this RouteHandlerBuilder route) => route.Produces<ApiProblem>(404, "application/problem+json");

    private static RouteHandlerBuilder Refused(this RouteHandlerBuilder route) => route.Produces<ApiProblem>(422, "application/problem+json");

    private static async Task<IResult> Me(ClaimsPrincipal user, ApiTokens tokens, CancellationToken cancellationToken)
    {
        var viewer = Viewer.From(user);
        var token = (await tokens.ListAsync(viewer, cancellationToken)).SingleOrDefault(t => t.Id.ToString() == user.FindFirstValue("token"));
        return token is null
            ? ApiProblems.Of(StatusCodes.Status401Unauthorized, new Refusal("token_invalid"))
            : TypedResults.Ok(new ApiMember(viewer.MemberId!.Value, user.FindFirstValue(MemberClaims.DisplayName) ?? "", token.Name, token.Scopes, token.ExpiresAt));
    }

    private static async Task<IResult> ListAsync(bool? mine, RunKind? kind, RunState? state, string? q, long? before, int? take, RunService runs, HttpContext http)
    {
        var page = await runs.ListAsync(new(mine == true ? Viewer.From(http.User).MemberId : null, kind, state, q, before, take ?? 30), http.RequestAborted);
        return TypedResults.Ok(new ApiRunPage([.. page.Runs.Select(ApiRun.Of)], page.Next));
    }

    private static async Task<IResult> GetAsync(string run, RunReader reader, HttpContext http) =>
        await FindAsync(run, reader, http) is { } details ? TypedResults.Ok(ApiRunDetails.Of(details)) : NotFound();

    private static async Task<IResult> SpecAsync(string run, RunReader reader, HttpContext http) =>
        await FindAsync(run, reader, http) is { } details ? TypedResults.Text(details.SpecYaml, "application/yaml", Encoding.UTF8) : NotFound();

    private static async Task<IResult> MetricsAsync(string run, string[]? name, int? buckets, RunReader reader, MetricReader metrics, HttpContext http) =>
        await reader.IdAsync(run, http.RequestAborted) is { } id && await metrics.ReadAsync(id, name ?? [], buckets ?? 500, http.RequestAborted) is { } history ? TypedResults.Ok(history) : NotFound();

    private static async Task<IResult> LogAsync(string run, RunReader reader, HttpContext http) =>
        await FindAsync(run, reader, http) is { } details
            ? TypedResults.Ok<IReadOnlyList<ApiLogLine>>([.. details.Log.Select(line => new ApiLogLine(line.Seq, line.At, line.Level, RunLogText.Of(line)))])
            : NotFound();

    /// <summary><c>after</c>, or the header <c>Last-Event-ID</c>: the number up to which the client knows everything; 0 for all.</summary>
    private static async Task<IResult> FollowAsync(string run, long? after, RunReader reader, RunFollower follower, HttpContext http)
    {
        var last = long.TryParse(http.Request.Headers["Last-Event-ID"], out var told) ? told : after ?? 0;
        return await reader.IdAsync(run, http.RequestAborted) is { } id && await follower.WriteAsync(id, last, http.Response, http.RequestAborted) ? Results.Empty : NotFound();
    }

    private static async Task<IResult> ArtifactsAsync(string run, RunReader reader, HttpContext http) =>
        await FindAsync(run, reader, http) is { } details ? TypedResults.Ok<IReadOnlyList<ApiArtifact>>([.. details.Artifacts.Select(ApiArtifact.Of)]) : NotFound();

    private static async Task<IResult> DownloadAsync(string sha256, string name, ArtifactStore store, HttpContext http)
    {
        if (await store.HoldAsync(sha256, http.RequestAborted) is not { } held)
            return NotFound();
        http.Response.RegisterForDispose(held);
        var file = new FileInfo(held.Path);
        return TypedResults.PhysicalFile(file.FullName, "application/octet-stream", Path.GetFileName(name), file.LastWriteTimeUtc, new EntityTagHeaderValue($"\"{sha256}\""), enableRangeProcessing: true);
    }

    private static async Task<IResult> SubmitAsync(RunService runs, RunReader reader, HttpContext http)
    {
        if (await ReadAsync(http) is not { } wish)
            return ApiProblems.Of(StatusCodes.Status400BadRequest, new Refusal("bad_request"));
        return await AnswerAsync(await runs.SubmitAsync(wish.Yaml, wish.Origin, Viewer.From(http.User), http.RequestAborted), reader, http);
    }

    private static async Task<IResult> ForkAsync(string run, ApiFork fork, RunService runs, RunReader reader, HttpContext http) =>
        await reader.IdAsync(run, http.RequestAborted) is { } id
            ? await AnswerAsync(await runs.ForkAsync(id, fork.Step, fork.Set ?? [], Viewer.From(http.User), http.RequestAborted), reader, http)
            : NotFound();

    private static async Task<IResult> SubmitSweepAsync(ApiSweepWish wish, SweepService sweeps, HttpContext http)
    {
        if (wish.Spec is null)
            return ApiProblems.Of(StatusCodes.Status400BadRequest, new Refusal("bad_request"));
        var reading = SpecYaml.Read(YamlOf(wish.Spec));
        if (reading.Spec is not { } spec || reading.Problems.Count > 0)
            return ApiProblems.Of([.. reading.Problems.Select(Refusal.Of)]);
        return await sweeps.SubmitAsync(spec, new(wish.Sweep ?? [], wish.BudgetSeconds), new(), Viewer.From(http.User), http.RequestAborted) switch
        {
            SubmittedSweep submitted => await SweepOfAsync(submitted.SweepId, sweeps, http) is { } sweep ? TypedResults.Created($"/api/v1/sweeps/{sweep.Id}", sweep) : NotFound(),
            Refused refused => ApiProblems.Of(refused.Reasons),
            var other => throw new InvalidOperationException($"{other} is no answer."),
        };
    }

    private static async Task<IResult> SweepAsync(long id, SweepService sweeps, HttpContext http) =>
        await SweepOfAsync(id, sweeps, http) is { } sweep ? TypedResults.Ok(sweep) : NotFound();

    private static async Task<IResult> CancelSweepAsync(long id, SweepService sweeps, HttpContext http) =>
        await sweeps.CancelAsync(id, Viewer.From(http.User), http.RequestAborted) is { } refusal ? ApiProblems.Of(refusal) : await SweepAsync(id, sweeps, http);

    private static async Task<ApiSweep?> SweepOfAsync(long id, SweepService sweeps, HttpContext http) =>
        await sweeps.FindAsync(id, Viewer.From(http.User), http.RequestAborted) is { } sweep ? ApiSweep.Of(sweep) : null;

    private static async Task<IResult> AnswerAsync(SubmitResult result, RunReader reader, HttpContext http)
    {
        switch (result)
        {
            case Submitted submitted:
                var run = (await reader.GetAsync(submitted.RunId, Viewer.From(http.User), http.RequestAborted))!;
                return TypedResults.Created($"/api/v1/runs/{submitted.RunId}", ApiRun.Of(run.Summary));
            case Refused refused:
                return ApiProblems.Of(refused.Reasons);
            case var other:
                throw new InvalidOperationException($"{other} is no answer.");
        }
    }

    private static async Task<IResult> CheckAsync(RunService runs, HttpContext http)
    {
        if (await ReadAsync(http) is not { } wish)
            return ApiProblems.Of(StatusCodes.Status400BadRequest, new Refusal("bad_request"));
        var reading = SpecYaml.Read(wish.Yaml);
        if (reading.Spec is not { } spec || reading.Problems.Count > 0)
            return TypedResults.Ok(new ApiEstimate(false, [.. reading.Problems.Select(Refusal.Of).Select(ApiProblems.Reason)], null, null, null));
        var reasons = await runs.CheckAsync(spec, Viewer.From(http.User), http.RequestAborted);
        var context = await runs.ContextAsync(spec, http.RequestAborted);
        var estimate = RunEstimator.Estimate(spec, context.Calibration, context.Source, context.SourceStep);
        return TypedResults.Ok(new ApiEstimate(reasons.Count == 0, [.. reasons.Select(ApiProblems.Reason)], SpecYaml.Write(spec), estimate.MemoryBytes, [estimate.SecondsLow, estimate.SecondsMid, estimate.SecondsHigh]));
    }

    private static async Task<IResult> ActAsync(string run, Func<Guid, Viewer, CancellationToken, Task<Refusal?>> act, RunReader reader, RunService runs, HttpContext http)
    {
        var viewer = Viewer.From(http.User);
        if (await reader.IdAsync(run, http.RequestAborted) is not { } id)
            return NotFound();
        if (await act(id, viewer, http.RequestAborted) is { } refusal)
            return ApiProblems.Of(refusal);
        return await runs.GetAsync(id, viewer, http.RequestAborted) is { } now ? TypedResults.Ok(ApiRun.Of(now.Summary)) : NotFound();
    }

    private static async Task<IResult> DeleteAsync(string run, RunService runs, RunReader reader, HttpContext http)
    {
        if (await reader.IdAsync(run, http.RequestAborted) is not { } id)
            return NotFound();
        return await runs.DeleteAsync(id, Viewer.From(http.User), http.RequestAborted) is { } refusal ? ApiProblems.Of(refusal) : TypedResults.NoContent();
    }

    private static async Task<IResult> UploadAsync(string? name, UploadService uploads, HttpContext http)
    {
        if (http.Request.ContentType?.StartsWith("image/", StringComparison.OrdinalIgnoreCase) != true)
            return ApiProblems.Of(StatusCodes.Status415UnsupportedMediaType, new Refusal("media_type"));
        var result = await uploads.StoreImageAsync(http.Request.Body, name ?? "image", Viewer.From(http.User), http.RequestAborted);
        return result is ImageStored stored ? TypedResults.Created(stored.Url, stored) : ApiProblems.Of(((UploadRefused)result).Reason);
    }

    private static async Task<RunDetails?> FindAsync(string run, RunReader reader, HttpContext http) =>
        await reader.IdAsync(run, http.RequestAborted) is { } id ? await reader.GetAsync(id, Viewer.From(http.User), http.RequestAborted) : null;

    private static IResult NotFound() => ApiProblems.Of(new Refusal("not_found"));

    /// <summary>The document of a submission; null when the body is none.</summary>
    private static async Task<(string Yaml, Origin Origin)?> ReadAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        if (http.Request.ContentLength > MaxSpecBytes)
            throw new BadHttpRequestException("The body is too large.", StatusCodes.Status413PayloadTooLarge);
        var body = await reader.ReadToEndAsync(http.RequestAborted);
        if (http.Request.ContentType?.Contains("json", StringComparison.OrdinalIgnoreCase) != true)
            return (body, new());
        try
        {
            var wish = JsonSerializer.Deserialize<ApiSubmission>(body, LiveJson.Options);
            if (wish?.Spec is null)
                return null;
            return (YamlOf(wish.Spec), new(wish.FromRun, wish.FromPost));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // JSON is YAML: a document sent as an object is read, and complained about, as one.
    private static string YamlOf(JsonNode spec) => spec.GetValueKind() == JsonValueKind.String ? spec.GetValue<string>() : spec.ToJsonString(LiveJson.Options);
}
