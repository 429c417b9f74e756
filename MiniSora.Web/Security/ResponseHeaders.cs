using Microsoft.AspNetCore.Components;

namespace MiniSora.Web.Security;

/// <summary>
/// Headers every answer carries. Scripts only from our own files, never inline. MudBlazor writes style attributes, so
/// interactive pages allow inline styles; static pages do not.
/// </summary>
internal static class ResponseHeaders
{
    const string Shared =
        "default-src 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; script-src 'self'; "
        + "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; font-src 'self'; ";

    public const string StaticPagePolicy = Shared + "style-src 'self'";
    public const string InteractivePagePolicy = Shared + "style-src 'self' 'unsafe-inline'";

    public static void UseResponseHeaders(this WebApplication app) => app.Use((http, next) =>
    {
        http.Response.OnStarting(() =>
        {
            var headers = http.Response.Headers;
            headers["Content-Security-Policy"] = IsInteractive(http.GetEndpoint()) ? InteractivePagePolicy : StaticPagePolicy;
            headers["X-Content-Type-Options"] = "nosniff";
            headers["Referrer-Policy"] = "strict-origin-when-cross-origin";
            headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            return Task.CompletedTask;
        });
        return next(http);
    });

    static bool IsInteractive(Endpoint? endpoint) =>
        endpoint?.Metadata.GetMetadata<Microsoft.AspNetCore.Components.Endpoints.ComponentTypeMetadata>() is not null
        && endpoint.Metadata.GetMetadata<ExcludeFromInteractiveRoutingAttribute>() is null;
}
