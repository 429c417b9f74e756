using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using MiniSora.Web.Account;

namespace MiniSora.Web.Runs.Sweeps;

/// <summary>The buttons of a sweep's page, which is static HTML.</summary>
internal static class SweepButtons
{
    public static void MapSweepButtons(this IEndpointRouteBuilder routes)
    {
        // A form parameter makes the framework check the antiforgery token.
        var buttons = routes.MapGroup("/sweeps/{id:long}").RequireAuthorization();
        buttons.MapPost("/cancel", async (long id, [FromForm] string? sure, SweepService sweeps, HttpContext http) =>
            Back(id, await sweeps.CancelAsync(id, Viewer.From(http.User), http.RequestAborted)));
        buttons.MapPost("/budget", async (long id, [FromForm] string? minutes, SweepService sweeps, HttpContext http) =>
            Back(id, await sweeps.SetBudgetAsync(id, SecondsOf(minutes), Viewer.From(http.User), http.RequestAborted)));
    }

    /// <summary>Minutes as typed; null when empty, not a number when they are none.</summary>
    public static double? SecondsOf(string? minutes) => string.IsNullOrWhiteSpace(minutes) ? null
        : double.TryParse(minutes, NumberStyles.Float, CultureInfo.CurrentCulture, out var value) ? value * 60 : double.NaN;

    private static IResult Back(long id, Refusal? refusal) =>
        Results.LocalRedirect(string.Create(CultureInfo.InvariantCulture, $"/compare?sweep={id}{(refusal is null ? "" : "&problem=" + refusal.Code)}"));
}
