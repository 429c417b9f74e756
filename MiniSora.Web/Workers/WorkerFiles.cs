using Microsoft.Net.Http.Headers;
using MiniSora.Jobs.Worker;
using MiniSora.Web.Api;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Workers;

/// <summary>
/// Files of workers. An upload is sent in pieces and continued where it broke off; it enters the store when all of it is here and its hash is right.
/// Only a current attempt may send.
/// </summary>
internal static class WorkerFiles
{
    public static void MapWorkers(this IEndpointRouteBuilder app)
    {
        app.MapHub<WorkerHub>(WorkerHubNames.Path, options => options.AllowStatefulReconnects = false).RequireAuthorization(Policy);
        var files = app.MapGroup("/api/v1/worker").RequireAuthorization(Policy).WithMetadata(new NeededScope(ApiScopes.Worker)).WithGroupName("v1").WithTags("worker");
        files.MapGet("/files/{sha256}", DownloadAsync).WithSummary("An input or checkpoint by its content. Ranges work.").Produces<byte[]>(200, "application/octet-stream");
        files.MapGet("/runs/{run:guid}/attempts/{attempt:int}/files/{sha256}", StateAsync).WithSummary("How much of a file is here.").Produces<UploadState>();
        files.MapPut("/runs/{run:guid}/attempts/{attempt:int}/files/{sha256}", TakeAsync).WithSummary("The next piece of a file, from an offset on.").Produces<UploadState>();
    }

    private static void Policy(Microsoft.AspNetCore.Authorization.AuthorizationPolicyBuilder policy) =>
        policy.AddAuthenticationSchemes(TokenAuthentication.Name).RequireAuthenticatedUser().RequireClaim(ApiScopes.Claim, ApiScopes.Worker);

    private static async Task<IResult> DownloadAsync(string sha256, ArtifactStore store, HttpResponse response, CancellationToken cancellationToken)
    {
        if (await store.HoldAsync(sha256, cancellationToken) is not { } held)
            return ApiProblems.Of(new Refusal("not_found"));
        response.RegisterForDispose(held);
        return TypedResults.PhysicalFile(held.Path, "application/octet-stream", entityTag: new EntityTagHeaderValue($"\"{sha256}\""), enableRangeProcessing: true);
    }

    private static async Task<IResult> StateAsync(Guid run, int attempt, string sha256, RunLedger ledger, ArtifactStore store, DataFolder folder, CancellationToken cancellationToken) =>
        await RefusalAsync(run, attempt, sha256, ledger, cancellationToken) ?? TypedResults.Ok(await SoFarAsync(sha256, store, folder, cancellationToken));

    private static async Task<IResult> TakeAsync(
        Guid run, int attempt, string sha256, long offset, long length, RunLedger ledger, ArtifactStore store, DataFolder folder, HttpRequest request, CancellationToken cancellationToken)
    {
        if (await RefusalAsync(run, attempt, sha256, ledger, cancellationToken) is { } refusal)
            return refusal;
        if (await SoFarAsync(sha256, store, folder, cancellationToken) is { Complete: true } there)
            return TypedResults.Ok(there);
        var part = PartOf(sha256, folder);
        try
        {
            await using (var file = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None))
            {
                if (file.Length != offset)
                    return TypedResults.Ok(new UploadState(false, file.Length));
                file.Position = offset;
                await request.Body.CopyToAsync(file, cancellationToken);
                if (file.Length < length)
                    return TypedResults.Ok(new UploadState(false, file.Length));
                file.Flush(flushToDisk: true);
            }

            await store.TakeAsync(part, sha256, cancellationToken);
        }
        catch (ArtifactMismatchException)
        {
            // From the start again: nobody knows which piece was wrong.
            File.Delete(part);
            return ApiProblems.Of(StatusCodes.Status409Conflict, new Refusal("upload_damaged"));
        }
        catch (IOException) when (File.Exists(part))
        {
            if (await SoFarAsync(sha256, store, folder, cancellationToken) is { Complete: true } meanwhile)
                return TypedResults.Ok(meanwhile);
            return ApiProblems.Of(StatusCodes.Status409Conflict, new Refusal("upload_busy"));
        }

        File.Delete(part);
        return TypedResults.Ok(await SoFarAsync(sha256, store, folder, cancellationToken));
    }

    private static async Task<UploadState> SoFarAsync(string sha256, ArtifactStore store, DataFolder folder, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(sha256, cancellationToken) is { } found)
            return new(true, found.Bytes);
        var part = new FileInfo(PartOf(sha256, folder));
        return new(false, part.Exists ? part.Length : 0);
    }

    private static async Task<IResult?> RefusalAsync(Guid run, int attempt, string sha256, RunLedger ledger, CancellationToken cancellationToken)
    {
        if (!ArtifactStore.IsHash(sha256))
            return ApiProblems.Of(StatusCodes.Status400BadRequest, new Refusal("bad_request"));
        return await ledger.LastSeqAsync(run, attempt, cancellationToken) is null ? ApiProblems.Of(StatusCodes.Status410Gone, new Refusal("stale_attempt")) : null;
    }

    // In the store's folder, where what nobody finishes is swept away with other strays.
    private static string PartOf(string sha256, DataFolder folder) => Path.Combine(folder.Artifacts, $".{sha256}.part");
}
