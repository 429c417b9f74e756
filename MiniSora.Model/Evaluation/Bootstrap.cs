namespace MiniSora.Model.Evaluation;

/// <summary>
/// Percentile bootstrap (Efron 1979) with seeded draws: the same data and seed give the same interval on every machine.
/// </summary>
public static class Bootstrap
{
    /// <summary>Interval of a statistic of n things.</summary>
    /// <param name="n">How many things there are.</param>
    /// <param name="statistic">Value for the things at these places; places come repeatedly.</param>
    /// <param name="seed">Of the draws.</param>
    /// <param name="resamples">How often it is computed.</param>
    /// <param name="level">Share of the resamples inside.</param>
    public static Interval Of(int n, Func<IReadOnlyList<int>, double> statistic, ulong seed = 1, int resamples = 1_000, double level = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(resamples);
        if (level is <= 0 or >= 1) throw new ArgumentOutOfRangeException(nameof(level), level, "a level lies between 0 and 1");
        var values = new double[resamples];
        var places = new int[n];
        for (var i = 0; i < resamples; i++)
        {
            var random = SplitMix64.For(seed, (ulong)i);
            for (var j = 0; j < n; j++) places[j] = (int)random.Below(n);
            values[i] = statistic(places);
        }

        Array.Sort(values);
        return new(Quantile(values, (1 - level) / 2), Quantile(values, (1 + level) / 2));
    }

    /// <summary>Interval of a mean.</summary>
    public static Interval OfMean(IReadOnlyList<double> values, ulong seed = 1, int resamples = 1_000, double level = 0.95) =>
        Of(values.Count, places => places.Average(place => values[place]), seed, resamples, level);

    /// <summary>
    /// Interval of the mean of a − b where both were measured on the same things. Two entries differ when it leaves out zero.
    /// </summary>
    public static Interval OfMeanDifference(IReadOnlyList<double> a, IReadOnlyList<double> b, ulong seed = 1, int resamples = 1_000, double level = 0.95)
    {
        if (a.Count != b.Count) throw new ArgumentException($"pairs have as many values, were {a.Count} and {b.Count}", nameof(b));
        return OfMean([.. a.Zip(b, (x, y) => x - y)], seed, resamples, level);
    }

    /// <summary>Quantile of sorted values by linear interpolation between the two nearest.</summary>
    internal static double Quantile(IReadOnlyList<double> sorted, double share)
    {
        var at = share * (sorted.Count - 1);
        var below = (int)Math.Floor(at);
        return below + 1 < sorted.Count ? sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]) : sorted[^1];
    }
}
