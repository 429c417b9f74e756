namespace MiniSora.Model.Evaluation;

/// <summary>Peak signal-to-noise ratio in decibels.</summary>
public static class PeakSignalToNoise
{
    /// <summary>10 log₁₀(range² / mean squared error); infinite for equal images.</summary>
    /// <param name="a">Any number of values.</param>
    /// <param name="b">As many.</param>
    /// <param name="range">Largest minus smallest possible value: 255, 1, 2.</param>
    public static double Of(ReadOnlySpan<double> a, ReadOnlySpan<double> b, double range) => 10 * Math.Log10(range * range / MeanSquaredError(a, b));

    /// <summary>As the common_metrics_on_video_quality tables have it: 100 for a mean squared error below 1e-10 of values in [0, 1].</summary>
    public static double Capped(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        const double Equal = 1e-10, Cap = 100;
        var error = MeanSquaredError(a, b);
        return error < Equal ? Cap : 10 * Math.Log10(1 / error);
    }

    internal static double MeanSquaredError(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        if (a.Length != b.Length || a.Length == 0) throw new ArgumentException($"images have as many values, were {a.Length} and {b.Length}");
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
        return sum / a.Length;
    }
}
