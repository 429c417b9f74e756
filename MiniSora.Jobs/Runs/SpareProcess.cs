using System.ComponentModel;

namespace MiniSora.Jobs.Runs;

/// <summary>
/// One run process ahead of the runs: it has loaded libtorch, checked its arithmetic, and waits for a folder. A run that somebody waits for begins
/// two to three seconds sooner; meanwhile the spare one holds memory and no device.
/// </summary>
/// <param name="keep">Whether one is kept; otherwise every run starts a process of its own.</param>
public sealed class SpareProcess(RunProcessOptions options, bool keep, TimeProvider time) : IAsyncDisposable
{
    /// <summary>The run that has just begun has the processor to itself for so long.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(8);

    private readonly Lock gate = new();
    private readonly CancellationTokenSource closing = new();
    private RunProcess? waiting;

    /// <summary>Starts the spare process unless there is one. It is ready a few seconds later.</summary>
    public void Prepare()
    {
        lock (gate)
        {
            if (!keep || closing.IsCancellationRequested || waiting is { Ended.IsCompleted: false })
                return;
            try
            {
                waiting = RunProcess.StartWaiting(options, time);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or Win32Exception or InvalidOperationException)
            {
                // The next run tries to start its own and says why it cannot.
                waiting = null;
            }
        }
    }

    /// <summary>A process that works on a prepared folder: the spare one, else a new one. Throws when none can be started.</summary>
    public async Task<RunProcess> StartAsync(RunFolder folder, int attempt)
    {
        RunProcess? ready;
        lock (gate)
            (ready, waiting) = (waiting, null);
        if (keep)
            _ = PrepareLaterAsync();
        if (ready is { Ended.IsCompleted: false } && await ready.BeginAsync(folder, attempt).ConfigureAwait(false))
            return ready;
        if (ready is not null)
            await ready.DisposeAsync().ConfigureAwait(false);
        return RunProcess.Start(folder, attempt, options, time);
    }

    /// <summary>Ends the spare process.</summary>
    public async ValueTask DisposeAsync()
    {
        RunProcess? ready;
        await closing.CancelAsync().ConfigureAwait(false);
        lock (gate)
            (ready, waiting) = (waiting, null);
        if (ready is not null)
            await ready.DisposeAsync().ConfigureAwait(false);
        closing.Dispose();
    }

    private async Task PrepareLaterAsync()
    {
        try
        {
            await Task.Delay(Rest, time, closing.Token).ConfigureAwait(false);
            Prepare();
        }
        catch (Exception over) when (over is OperationCanceledException or ObjectDisposedException)
        {
            // Nobody needs one any more.
        }
    }
}
