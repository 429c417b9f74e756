namespace MiniSora.Web.Datasets;

/// <summary>Pixels for js/clips.js.</summary>
internal static class DatasetEndpoints
{
    public static string ClipsUrl(string id, SampleClips clips) => $"/api/datasets/{Uri.EscapeDataString(id)}/clips?v={clips.Version[..Math.Min(12, clips.Version.Length)]}";

    public static void MapDatasetClips(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/datasets/{id}/clips", (string id, HttpContext http, DatasetSamples samples) =>
        {
            if (samples.Of(id) is not { } clips)
                return Results.NotFound();

            http.Response.Headers.CacheControl = "public, max-age=86400";
            return Results.Bytes(clips.Pixels, "application/octet-stream");
        });
}
