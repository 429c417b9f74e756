using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Gallery;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Models;

/// <summary>Finds the checkpoint that an address means.</summary>
internal sealed class ModelReader(IDbContextFactory<MiniSoraDbContext> contexts, ArtifactStore store)
{
    private const int MostPosts = 12;

    /// <summary>By the checkpoint's hash, or by the number of a run, which means its newest checkpoint; null when there is neither.</summary>
    public async Task<FoundModel?> FindAsync(string key, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var checkpoints = context.Artifacts.AsNoTracking().Where(a => a.Kind == "checkpoint" && a.RunId != null);
        Artifact? checkpoint;
        Guid runId;
        if (key.Length == 64)
        {
            // Two runs of one recipe end at the same weights, bit for bit: the first one made them.
            checkpoint = await checkpoints.Where(a => a.Sha256 == key).OrderBy(a => a.CreatedAt).ThenBy(a => a.Id).FirstOrDefaultAsync(cancellationToken);
            if (checkpoint is null)
                return null;
            runId = checkpoint.RunId!.Value;
        }
        else
        {
            if (!long.TryParse(key, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number))
                return null;
            runId = await context.Runs.Where(run => run.Number == number && run.Kind == RunKind.Training).Select(run => run.Id).SingleOrDefaultAsync(cancellationToken);
            if (runId == Guid.Empty)
                return null;
            checkpoint = await checkpoints.Where(a => a.RunId == runId).OrderByDescending(a => a.Step).ThenByDescending(a => a.CreatedAt).FirstOrDefaultAsync(cancellationToken);
        }

        var found = await context.Runs.AsNoTracking().Where(run => run.Id == runId)
            .Join(context.Users, run => run.OwnerId, member => member.Id, (run, member) => new { run, member.DisplayName, member.Handle })
            .SingleAsync(cancellationToken);
        return new(runId, found.run.Number, found.run.Name, checkpoint is null ? null : await CardAsync(context, checkpoint, found.run, found.DisplayName, found.Handle, cancellationToken));
    }

    private async Task<ModelCard> CardAsync(MiniSoraDbContext context, Artifact checkpoint, Run run, string owner, string handle, CancellationToken cancellationToken)
    {
        var versions = await context.Artifacts.Where(a => a.Kind == "checkpoint" && a.RunId == run.Id)
            .OrderBy(a => a.Step).ThenBy(a => a.CreatedAt).Select(a => new ModelVersion(a.Sha256, a.Step)).ToListAsync(cancellationToken);
        // By the checkpoint alone, for the same reason as in a lineage.
        var shown = (await context.Posts.Where(post => post.CheckpointSha256 == checkpoint.Sha256).Select(post => new { post.Number, Shown = post.HiddenAt == null }).ToListAsync(cancellationToken))
            .Where(post => post.Shown).Select(post => post.Number).OrderDescending().ToList();
        var newest = shown.Take(MostPosts).ToList();
        var posts = await context.Posts.AsNoTracking().Where(post => newest.Contains(post.Number))
            .Join(context.Users, post => post.AuthorId, member => member.Id, (post, member) => new { post, member.DisplayName, member.Handle })
            .OrderByDescending(row => row.post.Number).ToListAsync(cancellationToken);
        var spec = SpecYaml.Read(run.SpecYaml).Spec as TrainingSpec;
        return new(
            checkpoint.Sha256, checkpoint.Step, checkpoint.Bytes, await store.HasAsync(checkpoint.Sha256, cancellationToken) ? checkpoint.Url + "?download=1" : null, checkpoint.CreatedAt,
            run.Id, run.Number, run.Name, run.State, owner, handle, run.TotalSteps, run.SoftwareVersion, run.Machine ?? run.Device,
            run.StartStep, run.StartStep is null ? null : run.CheckpointSha256, run.SpecYaml, spec,
            spec is null ? 0 : RunEstimator.EstimateTraining(spec, Calibration.Uncalibrated).Parameters,
            [.. versions.DistinctBy(version => version.Sha256)],
            [.. posts.Select(row => PostTile.Of(row.post, row.DisplayName, row.Handle))],
            shown.Count);
    }
}
