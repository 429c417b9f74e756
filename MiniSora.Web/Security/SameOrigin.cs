namespace MiniSora.Web.Security;

/// <summary>
/// Circuits and hubs take connections only from pages of this site. Browsers send cookies along with a WebSocket opened
/// by any page, and the same-origin policy does not cover WebSockets: the origin has to be looked at here.
/// </summary>
internal static class SameOrigin
{
    public static void UseSameOriginSockets(this WebApplication app) => app.Use((http, next) =>
    {
        var origin = http.Request.Headers.Origin.ToString();
        if (origin.Length > 0 && IsConnection(http.Request.Path)
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Authority == http.Request.Host.Value))
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        }

        return next(http);
    });

    /// <summary>Whether a circuit or a hub answers there.</summary>
    public static bool IsConnection(PathString path) => path.StartsWithSegments("/_blazor") || path.StartsWithSegments("/hubs");
}
