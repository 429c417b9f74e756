using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>Loss and gradient of one batch.</summary>
internal static class TrainingStep
{
    /// <summary>Loss, global gradient norm (before clipping) and the flat gradient, which the caller owns.</summary>
    public static (double Loss, double Norm, Tensor Gradient) Run(MiniSoraBackbone network, Tensor parameters, ScalarType compute, TrainingBatch batch)
    {
        using var scope = NewDisposeScope();
        var device = parameters.device;
        var weights = new ParameterViews(network.Layout, parameters, compute);
        var captions = TextBatch.From(batch.Captions, device);
        var velocity = network.ForwardPatches(weights, batch.Mixed.to(device), batch.Times, captions, batch.Rows, batch.Columns);
        var error = velocity.Minus(batch.Target.to(device));
        var loss = (error * error * batch.LossWeight.to(device)).sum();
        var gradient = autograd.grad([loss], [parameters])[0];
        // One transfer for both numbers: on a GPU each read waits for the whole queue.
        using var _ = no_grad();
        var numbers = stack([loss, gradient.norm()]).to(ScalarType.Float32).cpu().data<float>();
        return (numbers[0], numbers[1], gradient.MoveToOuterDisposeScope());
    }
}
