using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Queue;

/// <summary>Writes down, once per run, when it is expected to start: only what was said beforehand can be held against what happened.</summary>
internal sealed partial class ForecastKeeper(
    QueueBoard board, RunWriting writing, IDbContextFactory<MiniSoraDbContext> contexts, TimeProvider clock, ILogger<ForecastKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    /// <summary>Looks once. Returns how many were written.</summary>
    public async Task<int> KeepAsync(CancellationToken cancellationToken)
    {
        HashSet<Guid> missing;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            missing = await context.Runs
                .Where(run => run.State == RunState.Queued && run.CurrentAttempt == 0)
                .Join(context.Set<RunForecast>().Where(forecast => forecast.StartLow == null), run => run.Id, forecast => forecast.RunId, (run, _) => run.Id)
                .ToHashSetAsync(cancellationToken);
        }

        if (missing.Count == 0)
            return 0;
        var now = await board.LookAsync(cancellationToken);
        var said = now.Waiting.Where(entry => missing.Contains(entry.Id) && entry.StartsIn is not null).ToDictionary(entry => entry.Id, entry => entry.StartsIn!);
        return said.Count == 0 ? 0 : await writing.DoAsync(
            async write =>
            {
                var ids = said.Keys.ToList();
                foreach (var forecast in await write.Context.Set<RunForecast>().Where(forecast => ids.Contains(forecast.RunId)).ToListAsync(cancellationToken))
                {
                    forecast.StartLow = now.At.AddSeconds(said[forecast.RunId].Low);
                    forecast.StartHigh = now.At.AddSeconds(said[forecast.RunId].High);
                }

                return said.Count;
            },
            cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookAgain, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await KeepAsync(stoppingToken);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    // A boundary: a forecast that is not kept costs a point of a statistic, never the portal.
                    LogNotKept(error);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    [LoggerMessage(LogLevel.Warning, "Expected starts were not kept")]
    private partial void LogNotKept(Exception error);
}
