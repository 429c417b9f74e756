namespace MiniSora.Model.Training;

/// <summary>
/// A shuffled order without a stored permutation: epoch e visits every index of [0, count) once, and where an index comes is
/// a pure function of (seed, position). Four-round Feistel network on the next power of four, walked until it lands inside.
/// </summary>
internal static class ShuffledOrder
{
    /// <summary>Index at <paramref name="position"/> = 0, 1, 2 … of the endless sequence of epochs.</summary>
    public static long IndexAt(ulong seed, long position, long count)
    {
        if (count <= 0)
            throw new ArgumentOutOfRangeException(nameof(count), count, "a dataset must have clips");
        var epoch = (ulong)(position / count);
        var halfBits = 1;
        while (1L << (2 * halfBits) < count)
            halfBits++;
        var mask = (1UL << halfBits) - 1;
        var value = (ulong)(position % count);
        do
        {
            ulong left = value >> halfBits, right = value & mask;
            for (var round = 0UL; round < 4; round++)
                (left, right) = (right, left ^ (SplitMix64.For(seed, SeedLanes.Order, epoch * 4 + round, right).Next() & mask));
            value = (left << halfBits) | right;
        }
        while (value >= (ulong)count);
        return (long)value;
    }
}
