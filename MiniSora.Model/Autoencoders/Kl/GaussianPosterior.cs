using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders.Kl;

/// <summary>
/// Normal distribution with independent components that an encoder gives for a picture (Kingma and Welling 2014).
/// Tensors belong to the dispose scope in which it was made.
/// </summary>
/// <param name="Mean">[N, c, h, w]; also the mode.</param>
/// <param name="LogVariance">[N, c, h, w], within [−30, 20].</param>
internal sealed record GaussianPosterior(Tensor Mean, Tensor LogVariance)
{
    private const double Smallest = -30;
    private const double Largest = 20;

    /// <summary>Standard deviation, [N, c, h, w].</summary>
    public Tensor Deviation => LogVariance.mul(HeldScalar.Of(0.5)).exp();

    /// <summary>From the encoder's [N, 2c, h, w]: means first, then log variances, which are clamped.</summary>
    public static GaussianPosterior From(Tensor moments)
    {
        var halves = moments.chunk(2, 1);
        return new GaussianPosterior(halves[0], halves[1].clamp(HeldScalar.Of(Smallest), HeldScalar.Of(Largest)));
    }

    /// <summary>mean + deviation · <paramref name="noise"/>; noise: unit normal, [N, c, h, w].</summary>
    public Tensor Sample(Tensor noise) => Mean.addcmul(Deviation, noise, HeldScalar.One);

    /// <summary>Divergence from the unit normal, summed over each picture: ½ Σ (μ² + σ² − 1 − ln σ²), [N].</summary>
    public Tensor Divergence()
    {
        using var scope = NewDisposeScope();
        var terms = Mean.mul(Mean).Plus(LogVariance.exp()).Minus(LogVariance).add(HeldScalar.Of(-1), HeldScalar.One);
        return terms.flatten(1).sum(1).mul(HeldScalar.Of(0.5)).MoveToOuterDisposeScope();
    }

    /// <summary>Negative log likelihood of a sample, summed over each picture: ½ Σ (ln 2π + ln σ² + (x − μ)² / σ²), [N].</summary>
    public Tensor NegativeLogLikelihood(Tensor sample)
    {
        using var scope = NewDisposeScope();
        var distance = sample.Minus(Mean);
        var terms = distance.mul(distance).div(LogVariance.exp()).Plus(LogVariance).add(HeldScalar.Of(Math.Log(2 * Math.PI)), HeldScalar.One);
        return terms.flatten(1).sum(1).mul(HeldScalar.Of(0.5)).MoveToOuterDisposeScope();
    }
}
