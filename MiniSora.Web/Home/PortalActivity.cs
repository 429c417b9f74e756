using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Gallery;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Home;

/// <summary>What the portal is doing, as the home page says it.</summary>
/// <param name="Running">Runs that work now.</param>
/// <param name="Waiting">Runs in the queue.</param>
/// <param name="FinishedLastDay">Runs that ended well within the last 24 hours.</param>
/// <param name="Posts">Videos in the gallery.</param>
internal sealed record ActivityNow(int Running, int Waiting, int FinishedLastDay, int Posts);

/// <summary>Counts runs and the gallery's videos.</summary>
internal sealed class PortalActivity(IDbContextFactory<MiniSoraDbContext> database, GalleryFeed gallery, TimeProvider clock)
{
    public async Task<ActivityNow> NowAsync(CancellationToken cancellationToken)
    {
        await using var context = await database.CreateDbContextAsync(cancellationToken);
        var since = clock.GetUtcNow().AddDays(-1);
        return new(
            await context.Runs.CountAsync(run => run.State == RunState.Running, cancellationToken),
            await context.Runs.CountAsync(run => run.State == RunState.Queued, cancellationToken),
            await context.Runs.CountAsync(run => run.State == RunState.Succeeded && run.EndedAt >= since && run.Number != StarterCheckpoint.Number, cancellationToken),
            (await gallery.CountAsync(new(), cancellationToken)).Total);
    }
}
