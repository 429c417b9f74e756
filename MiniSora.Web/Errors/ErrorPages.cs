namespace MiniSora.Web.Errors;

/// <summary>Pages for people when something is missing or broken; programs (API, files, hubs) get bare status codes.</summary>
internal static class ErrorPages
{
    public const string Broken = "/error";
    public const string Missing = "/not-found";

    public static void UseErrorPages(this WebApplication app)
    {
        app.UseExceptionHandler(Broken, createScopeForErrors: true);
        app.UseWhen(http => IsForPeople(http.Request), branch => branch.UseStatusCodePagesWithReExecute(Missing, createScopeForStatusCodePages: true));
    }

    // A refused form is re-executed as a GET-like render only for pages; a script asking for JSON wants no HTML.
    static bool IsForPeople(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && !request.Path.StartsWithSegments("/api") && !request.Path.StartsWithSegments("/files")
        && !request.Path.StartsWithSegments("/hubs") && !request.Path.StartsWithSegments("/_blazor")
        && !request.Path.StartsWithSegments("/_framework");
}
