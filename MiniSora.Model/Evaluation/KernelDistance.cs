using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Evaluation;

/// <summary>
/// Kernel distance of features: the unbiased estimate of the squared maximum mean discrepancy with the kernel (xᵀy/D + 1)³
/// (Gretton et al. 2012, lemma 6; Bińkowski et al. 2018, where it is KID; of video features, KVD). Centred on zero for equal
/// distributions, so it may be slightly negative. Tables usually print it times 1000.
/// </summary>
public static class KernelDistance
{
    /// <summary>The estimate over whole sets.</summary>
    /// <param name="x">[N, D], N at least 2.</param>
    /// <param name="y">[M, D], M at least 2.</param>
    /// <param name="precision">float64; float32 only to repeat originals that lose digits so.</param>
    public static double Between(Tensor x, Tensor y, ScalarType precision = ScalarType.Float64)
    {
        FeatureMatrix.Check(x, y);
        ArgumentOutOfRangeException.ThrowIfLessThan(x.shape[0], 2, nameof(x));
        ArgumentOutOfRangeException.ThrowIfLessThan(y.shape[0], 2, nameof(y));
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var (a, b) = (x.detach().cpu().to_type(precision), y.detach().cpu().to_type(precision));
        double n = a.shape[0], m = b.shape[0];
        return OffDiagonal(a) / (n * (n - 1)) + OffDiagonal(b) / (m * (m - 1)) - 2 * Number(Kernel(a, b).sum()) / (n * m);
    }

    /// <summary>Mean over pairs of parts, as StyleGAN-V's KID: row s of each index names the samples of pair s.</summary>
    /// <param name="x">[N, D].</param>
    /// <param name="y">[M, D].</param>
    /// <param name="ofX">int64 [S, K].</param>
    /// <param name="ofY">int64 [S, L].</param>
    /// <param name="precision">As above.</param>
    public static double OverSubsets(Tensor x, Tensor y, Tensor ofX, Tensor ofY, ScalarType precision = ScalarType.Float64)
    {
        if (ofX.dim() != 2 || ofY.dim() != 2 || ofX.shape[0] != ofY.shape[0] || ofX.shape[0] == 0)
            throw new ArgumentException("the two lists of parts are [S, K] and [S, L]", nameof(ofX));
        using var scope = NewDisposeScope();
        var (a, b, i, j) = (x.cpu(), y.cpu(), ofX.cpu(), ofY.cpu());
        double sum = 0;
        for (long s = 0; s < i.shape[0]; s++) sum += Between(a.index_select(0, i[s]), b.index_select(0, j[s]), precision);
        return sum / i.shape[0];
    }

    /// <summary>Mean over randomly drawn pairs of parts of <paramref name="size"/> samples each (fewer when a set is smaller).</summary>
    public static double OverRandomSubsets(Tensor x, Tensor y, int subsets, int size, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(subsets);
        var (n, m) = ((int)x.shape[0], (int)y.shape[0]);
        size = Math.Min(size, Math.Min(n, m));
        using var scope = NewDisposeScope();
        var (a, b) = (x.cpu(), y.cpu());
        double sum = 0;
        for (var s = 0; s < subsets; s++)
        {
            var random = SplitMix64.For(seed, (ulong)s);
            sum += Between(FeatureMatrix.Rows(a, RandomSubset.Draw(ref random, n, size)), FeatureMatrix.Rows(b, RandomSubset.Draw(ref random, m, size)));
        }

        return sum / subsets;
    }

    private static Tensor Kernel(Tensor a, Tensor b)
    {
        using var gamma = (1.0 / a.shape[1]).ToScalar();
        var k = a.mm(b.t()).mul(gamma).PlusOne();
        return k.mul(k).mul(k);
    }

    private static double OffDiagonal(Tensor a)
    {
        var k = Kernel(a, a);
        return Number(k.sum()) - Number(k.diagonal().sum());
    }

    private static double Number(Tensor value) => value.to_type(ScalarType.Float64).item<double>();
}
