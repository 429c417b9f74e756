using Microsoft.AspNetCore.Diagnostics;

namespace MiniSora.Web.Errors;

/// <summary>Pages for people when something is missing or broken; programs (API, files, hubs) get bare status codes.</summary>
internal static class ErrorPages
{
    public const string Broken = "/error";
    public const string Missing = "/not-found";

    public static void UseErrorPages(this WebApplication app)
    {
        app.UseExceptionHandler(Broken, createScopeForErrors: true);
        app.UseStatusCodePagesWithReExecute(Missing, createScopeForStatusCodePages: true);
        app.Use((http, next) =>
        {
            if (http.Features.Get<IStatusCodePagesFeature>() is { } pages && !IsForPeople(http.Request))
                pages.Enabled = false;

            return next(http);
        });
    }

    static bool IsForPeople(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && !ProgramPaths.Any(path => request.Path.StartsWithSegments(path));

    static readonly string[] ProgramPaths = ["/api", "/files", "/hubs", "/_blazor", "/_framework", "/_content"];
}
