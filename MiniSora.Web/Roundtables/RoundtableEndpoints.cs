using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Roundtables;

/// <summary>What live pages, calendars and buttons of roundtables ask for.</summary>
internal static class RoundtableEndpoints
{
    /// <summary>The community's own zone: dates are typed in it.</summary>
    internal static readonly TimeSpan Community = TimeSpan.FromHours(8);

    public static void MapRoundtables(this IEndpointRouteBuilder routes)
    {
        routes.MapHub<RoundtablesHub>("/hubs/roundtables", options => options.TransportSendTimeout = TimeSpan.FromSeconds(3));
        routes.MapGet("/roundtables.ics", CalendarAsync);
        routes.MapGet("/roundtables/{slug}.ics", EventAsync);
        var api = routes.MapGroup("/api/roundtables/{slug}");
        api.MapGet("/state", async (string slug, double? at, LiveRooms rooms, HttpResponse response, CancellationToken cancellationToken) =>
        {
            response.Headers.CacheControl = "no-store";
            return (at is { } seconds ? await rooms.AtAsync(slug, seconds, cancellationToken) : await rooms.NowAsync(slug, cancellationToken)) is { } state ? Results.Ok(state) : Results.NotFound();
        });
        api.MapGet("/marks", async (string slug, LiveRooms rooms, CancellationToken cancellationToken) => await rooms.MarksAsync(slug, cancellationToken) is { } marks ? Results.Ok(marks) : Results.NotFound());
        api.MapGet("/mine", async (string slug, LiveRooms rooms, HttpContext http, CancellationToken cancellationToken) =>
            Viewer.From(http.User).MemberId is { } member && await rooms.MineAsync(slug, member, cancellationToken) is { } mine ? Results.Ok(mine) : Results.NotFound()).RequireAuthorization();
        api.MapPost("/act", ActAsync).RequireAuthorization();
        // A little more than is taken, so that it is our sentence that refuses.
        api.MapPost("/slides", SlidesAsync).RequireAuthorization().WithMetadata(new RequestSizeLimitAttribute(SlideShow.MaxBytes * 2));
        routes.MapGet("/api/runs/{id:guid}/clips", ClipsAsync);

        var buttons = routes.MapGroup("/roundtables/{slug}").RequireAuthorization();
        buttons.MapPost("/vote", async (string slug, [FromForm] bool on, RoundtableService service, HttpContext http, CancellationToken cancellationToken) =>
            Back(slug, await service.VoteAsync(slug, on, Viewer.From(http.User), cancellationToken)));
        buttons.MapPost("/present", async (string slug, [FromForm] bool on, RoundtableService service, HttpContext http, CancellationToken cancellationToken) =>
            Back(slug, await service.PresentAsync(slug, on, Viewer.From(http.User), cancellationToken)));
        buttons.MapPost("/schedule", async (string slug, [FromForm] string? at, [FromForm] int minutes, RoundtableService service, HttpContext http, CancellationToken cancellationToken) =>
            Back(slug, await service.ScheduleAsync(slug, Typed(at), minutes, Viewer.From(http.User), cancellationToken)));
        buttons.MapPost("/cancel", async (string slug, [FromForm] string? really, RoundtableService service, HttpContext http, CancellationToken cancellationToken) =>
            Back(slug, await service.CancelAsync(slug, Viewer.From(http.User), cancellationToken)));
        buttons.MapPost("/arrange", async (string slug, [FromForm] string? joinUrl, [FromForm] string? slidesUrl, [FromForm] string? recordingUrl, [FromForm] string? checkpoint, RoundtableService service, HttpContext http, CancellationToken cancellationToken) =>
            Back(slug, await service.ArrangeAsync(slug, joinUrl ?? "", slidesUrl ?? "", recordingUrl ?? "", checkpoint ?? "", Viewer.From(http.User), cancellationToken)));
    }

    /// <summary>Body: <c>{ type, … }</c> as JSON, which no form of another site can send. 204 when done, 422 with all reasons in the reader's language.</summary>
    private static async Task<IResult> ActAsync(string slug, HttpRequest request, LiveRooms rooms, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
            return Results.StatusCode(StatusCodes.Status415UnsupportedMediaType);
        JsonObject? asked;
        try
        {
            asked = await request.ReadFromJsonAsync<JsonNode>(cancellationToken) as JsonObject;
        }
        catch (System.Text.Json.JsonException)
        {
            asked = null;
        }

        if (asked?["type"] is not JsonValue value || !value.TryGetValue<string>(out var type))
            return Results.BadRequest();
        return Said(await rooms.ActAsync(slug, type, asked, Viewer.From(request.HttpContext.User), cancellationToken));
    }

    /// <summary>Body: the PDF itself, with its own content type. Not a form, so no other site's form can send it. Answers as actions do.</summary>
    private static async Task<IResult> SlidesAsync(string slug, HttpRequest request, SlideShow slides, CancellationToken cancellationToken) =>
        request.ContentType?.StartsWith("application/pdf", StringComparison.OrdinalIgnoreCase) == true
            ? Said(await slides.ShowAsync(slug, request.Body, Viewer.From(request.HttpContext.User), cancellationToken))
            : Results.StatusCode(StatusCodes.Status415UnsupportedMediaType);

    private static IResult Said(IReadOnlyList<Refusal> reasons) =>
        reasons.Count == 0 ? Results.NoContent() : Results.UnprocessableEntity(new { Reasons = reasons.Select(reason => new { reason.Code, Message = Message(reason) }) });

    // Nothing else says which setting is meant.
    private static string Message(Refusal reason) =>
        reason.Path.Length == 0 ? RefusalTexts.Of(reason)
        : $"{(SpecSchema.Find(SpecKind.Training, reason.Path) is { } field ? SpecTexts.Label(field) : reason.Path)}: {RefusalTexts.Of(reason)}";

    /// <summary>What a run has made so far, as the stage shows it: its newest previews, or its videos and what the others of its clips are like on their way.</summary>
    private static async Task<IResult> ClipsAsync(Guid id, IDbContextFactory<MiniSoraDbContext> contexts, HttpResponse response, CancellationToken cancellationToken)
    {
        response.Headers.CacheControl = "no-store";
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var run = await context.Runs.Where(run => run.Id == id).Select(run => new { run.Name, run.State, run.Step, run.TotalSteps }).SingleOrDefaultAsync(cancellationToken);
        if (run is null)
            return Results.NotFound();
        var artifacts = await context.Artifacts.AsNoTracking().Where(artifact => artifact.RunId == id && (artifact.Kind == "video" || artifact.Kind == "preview" || artifact.Kind == EstimateFile.Kind)).ToListAsync(cancellationToken);
        var videos = artifacts.Where(artifact => artifact.Kind == "video").ToList();
        // Previews of a training run were only on the way to its videos; estimates are so each for its own clip.
        var clips = artifacts
            .Where(artifact => artifact.Kind != "video" && !videos.Exists(video => artifact.Kind != EstimateFile.Kind || video.Index == artifact.Index))
            .GroupBy(artifact => artifact.Index)
            .Select(group => group.MaxBy(artifact => artifact.Step)!)
            .Concat(videos)
            .OrderBy(artifact => artifact.Index);
        return Results.Ok(new
        {
            run.Name,
            State = run.State.ToString(),
            Over = Run.IsFinal(run.State),
            run.Step,
            run.TotalSteps,
            Clips = clips.Take(16).Select(clip => new { clip.Index, clip.Url, clip.Prompt, clip.Step, clip.Steps, IsVideo = clip.FileName.EndsWith(".mp4", StringComparison.Ordinal) }),
        });
    }

    private static async Task<IResult> CalendarAsync(RoundtableService service, HttpContext http, TimeProvider clock, CancellationToken cancellationToken)
    {
        var all = new List<RoundtableDetails>();
        foreach (var row in (await service.ListAsync(Viewer.Visitor, cancellationToken)).Where(row => row.StartsAt is not null))
        {
            if (await service.GetAsync(row.Slug, Viewer.Visitor, cancellationToken) is { } details)
                all.Add(details);
        }

        return Results.Text(Calendar.Of(all, Base(http), clock.GetUtcNow()), Calendar.MediaType);
    }

    private static async Task<IResult> EventAsync(string slug, RoundtableService service, HttpContext http, TimeProvider clock, CancellationToken cancellationToken) =>
        await service.GetAsync(slug, Viewer.Visitor, cancellationToken) is { Roundtable.StartsAt: not null } details
            ? Results.File(System.Text.Encoding.UTF8.GetBytes(Calendar.Of([details], Base(http), clock.GetUtcNow())), Calendar.MediaType, slug + ".ics")
            : Results.NotFound();

    private static string Base(HttpContext http) => $"{http.Request.Scheme}://{http.Request.Host}";

    // From <input type="datetime-local">, in the community's zone.
    private static DateTimeOffset? Typed(string? at) =>
        DateTime.TryParseExact(at, ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) ? new DateTimeOffset(local, Community) : null;

    // What is not there or not yours is a missing page; anything else is said where the button was.
    private static IResult Back(string slug, Refusal? refusal) =>
        refusal is { Code: "not_found" } ? Results.NotFound()
        : Results.LocalRedirect(refusal is null ? "/roundtables/" + slug : $"/roundtables/{slug}?problem={refusal.Code}");
}
