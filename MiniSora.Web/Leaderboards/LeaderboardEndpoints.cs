using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using MiniSora.Web.Account;

namespace MiniSora.Web.Leaderboards;

/// <summary>Buttons of an entry's page. A form parameter makes the framework check the antiforgery token.</summary>
internal static class LeaderboardEndpoints
{
    public static void MapEntryChecks(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/leaderboards/entries/{number:long}/check", async (long number, HttpContext http, LeaderboardService boards, [FromForm] string? kind, CancellationToken cancellationToken) =>
        {
            var address = "/leaderboards/entries/" + number.ToString(CultureInfo.InvariantCulture);
            if (!Enum.TryParse<CheckKind>(kind, out var wanted) || !Enum.IsDefined(wanted) || wanted == CheckKind.Arena)
                return Results.BadRequest();
            return await boards.CheckAsync(number, wanted, Viewer.From(http.User), cancellationToken) is EntryRefused refused
                ? Results.LocalRedirect($"{address}?problem={refused.Reasons[0].Code}")
                : Results.LocalRedirect(address);
        });
}
