using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using MiniSora.Model.Evaluation.Scores;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Scores;

/// <summary>Scores of an evaluation run.</summary>
public sealed record RunScores(Guid RunId, long RunNumber, ScoreReport Report);

/// <summary>Reads the scores that evaluation runs wrote.</summary>
public sealed class ScoreReader
{
    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly ArtifactStore store;

    internal ScoreReader(IDbContextFactory<MiniSoraDbContext> contexts, ArtifactStore store) => (this.contexts, this.store) = (contexts, store);

    /// <summary>Scores of a run; null when it has none or its file cannot be read.</summary>
    public async Task<ScoreReport?> OfRunAsync(Guid runId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var sha256 = await context.Artifacts.Where(a => a.RunId == runId && a.Kind == "scores").OrderByDescending(a => a.CreatedAt).Select(a => a.Sha256).FirstOrDefaultAsync(cancellationToken);
        return sha256 is null ? null : await ReadAsync(sha256, cancellationToken);
    }

    /// <summary>Scores of the newest finished evaluation of a checkpoint; null when there is none.</summary>
    public async Task<RunScores?> NewestOfAsync(string checkpointSha256, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.Runs.AsNoTracking()
            .Where(run => run.Kind == RunKind.Evaluation && run.State == RunState.Succeeded && run.CheckpointSha256 == checkpointSha256)
            .Join(context.Artifacts.Where(a => a.Kind == "scores"), run => run.Id, a => a.RunId, (run, a) => new { run.Id, run.Number, a.Sha256 })
            .OrderByDescending(x => x.Number)
            .FirstOrDefaultAsync(cancellationToken);
        return found is not null && await ReadAsync(found.Sha256, cancellationToken) is { } report ? new(found.Id, found.Number, report) : null;
    }

    private async Task<ScoreReport?> ReadAsync(string sha256, CancellationToken cancellationToken)
    {
        using var held = await store.HoldAsync(sha256, cancellationToken);
        if (held is null)
            return null;
        try
        {
            return ScoreReport.FromJson(await File.ReadAllTextAsync(held.Path, cancellationToken));
        }
        catch (JsonException)
        {
            // Of another version of the software: then there are no scores that this one could show.
            return null;
        }
    }
}
