using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Runs;

/// <summary>What charts and scripts fetch about runs.</summary>
internal static class RunEndpoints
{
    public static void MapRuns(this IEndpointRouteBuilder app)
    {
        app.MapHub<RunEventsHub>("/hubs/runs", options =>
        {
            // A viewer whose line hangs is dropped soon, since a group send waits for the slowest.
            options.TransportSendTimeout = TimeSpan.FromSeconds(3);
            options.AllowStatefulReconnects = false;
        });
        app.MapGet("/runs/{number:long}", ByNumberAsync);
        var runs = app.MapGroup("/api/runs/{id:guid}");
        runs.MapGet("/metrics", MetricsAsync);
        runs.MapGet("/band", BandAsync);
        runs.MapGet("/events", EventsAsync);
        runs.MapGet("/spec.yaml", SpecAsync);
    }

    /// <summary>People call a run by its number.</summary>
    private static async Task<Results<RedirectHttpResult, NotFound>> ByNumberAsync(string number, RunReader reader, CancellationToken cancellationToken) =>
        await reader.IdAsync(number, cancellationToken) is { } id ? TypedResults.LocalRedirect($"/runs/{id}") : TypedResults.NotFound();

    /// <summary><c>name</c> may be repeated; none means all. <c>buckets</c> 16–2000, default 500.</summary>
    private static async Task<Results<Ok<MetricHistory>, NotFound>> MetricsAsync(
        Guid id, string[]? name, int? buckets, MetricReader reader, HttpResponse response, CancellationToken cancellationToken)
    {
        response.Headers.CacheControl = "no-store";
        return await reader.ReadAsync(id, name ?? [], buckets ?? 500, cancellationToken) is { } history ? TypedResults.Ok(history) : TypedResults.NotFound();
    }

    /// <summary>Where earlier runs of the same recipe were.</summary>
    private static async Task<Results<Ok<ExpectedBand>, NotFound>> BandAsync(Guid id, string name, ExpectedBands bands, HttpResponse response, CancellationToken cancellationToken)
    {
        response.Headers.CacheControl = "no-store";
        return await bands.ReadAsync(id, name, cancellationToken) is { } band ? TypedResults.Ok(band) : TypedResults.NotFound();
    }

    /// <summary>The hub's replay for those without a socket.</summary>
    private static async Task<Results<Ok<Replay>, NotFound>> EventsAsync(Guid id, long? after, RunReader reader, HttpResponse response, CancellationToken cancellationToken)
    {
        response.Headers.CacheControl = "no-store";
        return await reader.ReplayAsync(id, after ?? 0, cancellationToken) is { } replay ? TypedResults.Ok(replay) : TypedResults.NotFound();
    }

    private static async Task<Results<FileContentHttpResult, NotFound>> SpecAsync(Guid id, IDbContextFactory<MiniSoraDbContext> contexts, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var run = await context.Runs.Where(r => r.Id == id).Select(r => new { r.Number, r.SpecYaml }).SingleOrDefaultAsync(cancellationToken);
        return run is null
            ? TypedResults.NotFound()
            : TypedResults.File(Encoding.UTF8.GetBytes(run.SpecYaml), "application/yaml", $"minisora-run-{run.Number}.yaml");
    }
}
