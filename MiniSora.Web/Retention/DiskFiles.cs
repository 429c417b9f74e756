using MiniSora.Web.Artifacts;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Retention;

/// <summary>A file below the data folder.</summary>
/// <param name="Path">Relative to the data folder, with forward slashes.</param>
/// <param name="Touched">When it was written, or taken in again.</param>
internal sealed record DiskFile(string Path, string Name, long Bytes, DateTimeOffset Touched, FileIdentity? Identity);

/// <summary>What lies in the store and in the runs' folders at a moment.</summary>
internal sealed class DiskFiles
{
    private DiskFiles(IReadOnlyDictionary<string, DiskFile> blobs, IReadOnlyList<DiskFile> halves, ILookup<Guid, DiskFile> ofRuns)
    {
        (Blobs, Halves, OfRuns) = (blobs, halves, ofRuns);
        Linked = blobs.Values.Select(file => file.Identity).OfType<FileIdentity>().ToHashSet();
    }

    /// <summary>Files of the store by their hash.</summary>
    public IReadOnlyDictionary<string, DiskFile> Blobs { get; }

    /// <summary>Files in the store's folder that have no hash for a name: somebody died while writing them, or still writes.</summary>
    public IReadOnlyList<DiskFile> Halves { get; }

    /// <summary>Files of the runs' working folders.</summary>
    public ILookup<Guid, DiskFile> OfRuns { get; }

    /// <summary>Files that the store holds under a name of its own.</summary>
    public IReadOnlySet<FileIdentity> Linked { get; }

    /// <summary>Whether a file of a working folder is one of the store's under another name.</summary>
    public bool IsLink(DiskFile file) => file.Identity is { } identity && Linked.Contains(identity);

    /// <summary>Looks at both folders, and into the bucket when there is one. Files that go away meanwhile are left out.</summary>
    public static async Task<DiskFiles> ReadAsync(DataFolder folder, ArtifactStore store, CancellationToken cancellationToken)
    {
        // Copies of the bucket's files are the cache's affair.
        var copies = "artifacts/" + ArtifactCache.Name + "/";
        var stored = Files(folder, folder.Artifacts).Where(file => !file.Path.StartsWith(copies, StringComparison.Ordinal)).ToList();
        var blobs = stored.Where(file => ArtifactStore.IsHash(file.Name)).GroupBy(file => file.Name).ToDictionary(group => group.Key, group => group.First());
        if (store.Bucket is not null)
        {
            await foreach (var found in store.ListAsync(cancellationToken))
                blobs.TryAdd(found.Sha256, new(Path.GetRelativePath(folder.Root, store.PathOf(found.Sha256)).Replace('\\', '/'), found.Sha256, found.Bytes, found.Touched, null));
        }

        return new(
            blobs,
            [.. stored.Where(file => !ArtifactStore.IsHash(file.Name))],
            Files(folder, folder.Runs)
                .Select(file => (Run: Guid.TryParseExact(file.Path.Split('/')[1], "N", out var run) ? run : Guid.Empty, file))
                .ToLookup(x => x.Run, x => x.file));
    }

    private static IEnumerable<DiskFile> Files(DataFolder folder, string root)
    {
        // Links are not followed: what they lead to is not the portal's.
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        foreach (var file in new DirectoryInfo(root).EnumerateFiles("*", options))
        {
            long bytes;
            try
            {
                bytes = file.Length;
            }
            catch (FileNotFoundException)
            {
                continue;
            }

            yield return new(Path.GetRelativePath(folder.Root, file.FullName).Replace('\\', '/'), file.Name, bytes, file.LastWriteTimeUtc, FileIdentity.Of(file.FullName));
        }
    }
}
