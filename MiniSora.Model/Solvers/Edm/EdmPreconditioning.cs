using MiniSora.Model.Layers;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Edm;

/// <summary>The preconditioning of EDM itself: unit variance of the network's input and target.</summary>
internal sealed class EdmPreconditioning(double sigmaData = 0.5, double sigmaMin = 0, double sigmaMax = double.PositiveInfinity) : IPreconditioning
{
    /// <inheritdoc/>
    public double SigmaMin => sigmaMin;

    /// <inheritdoc/>
    public double SigmaMax => sigmaMax;

    /// <inheritdoc/>
    public double Round(double sigma) => sigma;

    /// <inheritdoc/>
    public Tensor Denoise(RawNetwork network, Tensor x, Tensor sigma) => PreconditionedNetwork.Denoise(network, x, sigma, s =>
    {
        var data = HeldScalar.Of(sigmaData * sigmaData);
        var total = s.square().add(data, HeldScalar.One);
        return (
            total.reciprocal().mul(data),
            s.mul(HeldScalar.Of(sigmaData)).div(total.sqrt()),
            total.rsqrt(),
            s.log().mul(HeldScalar.Of(0.25)));
    });
}
