using System.Collections.Concurrent;

namespace MiniSora.Model.Training;

/// <summary>
/// Builds batches ahead on one background thread, in step order. What a batch holds depends on its step alone, so reading
/// ahead changes nothing but the time.
/// </summary>
internal sealed class BatchQueue : IDisposable
{
    private readonly BlockingCollection<TrainingBatch> ready;
    private readonly CancellationTokenSource stop = new();
    private readonly Thread thread;
    private volatile Exception? failure;

    public BatchQueue(Func<long, TrainingBatch> build, long firstStep, int ahead)
    {
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
            return ready.Take();
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
