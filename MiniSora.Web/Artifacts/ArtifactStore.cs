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
internal sealed partial class ArtifactStore(DataFolder folder, TimeProvider clock)
{
    // Whoever deletes an old file and whoever needs it again at that moment: one after the other.
    private readonly Lock touching = new();

    /// <summary>A file taken in.</summary>
    public sealed record Stored(string Sha256, long Bytes);

    /// <summary>Whether the text is a hash as the store writes it: 64 lower-case hex digits.</summary>
    public static bool IsHash(string? text) => text is { Length: 64 } && text.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f'));

    /// <summary>Where the file with this hash lies or would lie.</summary>
    public string PathOf(string sha256)
    {
        if (!IsHash(sha256))
            throw new ArgumentException($"'{sha256}' is not a SHA-256.", nameof(sha256));
        return Path.Combine(folder.Artifacts, sha256[..2], sha256);
    }

    /// <summary>Whether the store has it.</summary>
    public bool Has(string sha256) => IsHash(sha256) && File.Exists(PathOf(sha256));

    /// <summary>A file that is here and is needed again; null when it is not here.</summary>
    public Stored? Again(string sha256)
    {
        return Touch(sha256) ? new(sha256, new FileInfo(PathOf(sha256)).Length) : null;
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

        var target = PathOf(sha256);
        if (Touch(sha256))
            return new(sha256, bytes);

        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (OperatingSystem.IsLinux() && Link(path, target) == 0)
            return new(sha256, bytes);
        source.Position = 0;
        await WriteAsync(source, cancellationToken);
        return new(sha256, bytes);
    }

    /// <summary>Stores what a stream holds.</summary>
    public async Task<Stored> WriteAsync(Stream content, CancellationToken cancellationToken)
    {
        var temporary = Path.Combine(folder.Artifacts, $".{Guid.NewGuid():N}.tmp");
        try
        {
            long bytes = 0;
            string sha256;
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous))
            {
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
                sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
            }

            var target = PathOf(sha256);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Move(temporary, target, overwrite: true);
            return new(sha256, bytes);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Removes a file nobody needs.</summary>
    public void Delete(string sha256) => File.Delete(PathOf(sha256));

    /// <summary>Whether it came, or was needed again, within the last <paramref name="youth"/>.</summary>
    public bool IsYoung(string sha256, TimeSpan youth) => Has(sha256) && File.GetLastWriteTimeUtc(PathOf(sha256)) > (clock.GetUtcNow() - youth).UtcDateTime;

    /// <summary>Removes a file that no row names. False when it was needed again meanwhile: then it stays.</summary>
    public bool DeleteUnlessYoung(string sha256, TimeSpan youth)
    {
        lock (touching)
        {
            if (IsYoung(sha256, youth))
                return false;
            Delete(sha256);
            return true;
        }
    }

    // Whoever sweeps strays shall not take it for an old one.
    private bool Touch(string sha256)
    {
        lock (touching)
        {
            if (!Has(sha256))
                return false;
            File.SetLastWriteTimeUtc(PathOf(sha256), clock.GetUtcNow().UtcDateTime);
            return true;
        }
    }

    // .NET 10 has no call for hard links.
    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string created);
}
