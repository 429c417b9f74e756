namespace MiniSora.Model.Evaluation;

/// <summary>A confidence interval.</summary>
public readonly record struct Interval(double Low, double High);

/// <summary>Confidence interval of a share (Wilson 1927): right for small numbers and shares near 0 and 1, where ± z√(pq/n) is not.</summary>
public static class WilsonInterval
{
    /// <summary>Interval of <paramref name="successes"/> out of <paramref name="trials"/>.</summary>
    /// <param name="successes">0 to <paramref name="trials"/>.</param>
    /// <param name="trials">At least 1.</param>
    /// <param name="z">Quantile of the normal distribution; 1.96 for 95 %.</param>
    public static Interval Of(int successes, int trials, double z = 1.959963984540054)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(trials);
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, trials);
        double n = trials;
        var p = successes / n;
        var centre = (p + z * z / (2 * n)) / (1 + z * z / n);
        var half = z * Math.Sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
        return new(successes == 0 ? 0 : centre - half, successes == trials ? 1 : centre + half);
    }
}
