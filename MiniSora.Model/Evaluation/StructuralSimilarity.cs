namespace MiniSora.Model.Evaluation;

/// <summary>The window whose means, variances and covariance are compared.</summary>
/// <param name="Weights">Of one axis, summing to 1; the window is their outer product.</param>
/// <param name="SampleCovariance">Variances divided by N − 1 instead of N, N being the window's pixels.</param>
public sealed record SimilarityWindow(IReadOnlyList<double> Weights, bool SampleCovariance)
{
    /// <summary>11 × 11, σ 1.5: Wang et al. 2004.</summary>
    public static SimilarityWindow Gaussian11 { get; } = Gaussian(11, 1.5);

    /// <summary>7 × 7, σ 1.5: for frames of 32 pixels, of which the larger window would leave the middle alone.</summary>
    public static SimilarityWindow Gaussian7 { get; } = Gaussian(7, 1.5);

    /// <summary>7 × 7, all pixels alike, sample covariance: the default of scikit-image.</summary>
    public static SimilarityWindow Uniform7 { get; } = new([.. Enumerable.Repeat(1.0 / 7, 7)], true);

    private static SimilarityWindow Gaussian(int size, double sigma)
    {
        var weights = Enumerable.Range(0, size).Select(i => Math.Exp(-Math.Pow(i - size / 2, 2) / (2 * sigma * sigma))).ToArray();
        var sum = weights.Sum();
        return new([.. weights.Select(weight => weight / sum)], false);
    }
}

/// <summary>
/// Structural similarity (Wang et al. 2004) with K₁ = 0.01, K₂ = 0.03, averaged over the places where the whole window lies in the
/// image, so that no rule for borders matters.
/// </summary>
public static class StructuralSimilarity
{
    private const double K1 = 0.01, K2 = 0.03;

    /// <summary>Similarity of two planes of one channel, 1 for equal ones.</summary>
    /// <param name="a">[H, W].</param>
    /// <param name="b">[H, W].</param>
    /// <param name="H">Height, at least the window's.</param>
    /// <param name="W">Width, at least the window's.</param>
    /// <param name="range">Largest minus smallest possible value.</param>
    /// <param name="window">Which window.</param>
    public static double Of(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int H, int W, double range, SimilarityWindow window)
    {
        var size = window.Weights.Count;
        if (a.Length != H * W || b.Length != H * W) throw new ArgumentException($"planes of {H} × {W} have {H * W} values, were {a.Length} and {b.Length}");
        if (H < size || W < size) throw new ArgumentException($"frames of {H} × {W} are smaller than the window of {size} × {size}", nameof(window));

        var (c1, c2) = (K1 * range * K1 * range, K2 * range * K2 * range);
        double pixels = size * size;
        var factor = window.SampleCovariance ? pixels / (pixels - 1) : 1;
        var (squareA, squareB, product) = (new double[a.Length], new double[a.Length], new double[a.Length]);
        for (var i = 0; i < a.Length; i++) (squareA[i], squareB[i], product[i]) = (a[i] * a[i], b[i] * b[i], a[i] * b[i]);
        var (meanA, meanB) = (Filtered(a, H, W, window), Filtered(b, H, W, window));
        var (meanAA, meanBB, meanAB) = (Filtered(squareA, H, W, window), Filtered(squareB, H, W, window), Filtered(product, H, W, window));
        double sum = 0;
        for (var i = 0; i < meanA.Length; i++)
        {
            var (ux, uy) = (meanA[i], meanB[i]);
            var (vx, vy, vxy) = (factor * (meanAA[i] - ux * ux), factor * (meanBB[i] - uy * uy), factor * (meanAB[i] - ux * uy));
            sum += (2 * ux * uy + c1) * (2 * vxy + c2) / ((ux * ux + uy * uy + c1) * (vx + vy + c2));
        }

        return sum / meanA.Length;
    }

    /// <summary>[H, W] to [H − size + 1, W − size + 1].</summary>
    private static double[] Filtered(ReadOnlySpan<double> plane, int H, int W, SimilarityWindow window)
    {
        var size = window.Weights.Count;
        var (h, w) = (H - size + 1, W - size + 1);
        var rows = new double[H * w];
        for (var y = 0; y < H; y++)
            for (var k = 0; k < size; k++)
            {
                var weight = window.Weights[k];
                for (var x = 0; x < w; x++) rows[y * w + x] += weight * plane[y * W + x + k];
            }

        var result = new double[h * w];
        for (var y = 0; y < h; y++)
            for (var k = 0; k < size; k++)
            {
                var weight = window.Weights[k];
                for (var x = 0; x < w; x++) result[y * w + x] += weight * rows[(y + k) * w + x];
            }

        return result;
    }
}
