using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Evaluation;

/// <summary>By what the sum of squared deviations is divided.</summary>
public enum CovarianceNorm
{
    /// <summary>N − 1, as numpy's <c>cov</c> and most code for images.</summary>
    Sample,

    /// <summary>N, as StyleGAN-V's <c>compute_fvd</c>.</summary>
    Population,
}

/// <summary>
/// Fréchet distance of two Gaussian fits (Dowson and Landau 1982; Heusel et al. 2017): ‖μx − μy‖² + tr(Σx + Σy − 2(ΣxΣy)^½).
/// With Σ = AᵀA the last trace is the sum of singular values of Ax Ayᵀ. No square root of a matrix is taken, so that few
/// samples and dependent features lose no digits: eigenvalues that should be zero are noise of 1e-15, whose roots the originals add up to 1e-6.
/// </summary>
public static class FrechetDistance
{
    /// <summary>Distance of features <paramref name="x"/> (generated) and <paramref name="y"/> (real), in float64.</summary>
    /// <param name="x">[N, D] of any type; with one sample the distance is that of the means, as in the originals.</param>
    /// <param name="y">[M, D].</param>
    /// <param name="norm">Which covariance.</param>
    public static double Between(Tensor x, Tensor y, CovarianceNorm norm = CovarianceNorm.Sample)
    {
        FeatureMatrix.Check(x, y);
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var (a, meanA) = FeatureMatrix.Centred(x);
        var (b, meanB) = FeatureMatrix.Centred(y);
        var means = SumOfSquares(meanA.Minus(meanB));
        if (x.shape[0] == 1) return means;
        if (y.shape[0] == 1 && norm == CovarianceNorm.Sample)
            throw new ArgumentException("one real sample has no covariance", nameof(y));

        var (n, m) = norm == CovarianceNorm.Sample ? (x.shape[0] - 1.0, y.shape[0] - 1.0) : (x.shape[0], y.shape[0]);
        var common = linalg.svdvals(Root(a).mm(Root(b).t())).sum().item<double>();
        return means + SumOfSquares(a) / n + SumOfSquares(b) / m - 2 * common / Math.Sqrt(n * m);
    }

    /// <summary>A matrix of at most D rows with the same AᵀA.</summary>
    private static Tensor Root(Tensor a) => a.shape[0] > a.shape[1] ? linalg.qr(a, linalg.QRMode.Reduced).R : a;

    private static double SumOfSquares(Tensor a) => a.mul(a).sum().item<double>();
}
