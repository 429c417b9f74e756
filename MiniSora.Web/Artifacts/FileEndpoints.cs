using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using MiniSora.Model.Media;

namespace MiniSora.Web.Artifacts;

/// <summary>Serves stored files and takes uploads.</summary>
internal static class FileEndpoints
{
    // Only types that cannot run anything in a browser. What is not here is a download.
    private static readonly Dictionary<string, string> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        [".mp4"] = "video/mp4",
        [".webm"] = "video/webm",
        [".webp"] = "image/webp",
        [".png"] = "image/png",
        [".jpg"] = "image/jpeg",
        [".jpeg"] = "image/jpeg",
        [".gif"] = "image/gif",
    };

    public static void MapFiles(this IEndpointRouteBuilder app)
    {
        app.MapMethods("/files/{sha256}/{name}", [HttpMethods.Get, HttpMethods.Head], ServeAsync);
        // A little more than is taken, so that it is our sentence that refuses.
        app.MapPost("/api/uploads/images", UploadImageAsync).RequireAuthorization().WithMetadata(new RequestSizeLimitAttribute(UploadService.MaxImageBytes * 2));
        app.MapPost("/api/uploads/videos", UploadVideoAsync).RequireAuthorization().WithMetadata(new RequestSizeLimitAttribute(UploadService.MaxClipBytes * 2));
        app.MapPost("/api/specs/from-video", SpecFromVideoAsync).RequireAuthorization().WithMetadata(new RequestSizeLimitAttribute(UploadService.MaxVideoBytes * 2));
    }

    private static async Task<IResult> ServeAsync(string sha256, string name, string? download, ArtifactStore store, HttpResponse response, CancellationToken cancellationToken)
    {
        if (await store.HoldAsync(sha256, cancellationToken) is not { } held)
            return TypedResults.NotFound();
        response.RegisterForDispose(held);
        var known = Types.TryGetValue(Path.GetExtension(name), out var type);
        response.Headers.CacheControl = "public, max-age=31536000, immutable";
        response.Headers.XContentTypeOptions = "nosniff";
        var file = new FileInfo(held.Path);
        return TypedResults.PhysicalFile(
            file.FullName,
            type ?? "application/octet-stream",
            known && download is null ? null : Path.GetFileName(name),
            file.LastWriteTimeUtc,
            new EntityTagHeaderValue($"\"{sha256}\""),
            enableRangeProcessing: true);
    }

    /// <summary>Body: the image itself, with its own content type. Not a form, so no other site's form can send it.</summary>
    private static async Task<IResult> UploadImageAsync(HttpRequest request, string? name, UploadService uploads, CancellationToken cancellationToken)
    {
        if (request.ContentType?.StartsWith("image/", StringComparison.OrdinalIgnoreCase) != true)
            return WrongType(MediaErrors.NotAnImage);
        var result = await uploads.StoreImageAsync(request.Body, name ?? "image", Account.Viewer.From(request.HttpContext.User), cancellationToken);
        return result is ImageStored stored ? TypedResults.Ok(stored) : TypedResults.UnprocessableEntity(Problem((UploadRefused)result));
    }

    /// <summary>Body: the video itself (or an animated GIF), with its own content type.</summary>
    private static async Task<IResult> UploadVideoAsync(HttpRequest request, UploadService uploads, CancellationToken cancellationToken)
    {
        if (request.ContentType is not { } type || !(type.StartsWith("video/", StringComparison.OrdinalIgnoreCase) || type.StartsWith("image/gif", StringComparison.OrdinalIgnoreCase)))
            return WrongType(MediaErrors.NotAVideo);
        var result = await uploads.StoreVideoAsync(request.Body, Account.Viewer.From(request.HttpContext.User), cancellationToken);
        return result is VideoStored stored ? TypedResults.Ok(stored) : TypedResults.UnprocessableEntity(Problem((UploadRefused)result));
    }

    /// <summary>Body: an MP4. Answer: the YAML of the run that made it.</summary>
    private static async Task<IResult> SpecFromVideoAsync(HttpRequest request, UploadService uploads, CancellationToken cancellationToken)
    {
        if (request.ContentType?.StartsWith("video/", StringComparison.OrdinalIgnoreCase) != true)
            return WrongType(MediaErrors.NotAVideo);
        var result = await uploads.ReadVideoAsync(request.Body, cancellationToken);
        return result is VideoSpec found ? TypedResults.Ok(found) : TypedResults.UnprocessableEntity(Problem((UploadRefused)result));
    }

    private static JsonHttpResult<object> WrongType(string code) =>
        TypedResults.Json(Problem(new(new(code))), statusCode: StatusCodes.Status415UnsupportedMediaType);

    private static object Problem(UploadRefused refused) => new { refused.Reason.Code, Message = Runs.RefusalTexts.Of(refused.Reason) };
}
