using MiniSora.Model.Layers;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Edm;

/// <summary>Of a network that predicts noise on the variance-preserving SDE with M trained steps.</summary>
internal sealed class VpPreconditioning(double betaD = 19.9, double betaMin = 0.1, int trainSteps = 1000, double epsilon = 1e-5) : IPreconditioning
{
    private readonly VpCurve curve = new(betaD, betaMin);

    /// <inheritdoc/>
    public double SigmaMin => curve.Sigma(epsilon);

    /// <inheritdoc/>
    public double SigmaMax => curve.Sigma(1);

    /// <inheritdoc/>
    public double Round(double sigma) => sigma;

    /// <inheritdoc/>
    public Tensor Denoise(RawNetwork network, Tensor x, Tensor sigma) => PreconditionedNetwork.Denoise(network, x, sigma, s =>
    {
        var total = s.square().PlusOne();
        var time = total.log().mul(HeldScalar.Of(2 * betaD)).add(HeldScalar.Of(betaMin * betaMin), HeldScalar.One).sqrt()
            .add(HeldScalar.Of(-betaMin), HeldScalar.One).mul(HeldScalar.Of((trainSteps - 1) / betaD));
        return (ones_like(s), s.neg(), total.rsqrt(), time);
    });
}
