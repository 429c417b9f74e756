using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Evaluation;

/// <summary>Features of clips, one row each.</summary>
public static class FeatureMatrix
{
    /// <summary>
    /// Both sets in units of the real set: less its mean, divided by its standard deviation (N − 1) for each feature. A feature that is
    /// constant in the real set is only shifted.
    /// </summary>
    /// <param name="real">[N, D], N at least 2.</param>
    /// <param name="generated">[M, D].</param>
    /// <returns>float64 [N, D] and [M, D]; the caller owns them.</returns>
    public static (Tensor Real, Tensor Generated) Standardised(Tensor real, Tensor generated)
    {
        Check(real, generated);
        ArgumentOutOfRangeException.ThrowIfLessThan(real.shape[0], 2, nameof(real));
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var (centred, mean) = Centred(real);
        using var count = (real.shape[0] - 1.0).ToScalar();
        // dim by name: a bare 0 is also a ScalarType and would sum everything.
        var deviation = centred.mul(centred).sum(dim: 0).div(count).sqrt();
        var unit = where(deviation.gt(HeldScalar.Of(0)), deviation, ones_like(deviation));
        return (centred.div(unit).MoveToOuterDisposeScope(), Double(generated).Minus(mean).div(unit).MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Both sets on the real set's first principal axes. For Fréchet distances with fewer than ten samples for each feature:
    /// with more features than that the covariance is mostly noise.
    /// </summary>
    /// <param name="real">[N, D].</param>
    /// <param name="generated">[M, D].</param>
    /// <param name="axes">How many, at most min(N, D).</param>
    /// <returns>float64 [N, axes] and [M, axes]; the caller owns them.</returns>
    public static (Tensor Real, Tensor Generated) OnPrincipalAxes(Tensor real, Tensor generated, int axes)
    {
        Check(real, generated);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(axes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(axes, Math.Min(real.shape[0], real.shape[1]));
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var (centred, mean) = Centred(real);
        // eigh orders from small to large; the axes are the last columns.
        var (_, vectors) = linalg.eigh(centred.t().mm(centred));
        var basis = vectors.narrow(1, vectors.shape[1] - axes, axes);
        return (centred.mm(basis).MoveToOuterDisposeScope(), Double(generated).Minus(mean).mm(basis).MoveToOuterDisposeScope());
    }

    internal static void Check(Tensor x, Tensor y)
    {
        if (x.dim() != 2 || y.dim() != 2 || x.shape[1] != y.shape[1] || x.shape[0] == 0 || y.shape[0] == 0)
            throw new ArgumentException($"features are [N, D] with one D, were [{string.Join(", ", x.shape)}] and [{string.Join(", ", y.shape)}]");
    }

    internal static Tensor Double(Tensor x) => x.detach().cpu().to_type(ScalarType.Float64);

    /// <summary>Rows less their mean, and the mean: [N, D] and [D].</summary>
    internal static (Tensor Centred, Tensor Mean) Centred(Tensor x)
    {
        var a = Double(x);
        var mean = a.mean([0]);
        return (a.Minus(mean), mean);
    }

    /// <summary>Rows at these places.</summary>
    internal static Tensor Rows(Tensor x, long[] places)
    {
        using var index = tensor(places, dtype: ScalarType.Int64);
        return x.index_select(0, index);
    }
}
