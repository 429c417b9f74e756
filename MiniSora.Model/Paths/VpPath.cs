using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Paths;

/// <summary>
/// Variance preserving: log α = −¼ (1−t)² (β₁ − β₀) − ½ (1−t) β₀ and σ = √(1 − α²), with β₀ = 0.1 and β₁ = 20 (Song et al. 2021, eq. 33). At t = 0
/// a trace of data is left, at t = 1 the slope of σ is infinite.
/// </summary>
internal sealed class VpPath : InterpolantPath
{
    private const double Least = 0.1;
    private const double Most = 20;

    /// <inheritdoc/>
    public override Tensor Alpha(Tensor t) => LogAlpha(t).exp();

    /// <inheritdoc/>
    public override Tensor AlphaSlope(Tensor t) => Alpha(t) * AlphaLogSlope(t);

    /// <inheritdoc/>
    public override Tensor Sigma(Tensor t) => AlphaSquared(t).neg().PlusOne().sqrt();

    /// <inheritdoc/>
    public override Tensor SigmaSlope(Tensor t) => (AlphaSquared(t) * AlphaLogSlope(t) / Sigma(t)).neg();

    /// <inheritdoc/>
    public override Tensor AlphaLogSlope(Tensor t) => Left(t).mul(HeldScalar.Of(0.5 * (Most - Least))).add(HeldScalar.Of(0.5 * Least), HeldScalar.One);

    /// <inheritdoc/>
    public override (Tensor Mean, Tensor Variance) Drift(Tensor x, Tensor t)
    {
        using var scope = NewDisposeScope();
        // Half of β_t, which is the general form's value without its cancellation near t = 1.
        var half = DriftVariance(Column(t, x));
        return scope.MoveToOuter((half * x).neg(), half);
    }

    /// <inheritdoc/>
    protected override Tensor DriftVariance(Tensor t) =>
        Left(t).mul(HeldScalar.Of(Most - Least)).add(HeldScalar.Of(Least), HeldScalar.One).mul(HeldScalar.Of(0.5));

    private static Tensor Left(Tensor t) => t.neg().PlusOne();

    private static Tensor LogAlpha(Tensor t)
    {
        var left = Left(t);
        return left.square().mul(HeldScalar.Of(-0.25)).mul(HeldScalar.Of(Most - Least)).Minus(left.mul(HeldScalar.Of(0.5)).mul(HeldScalar.Of(Least)));
    }

    private static Tensor AlphaSquared(Tensor t) => LogAlpha(t).mul(HeldScalar.Of(2)).exp();
}
