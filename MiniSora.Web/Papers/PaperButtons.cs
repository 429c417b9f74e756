using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using MiniSora.Web.Account;
using MiniSora.Web.Runs;
using MiniSora.Web.Security;

namespace MiniSora.Web.Papers;

/// <summary>Buttons of the papers' pages that answer with the page again. A form parameter makes the framework check the antiforgery token.</summary>
internal static class PaperButtons
{
    public static void MapPaperButtons(this IEndpointRouteBuilder routes)
    {
        var buttons = routes.MapGroup("/papers").RequireAuthorization();
        buttons.MapPost("/{slug}/present", async (string slug, [FromForm] bool on, PaperService papers, HttpContext http, CancellationToken cancellationToken) =>
            Back("/papers/" + slug, await papers.PresentAsync(slug, on, Viewer.From(http.User), cancellationToken)));
        buttons.MapPost("/{slug}/admit", async (string slug, [FromForm] bool yes, PaperService papers, HttpContext http, CancellationToken cancellationToken) =>
            Back("/papers/" + slug, await papers.AdmitAsync(slug, yes, Viewer.From(http.User), cancellationToken)));
        buttons.MapPost("/{slug}/plan", async (string slug, [FromForm] PaperState state, [FromForm] string? week, PaperService papers, HttpContext http, CancellationToken cancellationToken) =>
            Back("/papers/" + slug, await papers.PlanAsync(
                slug, state, DateOnly.TryParseExact(week, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null, Viewer.From(http.User), cancellationToken)));
        buttons.MapPost("/{slug}/links", async (string slug, [FromForm] PaperLinkKind kind, [FromForm] string? label, [FromForm] string? url, PaperService papers, HttpContext http, CancellationToken cancellationToken) =>
            Back("/papers/" + slug, await papers.LinkAsync(slug, kind, label ?? "", url ?? "", Viewer.From(http.User), cancellationToken)));
        buttons.MapPost("/{slug}/notes/{id:guid}/remove", async (string slug, Guid id, [FromForm] string? really, PaperService papers, HttpContext http, CancellationToken cancellationToken) =>
            Back("/papers/" + slug, await papers.RemoveNoteAsync(id, Viewer.From(http.User), cancellationToken)));
        buttons.MapPost("/claims/{id:guid}/own", async (Guid id, [FromForm] bool on, [FromForm] string? back, PaperService papers, HttpContext http, CancellationToken cancellationToken) =>
            Back(LocalUrl.OrHome(back), await papers.OwnClaimAsync(id, on, Viewer.From(http.User), cancellationToken)));
        buttons.MapPost("/claims/{id:guid}/next", async (Guid id, [FromForm] string? next, [FromForm] string? cost, [FromForm] string? back, PaperService papers, HttpContext http, CancellationToken cancellationToken) =>
            Back(LocalUrl.OrHome(back), await papers.NextStepAsync(id, next ?? "", cost ?? "", Viewer.From(http.User), cancellationToken)));
        buttons.MapPost("/claims/{id:guid}/confirm", async (Guid id, [FromForm] string? value, [FromForm] string? run, [FromForm] string? back, PaperService papers, HttpContext http, CancellationToken cancellationToken) =>
            Back(LocalUrl.OrHome(back), await papers.ConfirmAsync(
                id, double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN, Guid.TryParse(run, out var runId) ? runId : Guid.Empty, Viewer.From(http.User), cancellationToken)));
    }

    // What is not there or not yours is a missing page; anything else is said where the button was.
    private static IResult Back(string page, Refusal? refusal) =>
        refusal is { Code: "not_found" } ? Results.NotFound()
        : Results.LocalRedirect(refusal is null ? page : $"{page}?problem={refusal.Code}");
}
