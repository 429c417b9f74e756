using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Evaluation;

/// <summary>
/// The value a distance would have with infinitely many samples (Chong and Forsyth 2020, "Effectively Unbiased FID and Inception Score"):
/// the bias of a Fréchet distance or of an inception score is linear in 1/N, so a line through its values at several N, read at
/// 1/N = 0, has next to none.
/// </summary>
public static class InfiniteSamples
{
    /// <summary>Least squares line through values against 1/N: its value at zero and its slope.</summary>
    /// <param name="points">Number of samples and value; at least two different numbers.</param>
    public static (double Limit, double Slope) Extrapolate(IReadOnlyList<(int Samples, double Value)> points)
    {
        if (points.Select(point => point.Samples).Distinct().Count() < 2 || points.Any(point => point.Samples < 1))
            throw new ArgumentException("a line needs values at two numbers of samples at least", nameof(points));
        var x = points.Average(point => 1.0 / point.Samples);
        var y = points.Average(point => point.Value);
        var slope = points.Sum(point => (1.0 / point.Samples - x) * (point.Value - y)) / points.Sum(point => Math.Pow(1.0 / point.Samples - x, 2));
        return (y - slope * x, slope);
    }

    /// <summary>Fréchet distance extrapolated: random parts of the generated set against the whole real set, as in the paper.</summary>
    /// <param name="generated">[N, D].</param>
    /// <param name="real">[M, D].</param>
    /// <param name="smallest">Samples of the smallest part, at least 2 and below N.</param>
    /// <param name="seed">Of the choice of parts.</param>
    /// <param name="parts">Numbers of samples, evenly from <paramref name="smallest"/> to N; the paper's 15.</param>
    /// <param name="norm">Which covariance.</param>
    public static (double Limit, double Slope) Frechet(Tensor generated, Tensor real, int smallest, ulong seed, int parts = 15, CovarianceNorm norm = CovarianceNorm.Sample)
    {
        var n = (int)generated.shape[0];
        ArgumentOutOfRangeException.ThrowIfLessThan(smallest, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(smallest, n);
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 2);
        var points = new List<(int, double)>();
        for (var part = 0; part < parts; part++)
        {
            using var scope = NewDisposeScope();
            var count = smallest + (int)Math.Round((n - smallest) * (double)part / (parts - 1));
            var random = SplitMix64.For(seed, (ulong)part);
            points.Add((count, FrechetDistance.Between(FeatureMatrix.Rows(generated.cpu(), RandomSubset.Draw(ref random, n, count)), real, norm)));
        }

        return Extrapolate(points);
    }
}
