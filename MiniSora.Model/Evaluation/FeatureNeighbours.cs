using System.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Evaluation;

/// <summary>How well generated samples fill the real set's space.</summary>
/// <param name="Density">Mean number of real neighbourhoods a generated sample lies in, over k: about 1 for equal distributions, may be above.</param>
/// <param name="Coverage">Share of real samples with a generated one in their neighbourhood.</param>
public sealed record DensityCoverage(double Density, double Coverage);

/// <summary>Measures by nearest neighbours among features, in float64 and with exact distances.</summary>
public static class FeatureNeighbours
{
    /// <summary>
    /// Density and coverage (Naeem et al. 2020, equations 4 and 5): the neighbourhood of a real sample is the ball to its k-th nearest other real sample.
    /// </summary>
    /// <param name="real">[N, D], N above k.</param>
    /// <param name="generated">[M, D].</param>
    /// <param name="k">Which neighbour.</param>
    public static DensityCoverage Coverage(Tensor real, Tensor generated, int k = 5)
    {
        FeatureMatrix.Check(real, generated);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(k, real.shape[0]);
        var (x, y) = (Rows(real), Rows(generated));
        long inside = 0, covered = 0;
        for (var i = 0; i < x.Length; i++)
        {
            var radius = Neighbour(x, i, k);
            var here = y.Count(sample => SquaredDistance(x[i], sample) <= radius);
            inside += here;
            if (here > 0) covered++;
        }

        return new(inside / ((double)k * y.Length), covered / (double)x.Length);
    }

    /// <summary>
    /// Authenticity (Alaa et al. 2022): share of generated samples that are farther from their nearest training sample than that one is from
    /// its own nearest other. Low values say that training samples are repeated.
    /// </summary>
    /// <param name="training">[N, D], N at least 2.</param>
    /// <param name="generated">[M, D].</param>
    public static double Authenticity(Tensor training, Tensor generated)
    {
        FeatureMatrix.Check(training, generated);
        ArgumentOutOfRangeException.ThrowIfLessThan(training.shape[0], 2, nameof(training));
        var (x, y) = (Rows(training), Rows(generated));
        var own = new double?[x.Length];
        var authentic = 0;
        foreach (var sample in y)
        {
            var (nearest, distance) = (0, double.PositiveInfinity);
            for (var i = 0; i < x.Length; i++)
            {
                var d = SquaredDistance(x[i], sample);
                if (d < distance) (nearest, distance) = (i, d);
            }

            if (distance > (own[nearest] ??= Neighbour(x, nearest, 1))) authentic++;
        }

        return authentic / (double)y.Length;
    }

    /// <summary>Squared distance of row i to its k-th nearest other row.</summary>
    private static double Neighbour(double[][] x, int i, int k)
    {
        var distances = new double[x.Length - 1];
        for (var j = 0; j < x.Length; j++)
        {
            if (j != i) distances[j < i ? j : j - 1] = SquaredDistance(x[i], x[j]);
        }

        Array.Sort(distances);
        return distances[k - 1];
    }

    private static double SquaredDistance(double[] a, double[] b)
    {
        var sum = Vector<double>.Zero;
        var i = 0;
        for (; i <= a.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var difference = new Vector<double>(a, i) - new Vector<double>(b, i);
            sum += difference * difference;
        }

        var total = Vector.Sum(sum);
        for (; i < a.Length; i++) total += (a[i] - b[i]) * (a[i] - b[i]);
        return total;
    }

    private static double[][] Rows(Tensor features)
    {
        using var scope = NewDisposeScope();
        var all = FeatureMatrix.Double(features).contiguous().data<double>().ToArray();
        var d = (int)features.shape[1];
        return [.. Enumerable.Range(0, (int)features.shape[0]).Select(i => all.AsSpan(i * d, d).ToArray())];
    }
}
