namespace MiniSora.Model.Training;

/// <summary>
/// Which bucket a step's batch comes from. In every round each bucket has its share of steps, in an order of its own; so the schedule, and how
/// many clips of a bucket came before a step, are pure functions of the seed and the step, and a run resumes where it was.
/// </summary>
internal sealed class BucketSchedule
{
    private readonly ulong seed;
    private readonly int[] slots;
    private readonly int[] shares;
    private readonly int[] batches;

    /// <param name="seed">The run's seed.</param>
    /// <param name="shares">Steps of each bucket in a round.</param>
    /// <param name="batches">Clips in a batch of each bucket.</param>
    public BucketSchedule(ulong seed, IReadOnlyList<int> shares, IReadOnlyList<int> batches)
    {
        if (shares.Count == 0 || shares.Count != batches.Count || shares.Any(share => share < 1) || batches.Any(batch => batch < 1))
            throw new ArgumentException($"shares [{string.Join(", ", shares)}] and batches [{string.Join(", ", batches)}] must be positive and as many", nameof(shares));
        (this.seed, this.shares, this.batches) = (seed, [.. shares], [.. batches]);
        slots = [.. shares.SelectMany((share, bucket) => Enumerable.Repeat(bucket, share))];
    }

    /// <summary>The bucket of <paramref name="step"/> = 1, 2, 3 …, its batch, and the clips that came from it before.</summary>
    public (int Bucket, int Batch, long Position) At(long step)
    {
        var (round, place) = ((step - 1) / slots.Length, (int)((step - 1) % slots.Length));
        var order = Round(round);
        var bucket = order[place];
        var before = round * shares[bucket] + order.Take(place).Count(other => other == bucket);
        return (bucket, batches[bucket], before * batches[bucket]);
    }

    private int[] Round(long round)
    {
        var order = (int[])slots.Clone();
        var random = SplitMix64.For(seed, SeedLanes.Buckets, (ulong)round);
        for (var i = order.Length - 1; i > 0; i--)
        {
            var j = random.Below(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }
}
