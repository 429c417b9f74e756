using Microsoft.AspNetCore.Diagnostics;
using MiniSora.Web.Artifacts;

namespace MiniSora.Web.Errors;

/// <summary>Pages for people when something is missing or broken; programs (API, files, hubs) get bare status codes.</summary>
internal static class ErrorPages
{
    public const string Broken = "/error";
    public const string Missing = "/not-found";
    public const string TooOften = "/account/login?problem=too_often";

    public static void UseErrorPages(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandlingPath = Broken,
            CreateScopeForErrors = true,
            StatusCodeSelector = error => error is BucketAwayException ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status500InternalServerError,
        });
        app.UseStatusCodePagesWithReExecute(Missing, createScopeForStatusCodePages: true);
        app.Use(async (http, next) =>
        {
            if (http.Features.Get<IStatusCodePagesFeature>() is { } pages && !IsForPeople(http.Request))
                pages.Enabled = false;

            await next(http);

            // A form that was sent too often gets its answer where the person looks, not on a blank page.
            if (http.Response is { StatusCode: StatusCodes.Status429TooManyRequests, HasStarted: false } response && http.Request.Path.StartsWithSegments("/account"))
                response.Redirect(TooOften);
        });
    }

    static bool IsForPeople(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && !ProgramPaths.Any(path => request.Path.StartsWithSegments(path));

    static readonly string[] ProgramPaths = ["/api", "/files", "/hubs", "/_blazor", "/_framework", "/_content"];
}
