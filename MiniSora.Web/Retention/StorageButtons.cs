using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Mvc;
using MiniSora.Web.Account;

namespace MiniSora.Web.Retention;

/// <summary>What the page about the room links to: the preview as a file, and the button that calls a clean-up off.</summary>
internal static class StorageButtons
{
    private const string Csv = "/admin/storage/preview.csv";

    public static void MapStorageButtons(this IEndpointRouteBuilder routes)
    {
        var buttons = routes.MapGroup("").RequireAuthorization(MemberRoles.Administrator);
        // A form parameter makes the framework check the antiforgery token.
        buttons.MapPost("/admin/storage/stop", async ([FromForm] Guid id, RetentionService retention, HttpContext http, CancellationToken cancellationToken) =>
            Results.LocalRedirect(await retention.StopAsync(id, Viewer.From(http.User), cancellationToken) is { } refusal ? "/admin/storage?problem=" + refusal.Code : "/admin/storage"));
        buttons.MapGet(Csv, CsvAsync);
    }

    /// <summary>Where the whole preview of a policy is.</summary>
    public static string CsvUrl(RetentionPolicy policy) => string.Create(
        CultureInfo.InvariantCulture, $"{Csv}?last={policy.LastCheckpoints}&best={policy.KeepBest}&every={policy.EverySteps}&videos={policy.VideoDays}&logs={policy.LogDays}");

    private static async Task<IResult> CsvAsync(
        string? last, bool best, string? every, string? videos, string? logs, RetentionService retention, HttpContext http, CancellationToken cancellationToken)
    {
        if (RetentionPolicy.Parse(last, best, every, videos, logs, out _) is not { } policy)
            return Results.BadRequest();
        var plan = await retention.PreviewAsync(policy, Viewer.From(http.User), cancellationToken);
        var lines = new StringBuilder("class,run,file,bytes\r\n");
        foreach (var item in plan.Items)
            lines.Append(CultureInfo.InvariantCulture, $"{item.Class},{item.Run?.Number},{Quoted(item.Name)},{item.Bytes}\r\n");
        return Results.Text(lines.ToString(), "text/csv; charset=utf-8");
    }

    // A name that begins like a formula would be one in a spreadsheet.
    private static string Quoted(string text) => "\"" + (text.Length > 0 && "=+-@".Contains(text[0], StringComparison.Ordinal) ? "'" : "") + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
