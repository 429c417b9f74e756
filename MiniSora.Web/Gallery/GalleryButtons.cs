using Microsoft.AspNetCore.Mvc;
using MiniSora.Web.Account;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Gallery;

/// <summary>Buttons of gallery pages that answer with the page again. A form parameter makes the framework check the antiforgery token.</summary>
internal static class GalleryButtons
{
    public static void MapGalleryButtons(this IEndpointRouteBuilder routes)
    {
        var buttons = routes.MapGroup("").RequireAuthorization();
        buttons.MapPost("/gallery/{slug}/mark", async (string slug, [FromForm] string kind, [FromForm] bool on, PostTalk talk, HttpContext http, CancellationToken cancellationToken) =>
            Enum.TryParse<PostMarkKind>(kind, ignoreCase: true, out var mark) && Enum.IsDefined(mark)
                ? Back($"/gallery/{slug}", await talk.MarkAsync(slug, mark, on, Viewer.From(http.User), cancellationToken), "#marks")
                : Results.BadRequest());
        buttons.MapPost("/gallery/{slug}/comments/{id:guid}/remove", async (string slug, Guid id, [FromForm] string? really, PostTalk talk, HttpContext http, CancellationToken cancellationToken) =>
            Back($"/gallery/{slug}", await talk.RemoveCommentAsync(id, Viewer.From(http.User), cancellationToken), "#comments"));
        buttons.MapPost("/gallery/{slug}/collect", async (string slug, [FromForm] string collection, [FromForm] bool on, CollectionService collections, HttpContext http, CancellationToken cancellationToken) =>
            Back($"/gallery/{slug}", await collections.PutAsync(collection, slug, on, Viewer.From(http.User), cancellationToken), "#collect"));
        buttons.MapPost("/collections/{slug}/remove", async (string slug, [FromForm] string? really, CollectionService collections, HttpContext http, CancellationToken cancellationToken) =>
            await collections.RemoveAsync(slug, Viewer.From(http.User), cancellationToken) is null ? Results.LocalRedirect("/gallery") : Results.NotFound());
    }

    // What is not there or not yours is a missing page; anything else is said where the button was.
    private static IResult Back(string page, Refusal? refusal, string place) =>
        refusal is { Code: "not_found" } ? Results.NotFound()
        : Results.LocalRedirect(refusal is null ? page + place : $"{page}?problem={refusal.Code}{place}");
}
