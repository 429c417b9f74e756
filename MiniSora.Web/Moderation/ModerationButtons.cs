using Microsoft.AspNetCore.Mvc;
using MiniSora.Web.Account;

namespace MiniSora.Web.Moderation;

/// <summary>Buttons of the moderators' page. A form parameter makes the framework check the antiforgery token.</summary>
internal static class ModerationButtons
{
    public static void MapModerationButtons(this IEndpointRouteBuilder routes)
    {
        var buttons = routes.MapGroup("/mod").RequireAuthorization(MemberRoles.Moderator);
        buttons.MapPost("/reports/{id:guid}", async (Guid id, [FromForm] bool yes, ModerationService moderation, HttpContext http, CancellationToken cancellationToken) =>
            Back(await moderation.DecideAsync(id, yes, Viewer.From(http.User), cancellationToken)));
        buttons.MapPost("/appeals/{id:guid}", async (Guid id, [FromForm] bool yes, ModerationService moderation, HttpContext http, CancellationToken cancellationToken) =>
            Back(await moderation.AnswerAsync(id, yes, Viewer.From(http.User), cancellationToken)));
    }

    private static IResult Back(Runs.Refusal? refusal) => Results.LocalRedirect(refusal is null ? "/mod" : "/mod?problem=" + refusal.Code);
}
