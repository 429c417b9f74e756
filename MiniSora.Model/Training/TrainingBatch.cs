namespace MiniSora.Model.Training;

/// <summary>One step's tensors, on the CPU until the step takes them.</summary>
/// <param name="Step">Step they belong to.</param>
internal abstract record TrainingBatch(long Step) : IDisposable
{
    /// <summary>Number of lanes, B.</summary>
    public abstract int Lanes { get; }

    /// <summary>Whether it costs what most of the run's batches cost.</summary>
    public abstract bool IsTypical { get; }

    /// <summary>
    /// The lanes in at most <paramref name="count"/> parts of nearly equal number, views of this batch; itself when one part is enough. The
    /// losses of the parts add up to the loss of the whole.
    /// </summary>
    public List<TrainingBatch> Split(int count)
    {
        count = Math.Min(count, Lanes);
        if (count <= 1)
            return [this];
        var parts = new List<TrainingBatch>();
        for (int i = 0, from = 0; i < count; i++)
        {
            var size = (Lanes - from) / (count - i);
            parts.Add(Part(from, size));
            from += size;
        }

        return parts;
    }

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Views of some lanes; the caller disposes them.</summary>
    protected abstract TrainingBatch Part(int from, int size);
}
