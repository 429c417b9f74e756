using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Artifacts;

/// <summary>Removes what nobody needs: old checkpoints of a run, and files of the store that no row names.</summary>
internal sealed class ArtifactCleaner(
    IDbContextFactory<MiniSoraDbContext> contexts, ArtifactStore store, DataFolder folder, IOptions<RunOptions> options, TimeProvider clock)
{
    // A file is in the store before its row is: only those that had time to get one are strays.
    private static readonly TimeSpan Youth = TimeSpan.FromMinutes(10);

    /// <summary>Keeps the newest checkpoints of a run and those that a run or a post refers to.</summary>
    public async Task TrimCheckpointsAsync(Guid runId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var old = await context.Artifacts
            .Where(a => a.RunId == runId && a.Kind == "checkpoint")
            .OrderByDescending(a => a.Step).ThenByDescending(a => a.CreatedAt)
            .Skip(options.Value.CheckpointsKept)
            .ToListAsync(cancellationToken);
        foreach (var artifact in old)
        {
            if (await IsReferredToAsync(context, artifact.Sha256, cancellationToken))
                continue;
            await context.Artifacts.Where(a => a.Id == artifact.Id).ExecuteDeleteAsync(cancellationToken);
            if (!await context.Artifacts.AnyAsync(a => a.Sha256 == artifact.Sha256, cancellationToken))
                store.Delete(artifact.Sha256);
        }
    }

    /// <summary>Deletes files that no row names. Returns how many.</summary>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var needed = await context.Artifacts.Select(a => a.Sha256)
            .Union(context.Posts.Select(p => p.VideoSha256))
            .Union(context.Posts.Where(p => p.PosterSha256 != null).Select(p => p.PosterSha256!))
            .ToHashSetAsync(cancellationToken);
        var limit = clock.GetUtcNow() - Youth;
        var swept = 0;
        foreach (var file in new DirectoryInfo(folder.Artifacts).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            if (needed.Contains(file.Name) || file.LastWriteTimeUtc > limit.UtcDateTime)
                continue;
            file.Delete();
            swept++;
        }

        return swept;
    }

    private static async Task<bool> IsReferredToAsync(MiniSoraDbContext context, string sha256, CancellationToken cancellationToken) =>
        await context.Runs.AnyAsync(run => run.CheckpointSha256 == sha256, cancellationToken)
        || await context.Posts.AnyAsync(post => post.CheckpointSha256 == sha256, cancellationToken)
        || await context.LeaderboardEntries.AnyAsync(entry => entry.CheckpointSha256 == sha256, cancellationToken);
}
