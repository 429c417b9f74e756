using System.Globalization;
using Microsoft.AspNetCore.Localization;
using MiniSora.Web.Security;

namespace MiniSora.Web.Localization;

/// <summary>The two languages of the portal and how a visitor moves between them.</summary>
internal static class Cultures
{
    public const string English = "en";
    public const string Chinese = "zh-CN";

    public static readonly IReadOnlyList<CultureInfo> All = [new(English), new(Chinese)];

    public static bool IsChinese => CultureInfo.CurrentUICulture.TwoLetterISOLanguageName == "zh";

    /// <summary>Cookie first, then what the browser asks for; any Chinese becomes zh-CN.</summary>
    public static IServiceCollection AddPortalLanguages(this IServiceCollection services)
    {
        services.AddLocalization();
        services.Configure<RequestLocalizationOptions>(options =>
        {
            options.DefaultRequestCulture = new RequestCulture(English);
            options.SupportedCultures = [.. All];
            options.SupportedUICultures = [.. All];
            options.RequestCultureProviders =
            [
                new CookieRequestCultureProvider(),
                new CustomRequestCultureProvider(http => Task.FromResult<ProviderCultureResult?>(FromBrowser(http))),
            ];
        });
        return services;
    }

    static ProviderCultureResult? FromBrowser(HttpContext http)
    {
        var wanted = http.Request.GetTypedHeaders().AcceptLanguage
            .OrderByDescending(language => language.Quality ?? 1)
            .Select(language => language.Value.ToString())
            .FirstOrDefault(language => language.StartsWith("zh", StringComparison.OrdinalIgnoreCase)
                || language.StartsWith("en", StringComparison.OrdinalIgnoreCase));
        return wanted is null ? null : new ProviderCultureResult(wanted.StartsWith("zh", StringComparison.OrdinalIgnoreCase) ? Chinese : English);
    }

    /// <summary>The language switch: a plain link, so that it works without scripts and reloads the page for circuits too.</summary>
    public static void MapLanguageSwitch(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/preferences/language", (HttpContext http, string? culture, string? returnUrl) =>
        {
            if (All.Any(known => known.Name == culture))
            {
                http.Response.Cookies.Append(
                    CookieRequestCultureProvider.DefaultCookieName,
                    CookieRequestCultureProvider.MakeCookieValue(new RequestCulture(culture!)),
                    new CookieOptions { MaxAge = TimeSpan.FromDays(365), SameSite = SameSiteMode.Lax, IsEssential = true });
            }

            return Results.LocalRedirect(LocalUrl.OrHome(returnUrl));
        });
}
