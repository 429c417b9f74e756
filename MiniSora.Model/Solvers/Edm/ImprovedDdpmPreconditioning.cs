using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Edm;

/// <summary>
/// Of a network that predicts noise (and, in a second half of its channels, a variance, which is not used) on the M steps of
/// improved DDPM. Only these levels are supported.
/// </summary>
internal sealed class ImprovedDdpmPreconditioning(double c1 = 0.001, double c2 = 0.008, int trainSteps = 1000) : IPreconditioning
{
    private readonly double[] levels = CosineLevels.Of(trainSteps, c1, c2, single: true);

    /// <inheritdoc/>
    public double SigmaMin => levels[trainSteps - 1];

    /// <inheritdoc/>
    public double SigmaMax => levels[0];

    /// <inheritdoc/>
    public double Round(double sigma) => levels[Index(sigma)];

    /// <inheritdoc/>
    public Tensor Denoise(RawNetwork network, Tensor x, Tensor sigma) => PreconditionedNetwork.Denoise(network, x, sigma, s =>
    {
        var labels = s.cpu().data<float>().Select(level => (float)(trainSteps - 1 - Index(level))).ToArray();
        var total = s.square().PlusOne();
        return (ones_like(s), s.neg(), total.rsqrt(), tensor(labels, s.shape, device: s.device));
    });

    private int Index(double sigma)
    {
        var wanted = (double)(float)sigma;
        var nearest = 0;
        for (var j = 1; j < levels.Length; j++)
        {
            if (Math.Abs(levels[j] - wanted) < Math.Abs(levels[nearest] - wanted))
                nearest = j;
        }

        return nearest;
    }
}
