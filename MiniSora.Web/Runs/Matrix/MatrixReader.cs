using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Runs.Matrix;

/// <summary>Reads the previews of a run for its matrix.</summary>
internal sealed class MatrixReader(IDbContextFactory<MiniSoraDbContext> contexts, RunReader runs)
{
    /// <summary>As many as a film strip can be scrolled through. A run of days has thousands.</summary>
    public const int MostSteps = 60;

    /// <summary>The matrix of a run, by its id or number; null when there is no such run.</summary>
    public async Task<SampleMatrix?> ReadAsync(string run, CancellationToken cancellationToken)
    {
        if (await runs.IdAsync(run, cancellationToken) is not { } id)
            return null;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.Runs.AsNoTracking().Where(r => r.Id == id)
            .Join(context.Users, r => r.OwnerId, member => member.Id, (r, member) => new { r.Id, r.Number, r.Name, r.Kind, r.State, member.DisplayName })
            .SingleAsync(cancellationToken);
        var checkpoint = await context.Artifacts.Where(a => a.RunId == id && a.Kind == "checkpoint")
            .OrderByDescending(a => a.Step).ThenByDescending(a => a.CreatedAt).Select(a => a.Sha256).FirstOrDefaultAsync(cancellationToken);
        var all = await context.Artifacts.Where(a => a.RunId == id && a.Kind == "preview").Select(a => a.Step).Distinct().OrderBy(step => step).ToListAsync(cancellationToken);
        var steps = SampleMatrix.Spread(all, MostSteps);
        var files = await context.Artifacts.AsNoTracking()
            .Where(a => a.RunId == id && (a.Kind == "preview" || a.Kind == "poster") && steps.Contains(a.Step))
            .OrderBy(a => a.CreatedAt).ThenBy(a => a.Id)
            .Select(a => new { a.Kind, a.Step, a.Index, a.Prompt, a.Seed, a.Sha256, a.FileName })
            .ToListAsync(cancellationToken);

        // What a run makes again replaces what it made first; rows of before that was so may still be two.
        var posters = files.Where(file => file.Kind == "poster").GroupBy(file => (file.Step, file.Index)).ToDictionary(group => group.Key, group => group.Last());
        var rows = files.Where(file => file.Kind == "preview").GroupBy(file => file.Index).OrderBy(group => group.Key).Select(group =>
        {
            var clips = group.GroupBy(file => file.Step).ToDictionary(of => of.Key, of => of.Last());
            return new MatrixRow(group.Key, group.Last().Prompt ?? "", group.Last().Seed, [.. steps.Select(step => clips.TryGetValue(step, out var clip)
                ? new MatrixClip(Artifact.UrlOf(clip.Sha256, clip.FileName), posters.TryGetValue((step, group.Key), out var poster) ? Artifact.UrlOf(poster.Sha256, poster.FileName) : null)
                : null)]);
        });
        return new(found.Id, found.Number, found.Name, found.DisplayName, found.Kind, found.State, checkpoint, steps, all.Count, [.. rows]);
    }
}
