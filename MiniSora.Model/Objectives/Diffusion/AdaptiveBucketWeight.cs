namespace MiniSora.Model.Objectives;

/// <summary>
/// Weights a loss by 1 / its running mean at the same noise level, so that every level counts alike (Stable Cascade). Levels are buckets of
/// log SNR: the first and the last are open. Not thread-safe.
/// </summary>
internal sealed class AdaptiveBucketWeight
{
    private const double Smallest = 1e-7;
    private const double Largest = 1e7;
    private readonly double[] edges;
    private readonly double[] losses;
    private readonly double decay;

    public AdaptiveBucketWeight(int buckets = 300, double lowest = -10, double highest = 10, double decay = 0.99)
    {
        if (buckets < 3)
            throw new ArgumentOutOfRangeException(nameof(buckets), buckets, "there are at least 3 buckets");
        // One edge fewer than buckets.
        edges = [.. Enumerable.Range(0, buckets - 1).Select(i => lowest + (highest - lowest) * i / (buckets - 2))];
        losses = [.. Enumerable.Repeat(1.0, buckets)];
        this.decay = decay;
    }

    /// <summary>Running loss of each bucket, from 1; what a checkpoint keeps.</summary>
    public IReadOnlyList<double> Losses => losses;

    /// <summary>Takes running losses from a checkpoint. Throws for another number of buckets.</summary>
    public void Restore(IReadOnlyList<double> running)
    {
        if (running.Count != losses.Length)
            throw new ArgumentException($"there are {losses.Length} buckets, the checkpoint has {running.Count}", nameof(running));
        running.ToArray().CopyTo(losses, 0);
    }

    /// <summary>Bucket of a level: the number of edges below it.</summary>
    public int Bucket(double logSnr)
    {
        var found = Array.BinarySearch(edges, logSnr);
        return found < 0 ? ~found : found;
    }

    /// <summary>1 / running loss of the level's bucket, within [1e-7, 1e7].</summary>
    public double At(double logSnr) => Math.Clamp(1 / losses[Bucket(logSnr)], Smallest, Largest);

    /// <summary>Takes the unweighted losses of a batch; several in one bucket count as their mean.</summary>
    public void Update(IReadOnlyList<double> logSnr, IReadOnlyList<double> batchLosses)
    {
        foreach (var group in logSnr.Zip(batchLosses).GroupBy(pair => Bucket(pair.First), pair => pair.Second))
            losses[group.Key] = losses[group.Key] * decay + group.Average() * (1 - decay);
    }
}
