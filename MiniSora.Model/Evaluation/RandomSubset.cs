namespace MiniSora.Model.Evaluation;

/// <summary>Draws without replacement.</summary>
internal static class RandomSubset
{
    /// <summary><paramref name="count"/> different numbers of 0 … n − 1, in random order (Fisher and Yates).</summary>
    internal static long[] Draw(ref SplitMix64 random, int n, int count)
    {
        var all = new long[n];
        for (var i = 0; i < n; i++) all[i] = i;
        for (var i = 0; i < count; i++)
        {
            var j = random.Range(i, n - 1);
            (all[i], all[j]) = (all[j], all[i]);
        }

        return all[..count];
    }
}
