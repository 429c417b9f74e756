using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Objectives;

/// <summary>Element-wise likelihoods of normal distributions, in nats.</summary>
internal static class GaussianLikelihood
{
    /// <summary>KL(N(m₁, e^l₁) ‖ N(m₂, e^l₂)) for means and log variances of one shape.</summary>
    public static Tensor Divergence(Tensor mean1, Tensor logVariance1, Tensor mean2, Tensor logVariance2)
    {
        using var scope = NewDisposeScope();
        var difference = mean1.Minus(mean2);
        var ratio = logVariance1.Minus(logVariance2);
        return ratio.exp().Minus(ratio).add(HeldScalar.Of(-1), HeldScalar.One)
            .Plus(difference * difference * logVariance2.neg().exp())
            .mul(HeldScalar.Of(0.5)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// log probability of the bin of width 2/255 around x under N(mean, e^(2·logScale)), for x of 8-bit values scaled to [−1, 1]; the outer
    /// bins are open. Probabilities below 1e-12 count as 1e-12. The distribution function is the tanh approximation.
    /// </summary>
    public static Tensor LogBin(Tensor x, Tensor mean, Tensor logScale)
    {
        using var scope = NewDisposeScope();
        var centred = x.Minus(mean);
        var inverse = logScale.neg().exp();
        var upper = Cumulative(inverse * centred.add(HeldScalar.Of(1.0 / 255), HeldScalar.One));
        var lower = Cumulative(inverse * centred.add(HeldScalar.Of(-1.0 / 255), HeldScalar.One));
        var above = lower.neg().PlusOne();
        var inner = where(x.gt(HeldScalar.Of(0.999)), Log(above), Log(upper.Minus(lower)));
        return where(x.lt(HeldScalar.Of(-0.999)), Log(upper), inner).MoveToOuterDisposeScope();
    }

    private static Tensor Log(Tensor probability) => probability.clamp_min(HeldScalar.Of(1e-12)).log();

    /// <summary>½ (1 + tanh(√(2/π) (x + 0.044715 x³))).</summary>
    private static Tensor Cumulative(Tensor x) => x.Plus((x * x * x).mul(HeldScalar.Of(0.044715)))
        .mul(HeldScalar.Of(Math.Sqrt(2 / Math.PI))).tanh().PlusOne().mul(HeldScalar.Of(0.5));
}
