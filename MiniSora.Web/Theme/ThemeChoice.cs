using MiniSora.Web.Security;

namespace MiniSora.Web.Theme;

/// <summary>What the visitor chose: <c>system</c> (default), <c>light</c> or <c>dark</c>; kept in a cookie that scripts may write.</summary>
internal static class ThemeChoice
{
    public const string Cookie = "minisora-theme";

    static readonly string[] Known = ["system", "light", "dark"];

    public static string Read(HttpContext http) =>
        http.Request.Cookies[Cookie] is { } value && Known.Contains(value) ? value : "system";

    /// <summary>The switch without scripts: a link that moves to the next choice and comes back.</summary>
    public static void MapThemeSwitch(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/preferences/theme", (HttpContext http, string? returnUrl) =>
        {
            var next = Known[(Array.IndexOf(Known, Read(http)) + 1) % Known.Length];
            http.Response.Cookies.Append(Cookie, next, new CookieOptions
            {
                MaxAge = TimeSpan.FromDays(365),
                SameSite = SameSiteMode.Lax,
                IsEssential = true,
            });
            return Results.LocalRedirect(LocalUrl.OrHome(returnUrl));
        });
}
