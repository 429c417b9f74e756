using MiniSora.Jobs.Runs;
using MiniSora.Web.Datasets;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Runs;

/// <summary>
/// Measures the machine once, when nothing runs, so that the first estimate a member sees is of this machine. A run that starts meanwhile goes
/// first, and so does the decoding of clips, which takes all processors; a finished run leaves its own rate, and then there is nothing to measure any more.
/// </summary>
internal sealed partial class MachineSpeed(RunProcessOptions process, SpareProcess spare, RunSlots slots, DatasetService datasets, DataFolder folder, TimeProvider clock, ILogger<MachineSpeed> logger) : BackgroundService
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <summary>True while the child measures.</summary>
    public bool Measuring { get; private set; }

    private bool Busy => slots.Held.Count > 0 || datasets.Decoding;

    /// <summary>It began or ended; raised on any thread.</summary>
    public event Action? Changed;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!File.Exists(folder.Calibration))
            {
                if (!Busy && await MeasureAsync(stoppingToken))
                    break;
                await Task.Delay(LookAgain, clock, stoppingToken);
            }

            // Not before: getting ready would be measured too.
            spare.Prepare();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>False when something else came first.</summary>
    private async Task<bool> MeasureAsync(CancellationToken stoppingToken)
    {
        using var otherComes = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var measuring = SpeedMeasurement.MeasureAsync(process, otherComes.Token);
        Measuring = true;
        Changed?.Invoke();
        try
        {
            while (!measuring.IsCompleted)
            {
                await Task.WhenAny(measuring, Task.Delay(LookAgain, clock, stoppingToken));
                stoppingToken.ThrowIfCancellationRequested();
                if (Busy)
                    await otherComes.CancelAsync();
            }

            if (await measuring is { } complaint)
                LogFailed(complaint);
            else
                LogMeasured();
            return true;
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            await otherComes.CancelAsync();
            // A portal that leaves takes its child along: its process is gone when this has ended.
            await measuring.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            Measuring = false;
            Changed?.Invoke();
        }
    }

    [LoggerMessage(LogLevel.Information, "The speed of this machine was measured: estimates use it")]
    private partial void LogMeasured();

    [LoggerMessage(LogLevel.Warning, "The speed of this machine could not be measured ({Complaint}): estimates stay rough until a run has finished")]
    private partial void LogFailed(string complaint);
}
