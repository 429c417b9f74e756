using Microsoft.AspNetCore.Mvc;
using MiniSora.Web.Account;

namespace MiniSora.Web.Arena;

/// <summary>The arena's buttons. A form parameter makes the framework check the antiforgery token.</summary>
internal static class ArenaEndpoints
{
    public static void MapArenaVote(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/arena/vote", async (HttpContext http, ArenaService arena, [FromForm] string? token, [FromForm] string? choice, CancellationToken cancellationToken) =>
        {
            var refusal = await arena.VoteAsync(token, choice, Viewer.From(http.User), cancellationToken);
            return Results.LocalRedirect(refusal is null ? "/arena?shown=" + Uri.EscapeDataString(token!) : "/arena?problem=" + refusal.Code);
        });
}
