namespace MiniSora.Web.Account.Leaving;

/// <summary>The archive of one's own data.</summary>
internal static class MemberDataEndpoints
{
    public static void MapMemberData(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/me/export", async (MemberData data, HttpContext http, CancellationToken cancellationToken) =>
            Viewer.From(http.User).MemberId is { } member
                ? Results.File(await data.ExportAsync(member, cancellationToken), "application/zip", "minisora-my-data.zip")
                : Results.NotFound()).RequireAuthorization();
}
