using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Queue;

/// <summary>
/// Whether the disk has room for another run. Before one starts, what it is expected to write must be free on top of what the running ones
/// have still to write; a run that does not fit waits while smaller ones go on.
/// </summary>
internal sealed class DiskRoom(DataFolder folder, IDbContextFactory<MiniSoraDbContext> contexts, IOptions<RunOptions> options)
{
    private volatile IReadOnlyDictionary<Guid, long> missing = new Dictionary<Guid, long>();

    /// <summary>Why no run at all may start; null when they may.</summary>
    public WaitCause? CauseForAll() => MissingForAll(folder.FreeBytes(), folder.TotalBytes(), options.Value) is > 0 and var bytes
        ? new(WaitReason.DiskFull, Mebibytes(bytes))
        : null;

    /// <summary>Why this run may not start although others may; null when it may.</summary>
    public WaitCause? CauseFor(Guid runId) => missing.TryGetValue(runId, out var bytes) ? new(WaitReason.NoRoom, Mebibytes(bytes)) : null;

    /// <summary>The waiting runs whose files will find room, in the order of the line.</summary>
    public async Task<IReadOnlyList<Guid>> ThoseThatFitAsync(IReadOnlyList<QueuePlace> line, IReadOnlyCollection<Guid> handedOver, CancellationToken cancellationToken)
    {
        if (line.Count == 0)
            return [];
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var room = folder.FreeBytes() - options.Value.MinFreeBytes - await PromisedAsync(context, handedOver, cancellationToken);
        // Only those that need more than there is are read: on most days none.
        var tooLarge = await context.Set<RunForecast>().Where(forecast => forecast.DiskBytes > room)
            .Join(context.Runs.Where(run => run.State == RunState.Queued), forecast => forecast.RunId, run => run.Id, (forecast, _) => new { forecast.RunId, forecast.DiskBytes })
            .ToDictionaryAsync(run => run.RunId, run => run.DiskBytes - room, cancellationToken);
        missing = tooLarge;
        return [.. line.Select(place => place.Run.Id).Where(id => !tooLarge.ContainsKey(id))];
    }

    /// <summary>
    /// Bytes that must become free before anything starts; 0 or less when it may. A disk counts as full at <see cref="RunOptions.FullestDisk"/>,
    /// unless <see cref="RunOptions.AmpleFreeBytes"/> are free all the same.
    /// </summary>
    internal static long MissingForAll(long free, long total, RunOptions options)
    {
        var share = Math.Min((long)Math.Round(total * (1 - options.FullestDisk)), options.AmpleFreeBytes);
        return Math.Max(options.MinFreeBytes, share) - free;
    }

    /// <summary>What runs that hold a device have still to write.</summary>
    private static async Task<long> PromisedAsync(MiniSoraDbContext context, IReadOnlyCollection<Guid> handedOver, CancellationToken cancellationToken)
    {
        var running = await context.Runs
            .Where(run => run.State == RunState.Running || handedOver.Contains(run.Id))
            .Join(context.Set<RunForecast>(), run => run.Id, forecast => forecast.RunId, (run, forecast) => new
            {
                forecast.DiskBytes,
                Written = context.Artifacts.Where(artifact => artifact.RunId == run.Id).Sum(artifact => artifact.Bytes),
            })
            .ToListAsync(cancellationToken);
        return running.Sum(run => Math.Max(0, run.DiskBytes - run.Written));
    }

    private static long Mebibytes(long bytes) => (bytes >> 20) + 1;
}
