using MiniSora.Web.Storage;

namespace MiniSora.Web.Artifacts;

/// <summary>
/// Copies of the bucket's files on this disk, below <c>artifacts/cached</c>: apart from files that were taken in before there was a bucket, so that after any
/// death of the process it is plain what may go. The data folder is one process's alone, hence what is in use is known here.
/// </summary>
internal sealed class ArtifactCache(DataFolder folder, long limit, TimeProvider clock)
{
    /// <summary>Name of its folder in the store's.</summary>
    public const string Name = "cached";

    private readonly Lock gate = new();
    private readonly Dictionary<string, int> held = [];
    private long? bytes;

    public string PathOf(string sha256) => Path.Combine(folder.Artifacts, Name, sha256[..2], sha256);

    public bool Has(string sha256) => File.Exists(PathOf(sha256));

    /// <summary>A copy, if there is one.</summary>
    public HeldFile? Hold(string sha256) => Hold(sha256, PathOf(sha256));

    /// <summary>A file at any place under its hash, if it is there.</summary>
    public HeldFile? Hold(string sha256, string path)
    {
        lock (gate)
        {
            if (!File.Exists(path))
                return null;
            // Kept by the file system: after a start it is still known what was used last. Of what is no copy, it says when the file came.
            if (path == PathOf(sha256))
                File.SetLastWriteTimeUtc(path, clock.GetUtcNow().UtcDateTime);
            held[sha256] = held.GetValueOrDefault(sha256) + 1;
        }

        return new(path, () => Release(sha256));
    }

    /// <summary>Takes a complete file over, and makes room for it.</summary>
    public HeldFile Adopt(string sha256, string temporary)
    {
        lock (gate)
        {
            var known = Count_NeedsLock();
            var path = PathOf(sha256);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (!File.Exists(path))
                bytes = known + new FileInfo(temporary).Length;
            File.Move(temporary, path, overwrite: true);
            var adopted = Hold(sha256, path)!;
            MakeRoom_NeedsLock();
            return adopted;
        }
    }

    /// <summary>Moves a file of the folder, which the bucket has by now, among the copies. False while somebody uses it, or when it is gone.</summary>
    public bool TryAdoptIdle(string sha256, string path)
    {
        lock (gate)
        {
            if (held.ContainsKey(sha256) || !File.Exists(path))
                return false;
            Adopt(sha256, path).Dispose();
            return true;
        }
    }

    /// <summary>Removes a copy. Who reads it at that moment reads it to its end.</summary>
    public void Remove(string sha256)
    {
        lock (gate)
        {
            var file = new FileInfo(PathOf(sha256));
            if (!file.Exists)
                return;
            bytes = Count_NeedsLock() - file.Length;
            file.Delete();
        }
    }

    /// <summary>Bytes of all copies.</summary>
    public long Bytes()
    {
        lock (gate)
            return Count_NeedsLock();
    }

    private void Release(string sha256)
    {
        lock (gate)
        {
            if (held[sha256] > 1)
            {
                held[sha256]--;
                return;
            }

            held.Remove(sha256);
            MakeRoom_NeedsLock();
        }
    }

    private IEnumerable<FileInfo> Files()
    {
        var root = new DirectoryInfo(Path.Combine(folder.Artifacts, Name));
        return root.Exists ? root.EnumerateFiles("*", SearchOption.AllDirectories) : [];
    }

    private long Count_NeedsLock() => bytes ??= Files().Sum(file => file.Length);

    private void MakeRoom_NeedsLock()
    {
        if (Count_NeedsLock() <= limit)
            return;
        // A tenth more than necessary: looking through the folder is not done again for every file.
        foreach (var file in Files().Where(file => !held.ContainsKey(file.Name)).OrderBy(file => file.LastWriteTimeUtc).ToList())
        {
            if (bytes <= limit - (limit / 10))
                return;
            bytes -= file.Length;
            file.Delete();
        }
    }
}
