using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Edm;

/// <summary>A denoising loss λ(σ) (D(y + σ n; σ) − y)²: how σ is drawn and weighted (Karras et al. 2022, table 1).</summary>
internal interface IDenoisingLoss
{
    /// <summary>Whether the draw that becomes σ is uniform on [0, 1) instead of standard normal.</summary>
    bool DrawsUniform { get; }

    /// <summary>Levels σ of draws [B, 1, …].</summary>
    Tensor Sigma(Tensor draw);

    /// <summary>Weights λ of levels [B, 1, …].</summary>
    Tensor Weight(Tensor sigma);
}

/// <summary>Of EDM: ln σ normal, weights that even out the initial loss.</summary>
internal sealed class EdmLoss(double meanLog = -1.2, double deviationLog = 1.2, double sigmaData = 0.5) : IDenoisingLoss
{
    /// <inheritdoc/>
    public bool DrawsUniform => false;

    /// <inheritdoc/>
    public Tensor Sigma(Tensor draw) => draw.mul(HeldScalar.Of(deviationLog)).add(HeldScalar.Of(meanLog), HeldScalar.One).exp();

    /// <inheritdoc/>
    public Tensor Weight(Tensor sigma) =>
        sigma.square().add(HeldScalar.Of(sigmaData * sigmaData), HeldScalar.One).div(sigma.mul(HeldScalar.Of(sigmaData)).square());
}

/// <summary>Of the variance-preserving SDE: t uniform from <paramref name="epsilon"/> to 1, λ = 1/σ².</summary>
internal sealed class VpLoss(double betaD = 19.9, double betaMin = 0.1, double epsilon = 1e-5) : IDenoisingLoss
{
    /// <inheritdoc/>
    public bool DrawsUniform => true;

    /// <inheritdoc/>
    public Tensor Sigma(Tensor draw)
    {
        var t = draw.mul(HeldScalar.Of(epsilon - 1)).PlusOne();
        return t.square().mul(HeldScalar.Of(0.5 * betaD)).Plus(t.mul(HeldScalar.Of(betaMin))).exp().add(HeldScalar.Of(-1), HeldScalar.One).sqrt();
    }

    /// <inheritdoc/>
    public Tensor Weight(Tensor sigma) => sigma.square().reciprocal();
}

/// <summary>Of the variance-exploding SDE: ln σ uniform, λ = 1/σ².</summary>
internal sealed class VeLoss(double sigmaMin = 0.02, double sigmaMax = 100) : IDenoisingLoss
{
    /// <inheritdoc/>
    public bool DrawsUniform => true;

    /// <inheritdoc/>
    public Tensor Sigma(Tensor draw) => draw.mul(HeldScalar.Of(Math.Log(sigmaMax / sigmaMin))).exp().mul(HeldScalar.Of(sigmaMin));

    /// <inheritdoc/>
    public Tensor Weight(Tensor sigma) => sigma.square().reciprocal();
}

/// <summary>Evaluates a denoising loss.</summary>
internal static class DenoisingLoss
{
    /// <summary>λ (D(y + σ n; σ) − y)² per element of clean data y [B, C, …], for draws [B, 1, …] and unit noise like y.</summary>
    public static Tensor Evaluate(this IDenoisingLoss loss, IPreconditioning preconditioning, RawNetwork network, Tensor clean, Tensor draw, Tensor noise)
    {
        using var scope = NewDisposeScope();
        var sigma = loss.Sigma(draw);
        var denoised = preconditioning.Denoise(network, clean.Plus(sigma.mul(noise)), sigma);
        return loss.Weight(sigma).mul(denoised.Minus(clean).square()).MoveToOuterDisposeScope();
    }
}
