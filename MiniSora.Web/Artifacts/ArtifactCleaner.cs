using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Web.Retention;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Artifacts;

/// <summary>Removes what nobody needs: old checkpoints of a run, and files of the store that no row names.</summary>
internal sealed partial class ArtifactCleaner(
    IDbContextFactory<MiniSoraDbContext> contexts, ArtifactStore store, DataFolder folder, RetentionPolicies policies, TimeProvider clock, ILogger<ArtifactCleaner> logger)
{
    /// <summary>Keeps the checkpoints of a run that the policy keeps, and those that somebody refers to.</summary>
    public async Task TrimCheckpointsAsync(Guid runId, CancellationToken cancellationToken)
    {
        var policy = await policies.ReadAsync(cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var checkpoints = await context.Artifacts.Where(a => a.RunId == runId && a.Kind == "checkpoint").ToListAsync(cancellationToken);
        if (checkpoints.Count <= policy.LastCheckpoints)
            return;
        var number = await context.Runs.Where(run => run.Id == runId).Select(run => run.Number).SingleAsync(cancellationToken);
        var best = policy.KeepBest ? await RetentionPlanner.BestStepAsync(context, number, cancellationToken) : null;
        var kept = CheckpointRule.Kept(checkpoints.Select(checkpoint => checkpoint.Step), policy, best);
        var old = checkpoints.Where(checkpoint => !kept.Contains(checkpoint.Step)).ToList();
        if (old.Count == 0)
            return;
        var references = await References.LoadAsync(context, cancellationToken);
        foreach (var artifact in old.Where(artifact => references.Of(artifact.Sha256, runId).All(reason => reason == KeepReason.Open)))
        {
            // Asked again by the same statement that deletes: a run may have been submitted meanwhile that starts from it.
            if (await context.Artifacts.Where(a => a.Id == artifact.Id && !context.Runs.Any(run => run.CheckpointSha256 == a.Sha256)).ExecuteDeleteAsync(cancellationToken) == 0)
                continue;
            if (!await context.Artifacts.AnyAsync(a => a.Sha256 == artifact.Sha256, cancellationToken))
                await DeleteAsync(artifact.Sha256, cancellationToken);
        }
    }

    // No row names it any more: if the bucket cannot be asked now, it goes with the other strays.
    private async Task DeleteAsync(string sha256, CancellationToken cancellationToken)
    {
        try
        {
            await store.DeleteAsync(sha256, cancellationToken);
        }
        catch (BucketAwayException error)
        {
            LogLeft(error, sha256);
        }
    }

    /// <summary>Removes pictures of clips on their way: of those clips of a run that are there now, or of all when its attempt is over.</summary>
    public async Task DropEstimatesAsync(Guid runId, IReadOnlyCollection<int>? clips, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var passed = (await context.Artifacts.Where(a => a.RunId == runId && a.Kind == EstimateFile.Kind).ToListAsync(cancellationToken)).Where(a => clips?.Contains(a.Index) != false);
        foreach (var artifact in passed)
        {
            await context.Artifacts.Where(a => a.Id == artifact.Id).ExecuteDeleteAsync(cancellationToken);
            // Another run may have made the same picture; then only this one's name for it goes.
            if (!await context.Artifacts.AnyAsync(a => a.Sha256 == artifact.Sha256, cancellationToken))
                await DeleteAsync(artifact.Sha256, cancellationToken);
            File.Delete(Path.Combine(new RunFolder(folder.RunFolder(runId)).Previews, artifact.FileName));
        }
    }

    /// <summary>Deletes files that no row names and no run waits for, whose own run may be gone. Returns how many.</summary>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        // Pictures that stayed when the portal died before it could drop them.
        await context.Artifacts.Where(a => a.Kind == EstimateFile.Kind && context.Runs.Any(run => run.Id == a.RunId && run.State != RunState.Running)).ExecuteDeleteAsync(cancellationToken);
        var needed = await context.Artifacts.Select(a => a.Sha256)
            .Union(context.Posts.Select(p => p.VideoSha256))
            .Union(context.Runs.Where(run => run.CheckpointSha256 != null && (run.State == RunState.Queued || run.State == RunState.Running || run.State == RunState.Interrupted || run.State == RunState.Paused)).Select(run => run.CheckpointSha256!))
            .Union(context.Posts.Where(p => p.PosterSha256 != null).Select(p => p.PosterSha256!))
            .ToHashSetAsync(cancellationToken);
        var limit = clock.GetUtcNow() - RetentionPlanner.Youth;
        var swept = 0;
        try
        {
            var files = await DiskFiles.ReadAsync(folder, store, cancellationToken);
            foreach (var stray in files.Blobs.Keys.Where(sha256 => !needed.Contains(sha256)))
                swept += await store.DeleteUnlessYoungAsync(stray, RetentionPlanner.Youth, cancellationToken) is > 0 ? 1 : 0;
            foreach (var half in files.Halves.Where(half => half.Touched <= limit))
            {
                File.Delete(Path.Combine(folder.Root, half.Path));
                swept++;
            }
        }
        catch (BucketAwayException error)
        {
            // Whoever left is gone all the same; a clean-up on /admin/storage finds what stays.
            LogLeft(error, "*");
        }

        return swept;
    }

    [LoggerMessage(LogLevel.Warning, "File {Sha256} could not be deleted from the bucket and is a stray now")]
    private partial void LogLeft(Exception error, string sha256);
}
