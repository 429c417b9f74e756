using MiniSora.Model.Layers;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Edm;

/// <summary>Of a network trained on the variance-exploding SDE.</summary>
internal sealed class VePreconditioning(double sigmaMin = 0.02, double sigmaMax = 100) : IPreconditioning
{
    /// <inheritdoc/>
    public double SigmaMin => sigmaMin;

    /// <inheritdoc/>
    public double SigmaMax => sigmaMax;

    /// <inheritdoc/>
    public double Round(double sigma) => sigma;

    /// <inheritdoc/>
    public Tensor Denoise(RawNetwork network, Tensor x, Tensor sigma) => PreconditionedNetwork.Denoise(network, x, sigma, s =>
        (ones_like(s), s.alias(), ones_like(s), s.mul(HeldScalar.Of(0.5)).log()));
}
