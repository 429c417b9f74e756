using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using MiniSora.Model.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Paths;

/// <summary>
/// Density of data under a flow that carries it to standard normal noise (Chen et al. 2018; Song et al. 2021, §D.2): log p(x) = log N(z) + ∫ div v dt along the way
/// from x to z. The divergence is Hutchinson's estimate with one probe per evaluation.
/// </summary>
internal static class ChangeOfVariables
{
    /// <summary>
    /// log p of data [B, …] in nats, [B], and the noise that it flows to. <paramref name="velocity"/>: dx/dt at (x, t) towards noise, with a gradient by x;
    /// <paramref name="times"/> rise from data to noise; <paramref name="probe"/> draws ±1. The caller owns both.
    /// </summary>
    public static (Tensor LogDensity, Tensor Noise) LogDensity(
        OdeMethod method, IReadOnlyList<double> times, Tolerance tolerance, Func<Tensor, double, Tensor> velocity, Tensor data, NoiseDraw probe)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        Tensor[] Slope(double time, Tensor[] state)
        {
            using var inner = NewDisposeScope();
            using var grad = enable_grad();
            var x = state[0].detach().clone().requires_grad_(true);
            var direction = probe(x.detach());
            var slope = velocity(x, time);
            var along = autograd.grad([(slope * direction).sum()], [x])[0];
            return [slope.detach().MoveToOuterDisposeScope(), (along * direction).flatten(1).sum(1).MoveToOuterDisposeScope()];
        }

        var start = zeros([data.shape[0]], data.dtype, data.device);
        var end = OdeGrid.Integrate(method, [data, start], times, tolerance, Slope, null);
        var size = data.NumberOfElements / data.shape[0];
        var prior = (end[0] * end[0]).flatten(1).sum(1).mul(HeldScalar.Of(-0.5)).add(HeldScalar.Of(-0.5 * size * Math.Log(2 * Math.PI)), HeldScalar.One);
        return scope.MoveToOuter(prior.Plus(end[1]), end[0]);
    }
}
