using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Api;

/// <summary>One reason of a refusal.</summary>
/// <param name="Code">Stable; the same in every language.</param>
/// <param name="Message">A sentence in the language asked for.</param>
/// <param name="Path">Field of the spec, e.g. <c>training.steps</c>; null when it is about none.</param>
/// <param name="Line">Line of the document, from 1; null when it is about none.</param>
/// <param name="Arguments">What the sentence is made of.</param>
public sealed record ApiReason(string Code, string Message, string? Path, int? Line, IReadOnlyDictionary<string, string> Arguments);

/// <summary>Every answer that is not a success, as RFC 9457 says, with all reasons at once.</summary>
/// <param name="Type">A name of the kind of problem; <c>docs/api.md</c> explains every code.</param>
/// <param name="Title">What is wrong, in the language asked for.</param>
/// <param name="Status">As the answer's.</param>
/// <param name="Code">The first reason's code.</param>
/// <param name="Detail">All reasons as one text.</param>
/// <param name="Reasons">Each with its code.</param>
public sealed record ApiProblem(string Type, string Title, int Status, string Code, string Detail, IReadOnlyList<ApiReason> Reasons);

/// <summary>Turns refusals into problem documents.</summary>
internal static class ApiProblems
{
    private const string ContentType = "application/problem+json";

    public static IResult Of(params IReadOnlyList<Refusal> reasons) => Of(StatusOf(reasons[0].Code), reasons);

    public static IResult Of(int status, params IReadOnlyList<Refusal> reasons) => TypedResults.Json(Document(status, reasons), LiveJson.Options, ContentType, status);

    public static Task WriteAsync(HttpContext http, int status, params IReadOnlyList<Refusal> reasons)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(Document(status, reasons), LiveJson.Options, ContentType, http.RequestAborted);
    }

    public static ApiReason Reason(Refusal refusal) =>
        new(refusal.Code, RefusalTexts.Of(refusal), refusal.Path.Length == 0 ? null : refusal.Path, refusal.Line, refusal.Arguments);

    /// <summary>Answers below <c>/api/v1</c> that the framework would leave empty get a document too: unknown address, wrong method, body that cannot be read, too many requests.</summary>
    public static void UseApiProblems(this WebApplication app) => app.UseWhen(http => http.Request.Path.StartsWithSegments("/api/v1"), api => api.Use(async (http, next) =>
    {
        await next(http);
        if (http.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null, ContentType: null })
            await WriteAsync(http, http.Response.StatusCode, new Refusal(CodeOf(http.Response.StatusCode), ("method", http.Request.Method), ("path", http.Request.Path)));
    }));

    private static ApiProblem Document(int status, IReadOnlyList<Refusal> reasons)
    {
        var shown = reasons.Select(Reason).ToList();
        var title = reasons.Count == 1 ? shown[0].Message : RefusalTexts.Of(new("api_refused", ("count", reasons.Count.ToString(CultureInfo.InvariantCulture))));
        var detail = string.Join('\n', shown.Select(reason => reason.Path is null ? reason.Message : $"{reason.Path}: {reason.Message}"));
        return new($"urn:minisora:problem:{reasons[0].Code}", title, status, reasons[0].Code, detail, shown);
    }

    private static int StatusOf(string code) => code switch
    {
        "not_found" or "origin_unknown" or "video_unknown" => StatusCodes.Status404NotFound,
        "run_over" or "not_running" or "not_paused" or "run_not_over" or "run_busy" => StatusCodes.Status409Conflict,
        "too_fast" => StatusCodes.Status429TooManyRequests,
        "upload_too_large" => StatusCodes.Status413PayloadTooLarge,
        _ => StatusCodes.Status422UnprocessableEntity,
    };

    private static string CodeOf(int status) => status switch
    {
        StatusCodes.Status404NotFound => "not_found",
        StatusCodes.Status405MethodNotAllowed => "method_not_allowed",
        StatusCodes.Status413PayloadTooLarge => "body_too_large",
        StatusCodes.Status415UnsupportedMediaType => "media_type",
        StatusCodes.Status429TooManyRequests => "too_many_requests",
        >= 500 => "software",
        _ => "bad_request",
    };
}

/// <summary>A fault of ours below <c>/api</c> is a problem document, not the page for people; the log has the details.</summary>
internal sealed class ApiFaults : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        // By now the request's own path is that of the page for people.
        var path = new PathString(httpContext.Features.Get<IExceptionHandlerPathFeature>()?.Path ?? httpContext.Request.Path);
        var file = exception is BucketAwayException && (path.StartsWithSegments("/files") || path.StartsWithSegments("/api"));
        if (!file && !path.StartsWithSegments("/api/v1"))
            return false;
        if (exception is BucketAwayException)
        {
            httpContext.Response.Headers.RetryAfter = "10";
            await ApiProblems.WriteAsync(httpContext, StatusCodes.Status503ServiceUnavailable, new Refusal("files_away"));
            return true;
        }

        var bad = exception as BadHttpRequestException;
        await ApiProblems.WriteAsync(httpContext, bad?.StatusCode ?? StatusCodes.Status500InternalServerError, new Refusal(bad is null ? "software" : "bad_request"));
        return true;
    }
}
