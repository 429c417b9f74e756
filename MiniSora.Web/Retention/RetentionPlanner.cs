using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Retention;

/// <summary>Works out what a policy would delete. Looks only; nothing is changed.</summary>
internal sealed class RetentionPlanner(IDbContextFactory<MiniSoraDbContext> contexts, ArtifactStore store, DataFolder folder, TimeProvider clock)
{
    /// <summary>Files younger than this stay: a file is in the store before its row is.</summary>
    public static readonly TimeSpan Youth = TimeSpan.FromMinutes(10);

    public async Task<RetentionPlan> PlanAsync(RetentionPolicy policy, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var runs = await FileRuns.ReadAsync(context, cancellationToken);
        var references = await References.LoadAsync(context, cancellationToken);
        // Last: whatever has a row by now is in the store by now.
        var disk = await DiskFiles.ReadAsync(folder, store, cancellationToken);
        var looking = new Looking(policy, runs, references, disk, clock.GetUtcNow());
        await looking.BlobsAsync(context, cancellationToken);
        await looking.FoldersAsync(context, cancellationToken);
        return new([.. looking.Items.OrderBy(item => item.Class).ThenBy(item => item.Run?.Number ?? 0).ThenBy(item => item.Name, StringComparer.Ordinal)], looking.Kept);
    }

    /// <summary>Step of the lowest held-out loss; null when the run measured none.</summary>
    public static async Task<long?> BestStepAsync(MiniSoraDbContext context, long runNumber, CancellationToken cancellationToken)
    {
        var found = await context.Database
            .SqlQuery<long>($"""SELECT "Step" AS "Value" FROM "MetricPoints" WHERE "Run" = {runNumber} AND "Metric" = (SELECT "Id" FROM "MetricNames" WHERE "Name" = 'validation_loss') AND "Value" IS NOT NULL ORDER BY "MetricPoints"."Value", "Step" LIMIT 1""")
            .ToListAsync(cancellationToken);
        return found.Count > 0 ? found[0] : null;
    }

    private sealed class Looking(RetentionPolicy policy, IReadOnlyDictionary<Guid, FileRuns.Facts> runs, References references, DiskFiles disk, DateTimeOffset now)
    {
        // Go with the file of the store that they are copies of.
        private readonly HashSet<string> counted = [];

        public List<PlanItem> Items { get; } = [];

        public List<KeptItem> Kept { get; } = [];

        public async Task BlobsAsync(MiniSoraDbContext context, CancellationToken cancellationToken)
        {
            var rows = await context.Artifacts.AsNoTracking().OrderBy(row => row.CreatedAt).ToListAsync(cancellationToken);
            var checkpoints = new Dictionary<Guid, IReadOnlySet<long>>();
            foreach (var group in rows.Where(row => row.Kind == "checkpoint" && row.RunId != null).GroupBy(row => row.RunId!.Value))
            {
                var best = policy.KeepBest && runs.TryGetValue(group.Key, out var run) ? await BestStepAsync(context, run.Named.Number, cancellationToken) : null;
                checkpoints[group.Key] = CheckpointRule.Kept(group.Select(row => row.Step), policy, best);
            }

            bool Wanted(Artifact row)
            {
                if (row.RunId is not { } id || !runs.TryGetValue(id, out var run))
                    return true;
                return FileClasses.Of(row, run.Kind) switch
                {
                    FileClass.Checkpoint => checkpoints[id].Contains(row.Step),
                    FileClass.Video or FileClass.Preview => !IsOld(run, policy.VideoDays),
                    _ => true,
                };
            }

            var named = new HashSet<string>();
            foreach (var blob in rows.GroupBy(row => row.Sha256))
            {
                named.Add(blob.Key);
                var let = blob.Where(row => !Wanted(row)).ToList();
                if (let.Count == 0)
                    continue;
                var first = let[0];
                var reasons = blob.SelectMany(row => references.Of(row.Sha256, row.RunId)).ToHashSet();
                if (let.Count < blob.Count())
                    reasons.Add(KeepReason.Shared);
                if (disk.Blobs.TryGetValue(blob.Key, out var file) && IsYoung(file))
                    reasons.Add(KeepReason.Young);
                var facts = runs[first.RunId!.Value];
                // The room of copies in working folders too: where the store could not link, there are two of everything.
                var files = blob.Where(row => row.RunId != null).Select(row => row.RunId!.Value).Distinct()
                    .SelectMany(run => disk.OfRuns[run].Where(copy => copy.Bytes == first.Bytes && blob.Any(row => row.RunId == run && row.FileName == copy.Name)))
                    .Append(file).OfType<DiskFile>().ToList();
                if (reasons.Count == 0)
                    counted.UnionWith(files.Select(one => one.Path));
                Add(FileClasses.Of(first, facts.Kind), "blob:" + blob.Key, facts.Named, first.FileName, Once(files), reasons);
            }

            foreach (var file in disk.Blobs.Values.Where(file => !named.Contains(file.Name) && !IsYoung(file)))
            {
                if (references.Of(file.Name, null) is { Count: 0 })
                    Add(FileClass.Stray, "blob:" + file.Name, null, file.Name, file.Bytes, []);
            }

            foreach (var file in disk.Halves.Where(file => !IsYoung(file)))
                Add(FileClass.Stray, "file:" + file.Path, null, file.Name, file.Bytes, []);
        }

        public async Task FoldersAsync(MiniSoraDbContext context, CancellationToken cancellationToken)
        {
            foreach (var folder in disk.OfRuns.Where(folder => !runs.ContainsKey(folder.Key)))
            {
                foreach (var file in folder.Where(file => !IsYoung(file)))
                    Add(FileClass.Stray, "file:" + file.Path, null, file.Name, disk.IsLink(file) ? 0 : file.Bytes, []);
            }

            var lines = policy.LogDays is null ? [] : await context.Runs
                .Where(run => context.RunEvents.Any(row => row.RunNumber == run.Number && row.Type == "log"))
                .Select(run => run.Id).ToHashSetAsync(cancellationToken);
            foreach (var (id, run) in runs.Where(run => IsOld(run.Value, policy.LogDays)))
            {
                var reasons = references.OfRun(id).ToHashSet();
                var log = disk.OfRuns[id].FirstOrDefault(IsLog);
                if (log is not null || lines.Contains(id))
                    Add(FileClass.Log, $"log:{id:N}", run.Named, log?.Name ?? "log", log?.Bytes ?? 0, reasons);
                if (run.State == RunState.Failed)
                    reasons.Add(KeepReason.Resumable);
                foreach (var file in disk.OfRuns[id].Where(file => !IsLog(file) && !disk.IsLink(file) && !counted.Contains(file.Path)))
                    Add(FileClass.Working, "file:" + file.Path, run.Named, file.Path.Split('/', 3)[2], file.Bytes, IsYoung(file) ? [.. reasons, KeepReason.Young] : reasons);
            }

        }

        private void Add(FileClass kind, string target, FileRun? run, string name, long bytes, IReadOnlyCollection<KeepReason> reasons)
        {
            if (reasons.Count == 0)
                Items.Add(new(kind, target, run, name, bytes));
            else
                Kept.Add(new(kind, target, run, name, bytes, [.. reasons.Order()]));
        }

        private bool IsYoung(DiskFile file) => file.Touched > now - Youth;

        private bool IsOld(FileRuns.Facts run, int? days) => days is { } limit && run.EndedAt < now - TimeSpan.FromDays(limit);

        private static bool IsLog(DiskFile file) => file.Path.Split('/') is [_, _, "log.txt"];

        private static long Once(IEnumerable<DiskFile> files) => files.GroupBy(file => file.Identity is { } identity ? (object)identity : file.Path).Sum(group => group.First().Bytes);
    }
}
