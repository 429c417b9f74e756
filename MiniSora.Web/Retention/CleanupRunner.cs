using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Moderation;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Retention;

/// <summary>
/// Carries out clean-ups whose time has come, some items a transaction, so that everybody else gets their turn and a stop is heard soon. Each item is
/// asked again whether anybody needs it, in the transaction that takes its rows away. All that it knows is in the database: a killed portal goes on where it was.
/// </summary>
internal sealed partial class CleanupRunner(
    IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, ArtifactStore store, DataFolder folder, DiskUse use, TimeProvider clock, ILogger<CleanupRunner> logger) : BackgroundService
{
    /// <summary>Items of one transaction.</summary>
    internal const int AtOnce = 50;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>Does what is due. Returns whether there was something.</summary>
    public async Task<bool> AdvanceAsync(CancellationToken cancellationToken)
    {
        Guid id;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            var now = clock.GetUtcNow();
            id = await context.Set<Cleanup>()
                .Where(cleanup => cleanup.State == CleanupState.Running || (cleanup.State == CleanupState.Scheduled && cleanup.RunsAt <= now))
                .Select(cleanup => cleanup.Id).FirstOrDefaultAsync(cancellationToken);
        }

        if (id == Guid.Empty)
            return false;
        // What a process that died had begun is finished first.
        await FinishAsync(id, cancellationToken);
        while (await StepAsync(id, cancellationToken))
            await FinishAsync(id, cancellationToken);
        use.Forget();
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = Pause;
            try
            {
                await AdvanceAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // The boundary of the service: what cannot be deleted now is tried again.
                LogStuck(error);
                pause = TimeSpan.FromMinutes(1);
            }

            try
            {
                await Task.Delay(pause, clock, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Takes the rows of the next items away. False when there are none or it shall stop.</summary>
    private async Task<bool> StepAsync(Guid id, CancellationToken cancellationToken)
    {
        // Before the transaction, which keeps every other writer waiting: a bucket takes its time to answer. What becomes young meanwhile is not deleted either.
        var known = new Dictionary<string, ArtifactStore.Found?>();
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            foreach (var target in await Next(context, id).Select(item => item.Target).ToListAsync(cancellationToken))
            {
                if (target.Split(':', 2) is ["blob", var sha256])
                    known[sha256] = await store.FindAsync(sha256, cancellationToken);
            }
        }

        return await writing.DoAsync(
            async write =>
            {
                if (await write.Context.Set<Cleanup>().FindAsync([id], cancellationToken) is not { IsOpen: true } cleanup)
                    return false;
                cleanup.State = CleanupState.Running;
                var items = cleanup.StopRequested ? [] : await Next(write.Context, id).ToListAsync(cancellationToken);
                if (items.Count == 0)
                {
                    (cleanup.State, cleanup.EndedAt) = (cleanup.StopRequested ? CleanupState.Stopped : CleanupState.Done, write.Now);
                    if (cleanup.State == CleanupState.Done)
                        await Audit.WriteAsync(write, new Viewer(cleanup.RequestedBy, true, true), "cleanup_done", CleanupText.Of(cleanup.Deleted, cleanup.BytesFreed), "/admin/storage", cancellationToken);
                    return false;
                }

                var references = await References.LoadAsync(write.Context, cancellationToken);
                foreach (var item in items)
                {
                    var reason = await TakeAsync(write, item, references, known, cancellationToken);
                    (item.State, item.Reason) = (reason is null ? CleanupItemState.Removing : CleanupItemState.Kept, reason);
                    cleanup.Kept += reason is null ? 0 : 1;
                }

                return true;
            },
            cancellationToken);
    }

    private static IQueryable<CleanupItem> Next(MiniSoraDbContext context, Guid id) =>
        context.Set<CleanupItem>().Where(item => item.CleanupId == id && item.State == CleanupItemState.Waiting).OrderBy(item => item.Index).Take(AtOnce);

    /// <summary>Takes the rows of an item away and notes its files. Null when done, else why it stays.</summary>
    private async Task<KeepReason?> TakeAsync(RunWrite write, CleanupItem item, References references, IReadOnlyDictionary<string, ArtifactStore.Found?> files, CancellationToken cancellationToken)
    {
        var context = write.Context;
        var (kind, what) = (item.Target[..item.Target.IndexOf(':', StringComparison.Ordinal)], item.Target[(item.Target.IndexOf(':', StringComparison.Ordinal) + 1)..]);
        switch (kind)
        {
            case "blob":
                var rows = await context.Artifacts.Where(row => row.Sha256 == what).ToListAsync(cancellationToken);
                if (references.Of(what, null).Concat(rows.SelectMany(row => references.Of(what, row.RunId))).Order().Select(reason => (KeepReason?)reason).FirstOrDefault() is { } needed)
                    return needed;
                // A stray that got a row, a run that made the same file meanwhile: not what the preview showed.
                var known = rows.Where(row => row.CreatedAt <= PlannedAt(item, context)).ToList();
                if (known.Count < rows.Count || (item.Class == FileClass.Stray && rows.Count > 0))
                    return KeepReason.Shared;
                var paths = new List<string> { Path.GetRelativePath(folder.Root, store.PathOf(what)) };
                foreach (var row in rows.Where(row => row.RunId != null))
                    paths.AddRange(Copies(row));
                var file = files.GetValueOrDefault(what);
                if (file is null && !paths.Any(path => File.Exists(Path.Combine(folder.Root, path))) && rows.Count == 0)
                    return KeepReason.Gone;
                if (file?.IsYoung(RetentionPlanner.Youth, clock.GetUtcNow()) == true)
                    return KeepReason.Young;
                context.Artifacts.RemoveRange(rows);
                item.Paths = string.Join('\n', paths.Distinct());
                return null;
            case "log":
                var run = await context.Runs.FindAsync([Guid.ParseExact(what, "N")], cancellationToken);
                if (run is null)
                    return KeepReason.Gone;
                if (references.OfRun(run.Id).Select(reason => (KeepReason?)reason).FirstOrDefault() is { } wanted)
                    return wanted;
                var lines = context.RunEvents.Where(row => row.RunNumber == run.Number && row.Type == "log");
                // Whoever follows from before them is told to start afresh.
                run.PrunedSeq = Math.Max(run.PrunedSeq, await lines.MaxAsync(row => (long?)row.Seq, cancellationToken) ?? 0);
                await lines.ExecuteDeleteAsync(cancellationToken);
                item.Paths = Path.GetRelativePath(folder.Root, new Jobs.Runs.RunFolder(folder.RunFolder(run.Id)).LogFile);
                return null;
            default:
                if (item.RunId is { } id && references.OfRun(id).Select(reason => (KeepReason?)reason).FirstOrDefault() is { } open)
                    return open;
                if (item.RunId is { } failed && await context.Runs.AnyAsync(r => r.Id == failed && r.State == RunState.Failed, cancellationToken))
                    return KeepReason.Resumable;
                if (!File.Exists(Path.Combine(folder.Root, what)))
                    return KeepReason.Gone;
                item.Paths = what;
                return null;
        }
    }

    private static DateTimeOffset PlannedAt(CleanupItem item, MiniSoraDbContext context) => context.Set<Cleanup>().Local.Single(cleanup => cleanup.Id == item.CleanupId).CreatedAt;

    // The store links what a run wrote: it is gone only when the run's own name for it is gone too.
    private IEnumerable<string> Copies(Artifact row)
    {
        var runFolder = folder.RunFolder(row.RunId!.Value);
        if (!Directory.Exists(runFolder))
            return [];
        return new DirectoryInfo(runFolder).EnumerateFiles(row.FileName, SearchOption.AllDirectories)
            .Where(file => file.Length == row.Bytes)
            .Select(file => Path.GetRelativePath(folder.Root, file.FullName));
    }

    /// <summary>Deletes the files of items whose rows are gone, and says how much room that made.</summary>
    private async Task FinishAsync(Guid id, CancellationToken cancellationToken)
    {
        List<CleanupItem> items;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
            items = await context.Set<CleanupItem>().AsNoTracking().Where(item => item.CleanupId == id && item.State == CleanupItemState.Removing).OrderBy(item => item.Index).ToListAsync(cancellationToken);
        if (items.Count == 0)
            return;
        long freed = 0;
        foreach (var item in items)
            freed += await DeleteAsync(item, cancellationToken);
        await writing.DoAsync(
            async write =>
            {
                var cleanup = (await write.Context.Set<Cleanup>().FindAsync([id], cancellationToken))!;
                cleanup.Deleted += items.Count;
                cleanup.BytesFreed += freed;
                var done = items.Select(item => item.Index).ToList();
                await write.Context.Set<CleanupItem>().Where(item => item.CleanupId == id && done.Contains(item.Index))
                    .ExecuteUpdateAsync(set => set.SetProperty(item => item.State, CleanupItemState.Deleted), cancellationToken);
            },
            cancellationToken);
    }

    private async Task<long> DeleteAsync(CleanupItem item, CancellationToken cancellationToken)
    {
        long freed = 0;
        var seen = new HashSet<FileIdentity>();
        foreach (var path in item.Paths.Split('\n').Select(path => Path.Combine(folder.Root, path)))
        {
            var file = new FileInfo(path);
            var identity = file.Exists ? FileIdentity.Of(path) : null;
            long bytes;
            // Comes first. A run may have made the same file since its row was taken away: then it is that run's.
            if (ArtifactStore.IsHash(file.Name) && path == store.PathOf(file.Name))
            {
                if (await store.DeleteUnlessYoungAsync(file.Name, RetentionPlanner.Youth, cancellationToken) is not { } deleted)
                    return freed;
                bytes = deleted;
            }
            else if (file.Exists)
            {
                bytes = file.Length;
                file.Delete();
                Tidy(file.Directory);
            }
            else
            {
                continue;
            }

            freed += identity is { } known && !seen.Add(known) ? 0 : bytes;
        }

        return freed;
    }

    // Folders of a run that became empty go with what was in them.
    private void Tidy(DirectoryInfo? directory)
    {
        while (directory is not null && directory.FullName.StartsWith(folder.Runs + Path.DirectorySeparatorChar, StringComparison.Ordinal) && directory.Exists && !directory.EnumerateFileSystemInfos().Any())
        {
            directory.Delete();
            directory = directory.Parent;
        }
    }

    [LoggerMessage(LogLevel.Error, "A clean-up could not go on; it is tried again in a minute")]
    private partial void LogStuck(Exception error);
}
