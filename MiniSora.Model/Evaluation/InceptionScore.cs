using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Evaluation;

/// <summary>
/// Inception score (Salimans et al. 2016): exp of the mean divergence KL(p(class | sample) ‖ p(class)), over contiguous parts of the set.
/// A probability of zero adds nothing (the original's logarithm gives NaN).
/// </summary>
public static class InceptionScore
{
    /// <summary>Mean and standard deviation (divided by the number of parts) of the parts' scores.</summary>
    /// <param name="probabilities">[N, K], each row sums to 1.</param>
    /// <param name="parts">At most N; part i has the rows from iN/parts to (i + 1)N/parts, rounded down.</param>
    public static (double Mean, double Deviation) Of(Tensor probabilities, int parts)
    {
        if (probabilities.dim() != 2) throw new ArgumentException("probabilities are [N, K]", nameof(probabilities));
        var (n, classes) = ((int)probabilities.shape[0], (int)probabilities.shape[1]);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(parts);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parts, n);
        using var scope = NewDisposeScope();
        var p = FeatureMatrix.Double(probabilities).contiguous().data<double>().ToArray();
        var scores = new double[parts];
        for (var part = 0; part < parts; part++)
        {
            var (from, to) = ((int)((long)part * n / parts), (int)((long)(part + 1) * n / parts));
            scores[part] = Score(p.AsSpan(from * classes, (to - from) * classes), classes);
        }

        var mean = scores.Average();
        return (mean, Math.Sqrt(scores.Average(score => (score - mean) * (score - mean))));
    }

    private static double Score(ReadOnlySpan<double> p, int classes)
    {
        var rows = p.Length / classes;
        var marginal = new double[classes];
        for (var i = 0; i < p.Length; i++) marginal[i % classes] += p[i] / rows;
        double divergence = 0;
        for (var i = 0; i < p.Length; i++)
        {
            if (p[i] > 0) divergence += p[i] * (Math.Log(p[i]) - Math.Log(marginal[i % classes]));
        }

        return Math.Exp(divergence / rows);
    }
}
