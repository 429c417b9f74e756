using System.Net;
using System.Runtime.CompilerServices;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace MiniSora.Web.Artifacts;

/// <summary>
/// Files in an S3 bucket by the SHA-256 of their bytes, <c>prefix/ab/&lt;sha256&gt;</c> as in the folder. Knows nothing of its own: every answer is
/// the bucket's, so several portals may share one. Where it cannot be asked, <see cref="BucketAwayException"/>.
/// </summary>
internal sealed class ArtifactBucket : IDisposable
{
    /// <summary>Larger files go in parts.</summary>
    internal const long PartBytes = 16 << 20;

    // S3 takes at most 10,000.
    private const long MostParts = 9_000;

    private const int PartsAtOnce = 4;

    // Of a request that carries no file. A deletion is over or given up within it, which PutAsync relies on.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // A note about a deletion older than that is about one that is over.
    private static readonly TimeSpan NoteLife = TimeSpan.FromMinutes(5);

    private const string NotesBelow = ".deleting/", NeededBelow = ".needed/", Over = ".over";

    private readonly S3Options options;
    private readonly TimeProvider clock;
    private readonly AmazonS3Client client;
    private readonly bool signed;

    public ArtifactBucket(S3Options options, TimeProvider clock)
    {
        (this.options, this.clock) = (options, clock);
        var config = new AmazonS3Config
        {
            // Other servers than AWS do not know the checksums that the SDK adds by itself; ours are the names.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            MaxErrorRetry = 2,
        };
        if (options.Endpoint.Length > 0)
            (config.ServiceURL, config.AuthenticationRegion, config.ForcePathStyle) = (options.Endpoint, options.Region, true);
        else
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        client = options.AccessKey.Length > 0 ? new(new BasicAWSCredentials(options.AccessKey, options.SecretKey), config) : new(config);
        // TLS protects what is sent; without it the signature has to, which reads each file once more.
        signed = options.Endpoint.StartsWith("http:", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A file of the bucket.</summary>
    /// <param name="Written">When it was sent, or was needed again.</param>
    public sealed record Entry(string Sha256, long Bytes, DateTimeOffset Written);

    /// <summary>Name of the bucket, with what the objects' names begin with.</summary>
    public string Name => options.Prefix.Length == 0 ? options.Bucket : $"{options.Bucket}/{options.Prefix}";

    /// <summary>Where it is, for people.</summary>
    public string Place => options.Endpoint.Length == 0 ? $"AWS {options.Region}" : options.Endpoint;

    /// <summary>Does once whatever will be needed: writing, asking, listing, deleting. Throws when one of them does not work.</summary>
    public async Task TryAsync(CancellationToken cancellationToken)
    {
        var key = options.Prefix + ".try";
        await AskAsync(stop => client.PutObjectAsync(new() { BucketName = options.Bucket, Key = key, ContentBody = "MiniSora", UseChunkEncoding = false }, stop), Patience, cancellationToken);
        await AskAsync(stop => client.ListObjectsV2Async(new() { BucketName = options.Bucket, Prefix = options.Prefix, MaxKeys = 1 }, stop), Patience, cancellationToken);
        // Without the right to list, what is not there answers 403: the bucket could not say that it lacks a file.
        await HeadAsync(KeyOf(new string('0', 64)), cancellationToken);
        await AskAsync(stop => client.DeleteObjectAsync(options.Bucket, key, stop), Patience, cancellationToken);
    }

    /// <summary>A file with its youth; null when it is not there.</summary>
    public async Task<Entry?> FindAgedAsync(string sha256, CancellationToken cancellationToken)
    {
        if (await FindAsync(sha256, cancellationToken) is not { } there)
            return null;
        return await HeadAsync(NeededOf(sha256), cancellationToken) is { } needed && Utc(needed.LastModified) > there.Written ? there with { Written = Utc(needed.LastModified) } : there;
    }

    /// <summary>A file, by when it was sent; null when it is not there.</summary>
    public async Task<Entry?> FindAsync(string sha256, CancellationToken cancellationToken) =>
        await HeadAsync(KeyOf(sha256), cancellationToken) is { } head ? new(sha256, head.ContentLength, Utc(head.LastModified)) : null;

    /// <summary>Sends a file. When it returns, the bucket has it, whoever deletes the same file at that moment.</summary>
    public async Task PutAsync(string sha256, string path, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < 3; tries++)
        {
            var bytes = new FileInfo(path).Length;
            if (bytes > PartBytes * 2)
                await PutPartsAsync(KeyOf(sha256), path, bytes, cancellationToken);
            else
                await AskAsync(stop => client.PutObjectAsync(new() { BucketName = options.Bucket, Key = KeyOf(sha256), FilePath = path, ContentType = "application/octet-stream", UseChunkEncoding = false, DisablePayloadSigning = !signed }, stop), null, cancellationToken);
            if (await OutlivesAsync(sha256, cancellationToken))
                return;
        }

        throw new BucketAwayException(Name, null);
    }

    /// <summary>
    /// Makes a file young; null when it is not there. By an empty object beside it: a copy onto itself would move gigabytes, needs parts above 5 GiB, and leaves the file as old
    /// as it was on some servers.
    /// </summary>
    public async Task<Entry?> RenewAsync(string sha256, CancellationToken cancellationToken)
    {
        if (await FindAsync(sha256, cancellationToken) is not { } there)
            return null;
        await NoteAsync(NeededOf(sha256), cancellationToken);
        return await OutlivesAsync(sha256, cancellationToken) ? there with { Written = clock.GetUtcNow() } : null;
    }

    /// <summary>Copies a file into a stream; false when it is not there.</summary>
    public async Task<bool> FetchAsync(string sha256, Stream into, CancellationToken cancellationToken)
    {
        GetObjectResponse response;
        try
        {
            response = await AskAsync(stop => client.GetObjectAsync(options.Bucket, KeyOf(sha256), stop), null, cancellationToken);
        }
        catch (BucketAwayException gone) when (IsMissing(gone.InnerException))
        {
            return false;
        }

        using (response)
        {
            var buffer = new byte[1 << 17];
            // The bucket's troubles are told apart from those of the disk that it is written to.
            while (await AskAsync(async stop => await response.ResponseStream.ReadAsync(buffer, stop), TimeSpan.FromMinutes(1), cancellationToken) is > 0 and var read)
                await into.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        return true;
    }

    /// <summary>Deletes a file. Returns its bytes, 0 when it was not there, null when it stays because <paramref name="stays"/> says so of it.</summary>
    public async Task<long?> DeleteAsync(string sha256, Func<Entry, bool> stays, CancellationToken cancellationToken)
    {
        if (await FindAgedAsync(sha256, cancellationToken) is not { } found)
            return 0;
        if (stays(found))
            return null;
        // Whoever needs the file again looks for this note after making it young; we look for its youth after writing the note. One of us sees
        // the other, and no lock has to reach into another process. Each deletion has a note of its own: that of another one is not ours to take away.
        var note = $"{NotesOf(sha256)}{Guid.NewGuid():N}";
        await NoteAsync(note, cancellationToken);
        var gone = await FindAgedAsync(sha256, cancellationToken) is { } still && !stays(still);
        if (gone)
        {
            await AskAsync(stop => client.DeleteObjectAsync(options.Bucket, KeyOf(sha256), stop), Patience, cancellationToken);
            await AskAsync(stop => client.DeleteObjectAsync(options.Bucket, NeededOf(sha256), stop), Patience, cancellationToken);
        }

        // That it was there stays to be seen: who sent the file before the deletion may look only now.
        await NoteAsync(note + Over, cancellationToken);
        await AskAsync(stop => client.DeleteObjectAsync(options.Bucket, note, stop), Patience, cancellationToken);
        return gone ? found.Bytes : null;
    }

    /// <summary>All files.</summary>
    public async IAsyncEnumerable<Entry> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Those needed again come first: a point sorts before every digit.
        var needed = new Dictionary<string, DateTimeOffset>();
        string? next = null;
        do
        {
            var page = await AskAsync(stop => client.ListObjectsV2Async(new() { BucketName = options.Bucket, Prefix = options.Prefix, ContinuationToken = next }, stop), Patience, cancellationToken);
            foreach (var found in page.S3Objects ?? [])
            {
                var (name, written) = (found.Key[options.Prefix.Length..], Utc(found.LastModified));
                if (name.StartsWith(NeededBelow, StringComparison.Ordinal))
                    needed[name[NeededBelow.Length..]] = written;
                if (name.Length == 67 && ArtifactStore.IsHash(name[3..]) && name[..2] == name[3..5])
                    yield return new(name[3..], found.Size ?? 0, needed.TryGetValue(name[3..], out var again) && again > written ? again : written);
                else if ((name.StartsWith(NotesBelow, StringComparison.Ordinal) || name.StartsWith(NeededBelow, StringComparison.Ordinal)) && written < clock.GetUtcNow() - TimeSpan.FromDays(1))
                    await AskAsync(stop => client.DeleteObjectAsync(options.Bucket, found.Key, stop), Patience, cancellationToken);
            }

            next = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (next is not null);
    }

    public void Dispose() => client.Dispose();

    private string KeyOf(string sha256) => $"{options.Prefix}{sha256[..2]}/{sha256}";

    private string NeededOf(string sha256) => options.Prefix + NeededBelow + sha256;

    private string NotesOf(string sha256) => $"{options.Prefix}{NotesBelow}{sha256}/";

    private static DateTimeOffset Utc(DateTime? at) => at is { } time ? new(time.ToUniversalTime()) : DateTimeOffset.MaxValue;

    private Task NoteAsync(string key, CancellationToken cancellationToken) =>
        AskAsync(stop => client.PutObjectAsync(new() { BucketName = options.Bucket, Key = key, ContentBody = "", UseChunkEncoding = false }, stop), Patience, cancellationToken);

    // Whether what was just sent or made young is there to stay. Without a note nobody was about to delete it, and who comes now sees that it is young.
    private async Task<bool> OutlivesAsync(string sha256, CancellationToken cancellationToken)
    {
        for (var waited = TimeSpan.Zero; ; waited += TimeSpan.FromSeconds(1))
        {
            var page = await AskAsync(stop => client.ListObjectsV2Async(new() { BucketName = options.Bucket, Prefix = NotesOf(sha256) }, stop), Patience, cancellationToken);
            var notes = (page.S3Objects ?? []).Where(note => Utc(note.LastModified) > clock.GetUtcNow() - NoteLife).Select(note => note.Key).ToList();
            if (notes.Count == 0)
                return true;
            // Who wrote a note is done, saw us, or died: after twice its patience, it does nothing any more.
            if (notes.All(note => note.EndsWith(Over, StringComparison.Ordinal)) || waited > Patience * 2)
                return await FindAsync(sha256, cancellationToken) is not null;
            await Task.Delay(TimeSpan.FromSeconds(1), clock, cancellationToken);
        }
    }

    private async Task PutPartsAsync(string key, string path, long bytes, CancellationToken cancellationToken)
    {
        var upload = (await AskAsync(stop => client.InitiateMultipartUploadAsync(new() { BucketName = options.Bucket, Key = key, ContentType = "application/octet-stream" }, stop), Patience, cancellationToken)).UploadId;
        await PartsAsync(key, upload, bytes, Math.Max(PartBytes, bytes / MostParts), async (number, from, size, stop) =>
        {
            var part = await client.UploadPartAsync(
                new() { BucketName = options.Bucket, Key = key, UploadId = upload, PartNumber = number, FilePath = path, FilePosition = from, PartSize = size, UseChunkEncoding = false, DisablePayloadSigning = !signed }, stop);
            return part.ETag;
        }, cancellationToken);
    }

    private async Task PartsAsync(string key, string upload, long bytes, long partBytes, Func<int, long, long, CancellationToken, Task<string>> send, CancellationToken cancellationToken)
    {
        var tags = new string[(bytes + partBytes - 1) / partBytes];
        try
        {
            await Parallel.ForAsync(0, tags.Length, new ParallelOptions { MaxDegreeOfParallelism = PartsAtOnce, CancellationToken = cancellationToken }, async (index, stop) =>
                tags[index] = await AskAsync(inner => send(index + 1, index * partBytes, Math.Min(partBytes, bytes - (index * partBytes)), inner), null, stop));
            await AskAsync(
                stop => client.CompleteMultipartUploadAsync(new() { BucketName = options.Bucket, Key = key, UploadId = upload, PartETags = [.. tags.Select((tag, index) => new PartETag(index + 1, tag))] }, stop), null, cancellationToken);
        }
        catch
        {
            // Parts of what is never finished cost room that no listing shows.
            try
            {
                await AskAsync(stop => client.AbortMultipartUploadAsync(options.Bucket, key, upload, stop), Patience, CancellationToken.None);
            }
            catch (BucketAwayException)
            {
                // Then a rule of the bucket has to do it: docs/operations.md.
            }

            throw;
        }
    }

    private async Task<GetObjectMetadataResponse?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(stop => client.GetObjectMetadataAsync(options.Bucket, key, stop), Patience, cancellationToken);
        }
        catch (BucketAwayException gone) when (IsMissing(gone.InnerException))
        {
            return null;
        }
    }

    private static bool IsMissing(Exception? error) => error is AmazonS3Exception { StatusCode: HttpStatusCode.NotFound, ErrorCode: not "NoSuchBucket" };

    // Whatever goes wrong between here and the bucket is one thing to everybody else: it cannot be asked now.
    private async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan? patience, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(patience ?? Timeout.InfiniteTimeSpan, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await call(either.Token);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested
            && error is AmazonServiceException or AmazonClientException or HttpRequestException or WebException or IOException or TimeoutException or OperationCanceledException)
        {
            throw new BucketAwayException(Name, error);
        }
    }
}
