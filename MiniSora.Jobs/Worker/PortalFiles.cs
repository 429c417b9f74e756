using System.Globalization;
using System.Net.Http.Headers;
using MiniSora.Jobs.Portal;

namespace MiniSora.Jobs.Worker;

/// <summary>Files between a worker and its portal, by their hash: what breaks off is continued, what is there is not sent again.</summary>
internal sealed class PortalFiles(PortalClient client)
{
    private const int ChunkBytes = 8 << 20;

    /// <summary>Sends a file; returns when the portal has all of it and found the hash to be right.</summary>
    public async Task UploadAsync(Guid runId, int attempt, string path, string sha256, CancellationToken cancellationToken)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"worker/runs/{runId}/attempts/{attempt}/files/{sha256}");
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        var state = await client.SendAsync<UploadState>(HttpMethod.Get, address, null, cancellationToken).ConfigureAwait(false);
        var buffer = new byte[ChunkBytes];
        while (!state.Complete)
        {
            file.Position = state.Offset;
            var read = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            using var content = new ByteArrayContent(buffer, 0, read);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            state = await client.SendAsync<UploadState>(HttpMethod.Put, string.Create(CultureInfo.InvariantCulture, $"{address}?offset={state.Offset}&length={file.Length}"), content, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Fetches a file unless it is here.</summary>
    public Task DownloadAsync(string sha256, string into, CancellationToken cancellationToken) => client.DownloadAsync("api/v1/worker/files/" + sha256, sha256, into, cancellationToken);
}

/// <summary>How much of a file the portal has.</summary>
/// <param name="Complete">All of it, and its hash is right.</param>
/// <param name="Offset">Where to go on.</param>
public sealed record UploadState(bool Complete, long Offset);
