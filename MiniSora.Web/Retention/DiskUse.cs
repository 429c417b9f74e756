using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Retention;

/// <summary>Room that something takes.</summary>
public sealed record UseOf<T>(T What, int Files, long Bytes);

/// <summary>What a bucket holds, and what of it lies on this disk.</summary>
/// <param name="Name">Of the bucket.</param>
/// <param name="Place">Server or region.</param>
/// <param name="Bytes">In the bucket.</param>
/// <param name="CachedBytes">Copies on this disk.</param>
/// <param name="WaitingFiles">Files of the folder that are not in the bucket yet.</param>
/// <param name="WaitingBytes">Their bytes.</param>
public sealed record BucketUse(string Name, string Place, long Bytes, long CachedBytes, int WaitingFiles, long WaitingBytes);

/// <summary>What uses the disk; a file with several names or several owners counts once, with the first.</summary>
/// <param name="ByClass">Every class that uses something, the largest first.</param>
/// <param name="ByMember">Members by what their runs and uploads take, the largest first.</param>
/// <param name="ByRun">The runs that take most.</param>
/// <param name="Free">Bytes free on the disk.</param>
/// <param name="Total">Size of the disk.</param>
public sealed record DiskUsage(
    DateTimeOffset At, IReadOnlyList<UseOf<FileClass>> ByClass, IReadOnlyList<UseOf<string>> ByMember, IReadOnlyList<UseOf<FileRun>> ByRun, long Free, long Total)
{
    /// <summary>Where the files of the store are; null when on this disk alone.</summary>
    public BucketUse? Bucket { get; init; }

    /// <summary>Bytes of all classes.</summary>
    public long Bytes => ByClass.Sum(use => use.Bytes);
}

/// <summary>Counts what uses the disk. It walks the data folder, so an answer is given again for a while.</summary>
internal sealed class DiskUse(IDbContextFactory<MiniSoraDbContext> contexts, ArtifactStore store, DataFolder folder, TimeProvider clock) : IDisposable
{
    private const int MostRuns = 50, MostMembers = 200;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim gate = new(1);
    private DiskUsage? known;

    public async Task<DiskUsage> ReadAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (known is { } usage && clock.GetUtcNow() - usage.At < Fresh)
                return usage;
            return known = await CountAsync(cancellationToken);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>It changed: count at the next question.</summary>
    public void Forget() => known = null;

    public void Dispose() => gate.Dispose();

    private async Task<DiskUsage> CountAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var runs = await FileRuns.ReadAsync(context, cancellationToken);
        var members = await context.Users.AsNoTracking().ToDictionaryAsync(member => member.Id, member => member.DisplayName, cancellationToken);
        var rows = (await context.Artifacts.AsNoTracking().OrderBy(row => row.CreatedAt)
            .Select(row => new { row.Sha256, row.Kind, row.RunId, row.OwnerId })
            .ToListAsync(cancellationToken)).GroupBy(row => row.Sha256).ToDictionary(group => group.Key, group => group.First());
        var shown = (await context.Posts.Select(post => post.VideoSha256).ToListAsync(cancellationToken)).ToHashSet();
        var disk = await DiskFiles.ReadAsync(folder, store, cancellationToken);
        var tally = new Tally();
        foreach (var (sha256, file) in disk.Blobs)
        {
            if (!rows.TryGetValue(sha256, out var row))
                tally.Add(shown.Contains(sha256) ? FileClass.Published : FileClass.Stray, null, null, file.Bytes);
            else
                tally.Add(FileClasses.Of(row.Kind, row.RunId is { } id && runs.TryGetValue(id, out var made) ? made.Kind : null), row.OwnerId, row.RunId, file.Bytes);
        }

        foreach (var file in disk.Halves)
            tally.Add(FileClass.Stray, null, null, file.Bytes);
        foreach (var run in disk.OfRuns)
        {
            var known = runs.GetValueOrDefault(run.Key);
            foreach (var file in run.Where(file => !disk.IsLink(file)))
                tally.Add(known is null ? FileClass.Stray : file.Name == "log.txt" ? FileClass.Log : FileClass.Working, known?.OwnerId, known?.Named.Id, file.Bytes);
        }

        AddRest(tally);
        if (context.Database.IsNpgsql())
            tally.Add(FileClass.Database, null, null, await context.Database.SqlQuery<long>($"""SELECT pg_database_size(current_database()) AS "Value" """).SingleAsync(cancellationToken));
        return new(
            clock.GetUtcNow(),
            [.. tally.ByClass.Select(use => new UseOf<FileClass>(use.Key, use.Value.Files, use.Value.Bytes)).OrderByDescending(use => use.Bytes)],
            [.. tally.ByMember.Select(use => new UseOf<string>(members.GetValueOrDefault(use.Key, "–"), use.Value.Files, use.Value.Bytes)).OrderByDescending(use => use.Bytes).Take(MostMembers)],
            [.. tally.ByRun.Where(use => runs.ContainsKey(use.Key)).Select(use => new UseOf<FileRun>(runs[use.Key].Named, use.Value.Files, use.Value.Bytes)).OrderByDescending(use => use.Bytes).Take(MostRuns)],
            folder.FreeBytes(),
            folder.TotalBytes())
        {
            Bucket = store.Bucket is { } bucket ? Of(bucket, disk.Blobs.Values) : null,
        };
    }

    private BucketUse Of(ArtifactBucket bucket, IEnumerable<DiskFile> blobs)
    {
        var (waiting, there) = (store.Waiting().ToHashSet(), blobs.ToList());
        var held = there.Where(file => waiting.Contains(file.Name)).ToList();
        var bytes = held.Sum(file => file.Bytes);
        return new(bucket.Name, bucket.Place, there.Sum(file => file.Bytes) - bytes, store.CachedBytes, held.Count, bytes);
    }

    // What lies in the data folder beside the store and the runs.
    private void AddRest(Tally tally)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        foreach (var file in new DirectoryInfo(folder.Root).EnumerateFiles("*", options))
        {
            var top = Path.GetRelativePath(folder.Root, file.FullName).Split(Path.DirectorySeparatorChar)[0];
            if (top is "artifacts" or "runs" || !file.Exists)
                continue;
            tally.Add(
                top == "datasets" ? FileClass.Dataset : file.FullName.StartsWith(folder.Database, StringComparison.Ordinal) ? FileClass.Database : FileClass.Other,
                null, null, file.Length);
        }
    }

    private sealed class Tally
    {
        public Dictionary<FileClass, (int Files, long Bytes)> ByClass { get; } = [];

        public Dictionary<Guid, (int Files, long Bytes)> ByMember { get; } = [];

        public Dictionary<Guid, (int Files, long Bytes)> ByRun { get; } = [];

        public void Add(FileClass kind, Guid? owner, Guid? run, long bytes)
        {
            Add(ByClass, kind, bytes);
            if (owner is { } member)
                Add(ByMember, member, bytes);
            if (run is { } id)
                Add(ByRun, id, bytes);
        }

        private static void Add<T>(Dictionary<T, (int Files, long Bytes)> to, T key, long bytes)
            where T : notnull
        {
            var now = to.GetValueOrDefault(key);
            to[key] = (now.Files + 1, now.Bytes + bytes);
        }
    }
}
