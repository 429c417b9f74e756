using Hangfire;
using Microsoft.Extensions.Options;
using MiniSora.Jobs.Runs;
using MiniSora.Web.Queue;
using MiniSora.Web.Runs.Sweeps;
using MiniSora.Web.Status;
using MiniSora.Web.Storage;
using MiniSora.Web.Workers;

namespace MiniSora.Web.Runs;

/// <summary>Hands the next run to Hangfire whenever a slot is free. Wakes at once when something is submitted or ends.</summary>
internal sealed partial class RunScheduler(
    IBackgroundJobClient jobs,
    QueueOrder order,
    UseLedger use,
    DiskRoom room,
    StageRoom stage,
    SweepBudgets budgets,
    RunLedger ledger,
    RunSlots slots,
    Fleet fleet,
    LostSlots lost,
    JobSettings settings,
    RunWake wake,
    DiskReserve reserve,
    IOptions<RunOptions> options,
    TimeProvider clock,
    ILogger<RunScheduler> logger) : BackgroundService
{
    // Nothing is decided by the clock alone but silence, so this is slow.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(15);

    /// <summary>When it last looked for work to its end; null before the first time.</summary>
    public DateTimeOffset? LastLook { get; private set; }

    /// <summary>Starts what can start. Returns how many runs were handed over.</summary>
    public async Task<int> LookAsync(CancellationToken cancellationToken)
    {
        using var span = Telemetry.Source.StartActivity("scheduler.look");
        if (reserve.IsSpent)
        {
            await ledger.StopForFullDiskAsync(cancellationToken);
            reserve.Settle();
        }

        reserve.Keep(leaving: options.Value.MinFreeBytes);
        await ledger.ReapAsync(clock.GetUtcNow(), cancellationToken);
        await use.ChargeAsync(cancellationToken);
        await budgets.EnforceAsync(cancellationToken);
        var started = 0;
        if (settings.Shared)
            await lost.FreeAsync(cancellationToken);
        while (slots.Held.Count < fleet.Slots.Count && room.CauseForAll() is null)
        {
            var now = clock.GetUtcNow();
            var beyond = await budgets.BeyondAsync(slots.Held, cancellationToken);
            var line = (await order.LookAsync(slots.Held, cancellationToken)).Where(place => (place.Run.RetryAt is not { } retry || retry <= now) && !beyond.ContainsKey(place.Run.Id)).ToList();
            var waiting = await room.ThoseThatFitAsync(line, slots.Held, cancellationToken);
            if (await fleet.NextAsync(waiting, slots.Held, cancellationToken) is not { } next || !slots.Take(next.RunId))
                break;
            jobs.Create<RunJob>(next.Queue, job => job.ExecuteAsync(next.RunId, CancellationToken.None), new Hangfire.States.EnqueuedState(next.Queue));
            LogStarted(next.RunId, next.Queue);
            started++;
        }

        if (room.CauseForAll() is null)
            await stage.MakeAsync(slots.Held, cancellationToken);
        LastLook = clock.GetUtcNow();
        return started;
    }

    /// <summary>Called when the job of a run is over.</summary>
    public async Task EndedAsync(Guid runId, string reason)
    {
        try
        {
            await ledger.AbandonAsync(runId, reason, CancellationToken.None);
        }
        catch (Exception error)
        {
            // A boundary: what could not be stored is found out by the run's silence. Its slot must not be lost to the runs that wait.
            LogNotAbandoned(error, runId);
        }
        finally
        {
            slots.Free(runId);
            wake.Now();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        wake.Now();
        using var timer = clock.CreateTimer(_ => wake.Now(), null, LookAgain, LookAgain);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await wake.WaitAsync(stoppingToken);
                await LookAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // A boundary: with a full disk or a busy file the next look may succeed, and the portal must stay up meanwhile.
                LogLookFailed(error);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Run {RunId} handed over on queue {Queue}")]
    private partial void LogStarted(Guid runId, string queue);

    [LoggerMessage(LogLevel.Error, "The end of run {RunId} could not be stored")]
    private partial void LogNotAbandoned(Exception error, Guid runId);

    [LoggerMessage(LogLevel.Error, "The scheduler could not look for work")]
    private partial void LogLookFailed(Exception error);
}
