using System.Collections.Concurrent;

namespace MiniSora.Model.Training;

/// <summary>
/// Builds batches ahead on one background thread, in step order. What a batch holds depends on its step alone, so reading
/// ahead changes nothing but the time.
/// </summary>
internal sealed class BatchQueue : IDisposable
{
    /// <summary>Longer than any sound disk or network takes for a batch; a run that waits on would hold its device for nothing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string dataset;
    private readonly TimeSpan patience;
    private readonly BlockingCollection<TrainingBatch> ready;
    private readonly CancellationTokenSource stop = new();
    private readonly Thread thread;
    private volatile Exception? failure;

    private bool stalled;

    /// <param name="build">The batch of a step.</param>
    /// <param name="firstStep">The first step that is taken.</param>
    /// <param name="ahead">Batches that wait at most.</param>
    /// <param name="dataset">Named when no batch comes.</param>
    /// <param name="patience">Until then; null for five minutes.</param>
    public BatchQueue(Func<long, TrainingBatch> build, long firstStep, int ahead, string dataset = "", TimeSpan? patience = null)
    {
        this.dataset = dataset;
        this.patience = patience ?? Patience;
        ready = new BlockingCollection<TrainingBatch>(ahead);
        thread = new Thread(() => Fill(build, firstStep)) { IsBackground = true, Name = "batches" };
        thread.Start();
    }

    /// <summary>Batches waiting; 0 again and again means that the data is the bottleneck.</summary>
    public int Waiting => ready.Count;

    /// <summary>The next batch; the caller owns it. Throws what the building thread threw.</summary>
    public TrainingBatch Take()
    {
        try
        {
            if (ready.TryTake(out var batch, patience))
                return batch;
            if (failure is null)
            {
                stalled = true;
                var seconds = patience.TotalSeconds.ToString("0", System.Globalization.CultureInfo.InvariantCulture);
                throw new Datasets.DatasetException(Datasets.DatasetErrors.Stalled, $"The dataset {dataset} gave no batch for {seconds} s.", [dataset, seconds]);
            }

            throw new InvalidOperationException("The queue of batches is closed.");
        }
        catch (InvalidOperationException) when (failure is not null)
        {
            throw new InvalidOperationException("A training batch could not be built: " + failure.Message, failure);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stop.Cancel();
        // A thread that hangs in a read cannot be ended; it goes with the process.
        if (stalled)
            return;
        thread.Join();
        while (ready.TryTake(out var batch))
            batch.Dispose();
        ready.Dispose();
        stop.Dispose();
    }

    private void Fill(Func<long, TrainingBatch> build, long step)
    {
        try
        {
            for (; ; step++)
            {
                var batch = build(step);
                try
                {
                    ready.Add(batch, stop.Token);
                }
                catch (OperationCanceledException)
                {
                    batch.Dispose();
                    return;
                }
            }
        }
#pragma warning disable CA1031 // The failure is handed to the thread that takes batches, whatever it is.
        catch (Exception thrown)
#pragma warning restore CA1031
        {
            failure = thrown;
            ready.CompleteAdding();
        }
    }
}
