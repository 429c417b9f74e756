using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Artifacts;

/// <summary>A file is not what its reporter said it is.</summary>
public sealed class ArtifactMismatchException(string path, string expected, string actual)
    : IOException($"'{path}' should have SHA-256 {expected} and has {actual}.");

/// <summary>
/// Files by the SHA-256 of their bytes. A file appears under its name complete and on the disk, or not at all;
/// it never changes afterwards, so it may be cached for ever.
/// </summary>
/// <remarks>
/// Without a bucket the data folder holds the files. With one, the bucket does: a file is there before anybody hears of it, and the folder keeps copies of what was
/// used last. Files that the folder held before there was a bucket count as well until <see cref="ArtifactMove"/> has sent them.
/// </remarks>
internal sealed partial class ArtifactStore : IDisposable
{
    // Copies are handed out for so long without asking the bucket again whether another portal has deleted the file.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);
    private const int MostSeen = 50_000;

    private readonly DataFolder folder;
    private readonly TimeProvider clock;
    private readonly ArtifactBucket? bucket;
    private readonly ArtifactCache cache;

    // Whoever deletes an old file and whoever needs it again at that moment: one after the other.
    private readonly Lock touching = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> seen = new();
    private readonly Dictionary<string, Fetch> fetches = [];

    public ArtifactStore(DataFolder folder, TimeProvider clock, S3Options options)
    {
        (this.folder, this.clock) = (folder, clock);
        cache = new(folder, options.CacheBytes, clock);
        bucket = options.Bucket.Length > 0 ? new(options, clock) : null;
    }

    /// <summary>A file taken in.</summary>
    public sealed record Stored(string Sha256, long Bytes);

    /// <summary>A file as it lies there.</summary>
    /// <param name="Touched">When it came, or was needed again.</param>
    public sealed record Found(string Sha256, long Bytes, DateTimeOffset Touched)
    {
        /// <summary>Whether it came, or was needed again, within the last <paramref name="youth"/>.</summary>
        public bool IsYoung(TimeSpan youth, DateTimeOffset now) => Touched > now - youth;
    }

    /// <summary>Where the files are; null when in the folder alone.</summary>
    public ArtifactBucket? Bucket => bucket;

    /// <summary>Bytes of the bucket's files that lie on this disk too.</summary>
    public long CachedBytes => cache.Bytes();

    /// <summary>Whether the text is a hash as the store writes it: 64 lower-case hex digits.</summary>
    public static bool IsHash(string? text) => text is { Length: 64 } && text.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f'));

    /// <summary>Where the folder holds or would hold the file with this hash, when there is no bucket.</summary>
    public string PathOf(string sha256)
    {
        if (!IsHash(sha256))
            throw new ArgumentException($"'{sha256}' is not a SHA-256.", nameof(sha256));
        return Path.Combine(folder.Artifacts, sha256[..2], sha256);
    }

    /// <summary>Whether the store has it.</summary>
    public async Task<bool> HasAsync(string sha256, CancellationToken cancellationToken) =>
        IsHash(sha256) && (InFolder(sha256) is not null || (bucket is not null && await bucket.FindAsync(sha256, cancellationToken) is not null));

    /// <summary>A file's facts; null when it is not here.</summary>
    public async Task<Found?> FindAsync(string sha256, CancellationToken cancellationToken)
    {
        if (!IsHash(sha256))
            return null;
        if (InFolder(sha256) is { } here)
            return here;
        return bucket is not null && await bucket.FindAgedAsync(sha256, cancellationToken) is { } there ? new(sha256, there.Bytes, there.Written) : null;
    }

    /// <summary>A file on this disk, brought from the bucket if need be; null when the store does not have it. Dispose it when it was read.</summary>
    public async Task<HeldFile?> HoldAsync(string sha256, CancellationToken cancellationToken)
    {
        if (!IsHash(sha256))
            return null;
        if (bucket is null)
            return File.Exists(PathOf(sha256)) ? new(PathOf(sha256), null) : null;
        if (cache.Hold(sha256, PathOf(sha256)) is { } waiting)
            return waiting;
        if (!await StandsAsync(sha256, cancellationToken))
        {
            cache.Remove(sha256);
            return null;
        }

        return cache.Hold(sha256) ?? await FetchAsync(sha256, cancellationToken);
    }

    /// <summary>A file that is here and is needed again; null when it is not here.</summary>
    public async Task<Stored?> AgainAsync(string sha256, CancellationToken cancellationToken)
    {
        if (!IsHash(sha256))
            return null;
        if (bucket is null)
            return Touch(sha256) ? new(sha256, new FileInfo(PathOf(sha256)).Length) : null;
        await MoveAsync(sha256, cancellationToken);
        return await bucket.RenewAsync(sha256, cancellationToken) is { } there ? new(sha256, there.Bytes) : null;
    }

    /// <summary>
    /// Takes in a file that its writer will not change any more (it may delete or replace it). Linked, not copied, where the file system can.
    /// </summary>
    /// <param name="expectedSha256">Checked when given; throws <see cref="ArtifactMismatchException"/>.</param>
    public async Task<Stored> TakeAsync(string path, string? expectedSha256, CancellationToken cancellationToken)
    {
        await using var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 20, FileOptions.Asynchronous | FileOptions.SequentialScan);
        var sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(source, cancellationToken));
        var bytes = source.Length;
        if (expectedSha256 is not null && !string.Equals(expectedSha256, sha256, StringComparison.OrdinalIgnoreCase))
            throw new ArtifactMismatchException(path, expectedSha256, sha256);

        if (await AgainAsync(sha256, cancellationToken) is { } again)
            return again;
        var target = bucket is null ? PathOf(sha256) : Temporary();
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (OperatingSystem.IsLinux() && Link(path, target) == 0)
        {
            if (bucket is not null)
                await SendAsync(sha256, target, cancellationToken);
            return new(sha256, bytes);
        }

        source.Position = 0;
        return await WriteAsync(source, cancellationToken);
    }

    /// <summary>Stores what a stream holds.</summary>
    public async Task<Stored> WriteAsync(Stream content, CancellationToken cancellationToken)
    {
        var temporary = Temporary();
        try
        {
            var stored = await CopyAsync(content, temporary, cancellationToken);
            if (bucket is null)
            {
                var target = PathOf(stored.Sha256);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Move(temporary, target, overwrite: true);
            }
            else if (await AgainAsync(stored.Sha256, cancellationToken) is null)
            {
                await SendAsync(stored.Sha256, temporary, cancellationToken);
            }

            return stored;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Removes a file nobody needs.</summary>
    public Task DeleteAsync(string sha256, CancellationToken cancellationToken) => DeleteAsync(sha256, _ => false, cancellationToken);

    /// <summary>Removes a file that no row names. Returns the bytes that it had, 0 when it was not here, null when it was needed again meanwhile: then it stays.</summary>
    public Task<long?> DeleteUnlessYoungAsync(string sha256, TimeSpan youth, CancellationToken cancellationToken) =>
        DeleteAsync(sha256, found => found.IsYoung(youth, clock.GetUtcNow()), cancellationToken);

    /// <summary>All files, by where the truth about them is: what the folder holds, and what the bucket does.</summary>
    public async IAsyncEnumerable<Found> ListAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var sha256 in Waiting().ToList())
        {
            if (InFolder(sha256) is { } here)
                yield return here;
        }

        if (bucket is null)
            yield break;
        await foreach (var there in bucket.ListAsync(cancellationToken))
        {
            if (InFolder(there.Sha256) is null)
                yield return new(there.Sha256, there.Bytes, there.Written);
        }
    }

    /// <summary>Files that the folder alone holds; with a bucket, those that it does not have yet.</summary>
    public IEnumerable<string> Waiting() =>
        new DirectoryInfo(folder.Artifacts).EnumerateDirectories("??").SelectMany(two => two.EnumerateFiles()).Select(file => file.Name).Where(IsHash);

    /// <summary>Sends a file that was taken in before there was a bucket. False when there is nothing to send, or it is in use: then it still serves from where it is.</summary>
    public async Task<bool> MoveAsync(string sha256, CancellationToken cancellationToken)
    {
        var path = PathOf(sha256);
        if (bucket is null || !File.Exists(path))
            return false;
        try
        {
            await using var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 20, FileOptions.Asynchronous | FileOptions.SequentialScan);
            // What a disk has spoilt over the years must not become the truth.
            if (Convert.ToHexStringLower(await SHA256.HashDataAsync(source, cancellationToken)) is var actual && actual != sha256)
                throw new ArtifactMismatchException(path, sha256, actual);
        }
        catch (FileNotFoundException)
        {
            // Somebody else was faster, or deleted it.
            return false;
        }

        if (await bucket.FindAsync(sha256, cancellationToken) is null)
            await bucket.PutAsync(sha256, path, cancellationToken);
        return cache.TryAdoptIdle(sha256, path);
    }

    public void Dispose() => bucket?.Dispose();

    private async Task<long?> DeleteAsync(string sha256, Func<Found, bool> stays, CancellationToken cancellationToken)
    {
        long bytes = 0;
        lock (touching)
        {
            if (InFolder(sha256) is { } here)
            {
                if (stays(here))
                    return null;
                File.Delete(PathOf(sha256));
                bytes = here.Bytes;
            }
        }

        if (bucket is null)
            return bytes;
        if (await bucket.DeleteAsync(sha256, entry => stays(new(sha256, entry.Bytes, entry.Written)), cancellationToken) is not { } there)
            return null;
        seen.TryRemove(sha256, out _);
        cache.Remove(sha256);
        return Math.Max(bytes, there);
    }

    private Found? InFolder(string sha256)
    {
        var file = new FileInfo(PathOf(sha256));
        return file.Exists ? new(sha256, file.Length, file.LastWriteTimeUtc) : null;
    }

    // Sends a file and keeps it as a copy. The bucket first: from then on it is everybody's.
    private async Task SendAsync(string sha256, string temporary, CancellationToken cancellationToken)
    {
        try
        {
            await bucket!.PutAsync(sha256, temporary, cancellationToken);
            See(sha256);
            cache.Adopt(sha256, temporary).Dispose();
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    // False when there is a copy of what another portal has deleted. While that cannot be asked the copy serves: it is the right bytes, by its name.
    private async Task<bool> StandsAsync(string sha256, CancellationToken cancellationToken)
    {
        if (!cache.Has(sha256) || (seen.TryGetValue(sha256, out var at) && clock.GetUtcNow() - at < Fresh))
            return true;
        try
        {
            if (await bucket!.FindAsync(sha256, cancellationToken) is null)
                return false;
            See(sha256);
        }
        catch (BucketAwayException)
        {
            // Asked again the next time.
        }

        return true;
    }

    private void See(string sha256)
    {
        if (seen.Count > MostSeen)
            seen.Clear();
        seen[sha256] = clock.GetUtcNow();
    }

    private async Task<HeldFile?> FetchAsync(string sha256, CancellationToken cancellationToken)
    {
        Fetch? fetch;
        lock (fetches)
        {
            if (!fetches.TryGetValue(sha256, out fetch))
            {
                // One that was under way when we looked may be over by now.
                if (cache.Hold(sha256) is { } brought)
                    return brought;
                fetches[sha256] = fetch = new();
                fetch.Begin(stop => BringAsync(sha256, stop));
            }

            fetch.Waiting++;
        }

        try
        {
            // What was brought is held by the fetch until the last who waits has it.
            return await fetch.Brought.WaitAsync(cancellationToken) is null ? null : cache.Hold(sha256);
        }
        finally
        {
            lock (fetches)
            {
                if (--fetch.Waiting == 0)
                {
                    fetches.Remove(sha256);
                    fetch.End();
                }
            }
        }
    }

    private async Task<HeldFile?> BringAsync(string sha256, CancellationToken cancellationToken)
    {
        var temporary = Temporary();
        try
        {
            string actual;
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous))
            {
                using var hash = SHA256.Create();
                await using var hashing = new CryptoStream(file, hash, CryptoStreamMode.Write, leaveOpen: true);
                if (!await bucket!.FetchAsync(sha256, hashing, cancellationToken))
                    return null;
                await hashing.FlushFinalBlockAsync(cancellationToken);
                actual = Convert.ToHexStringLower(hash.Hash!);
            }

            if (actual != sha256)
                throw new ArtifactMismatchException(bucket.Name, sha256, actual);
            See(sha256);
            return cache.Adopt(sha256, temporary);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private string Temporary() => Path.Combine(folder.Artifacts, $".{Guid.NewGuid():N}.tmp");

    private static async Task<Stored> CopyAsync(Stream content, string path, CancellationToken cancellationToken)
    {
        long bytes = 0;
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        int read;
        while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            bytes += read;
        }

        file.Flush(flushToDisk: true);
        return new(Convert.ToHexStringLower(hash.GetHashAndReset()), bytes);
    }

    // Whoever sweeps strays shall not take it for an old one.
    private bool Touch(string sha256)
    {
        lock (touching)
        {
            if (InFolder(sha256) is null)
                return false;
            File.SetLastWriteTimeUtc(PathOf(sha256), clock.GetUtcNow().UtcDateTime);
            return true;
        }
    }

    // .NET 10 has no call for hard links.
    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string created);

    /// <summary>One fetch that everybody who wants the file waits for. It ends early only when nobody waits any more.</summary>
    private sealed class Fetch
    {
        private readonly CancellationTokenSource stop = new();

        public int Waiting { get; set; }

        public Task<HeldFile?> Brought { get; private set; } = Task.FromResult<HeldFile?>(null);

        public void Begin(Func<CancellationToken, Task<HeldFile?>> bring) => Brought = Task.Run(() => bring(stop.Token));

        public void End()
        {
            stop.Cancel();
            // Nobody is left to hear how it went.
            Brought.ContinueWith(
                brought =>
                {
                    if (brought.IsCompletedSuccessfully)
                        brought.Result?.Dispose();
                    _ = brought.Exception;
                    stop.Dispose();
                },
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
