using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>Loss and gradient of one batch, or of one replica's part of it.</summary>
internal static class TrainingStep
{
    /// <summary>Loss, a tensor of one number, and the flat gradient; both detached from any scope, the caller owns them.</summary>
    public static (Tensor Loss, Tensor Gradient) Run(MiniSoraBackbone network, Tensor parameters, ScalarType compute, TrainingBatch batch)
    {
        using var scope = NewDisposeScope();
        var device = parameters.device;
        var weights = new ParameterViews(network.Layout, parameters, compute);
        var captions = TextBatch.From(batch.Captions, device);
        var predicted = network.ForwardPatches(weights, batch.Mixed.to(device), batch.Times, captions, batch.Rows, batch.Columns);
        var error = predicted.Minus(batch.Target.to(device));
        var loss = (error * error * batch.LossWeight.to(device)).sum();
        var gradient = autograd.grad([loss], [parameters])[0];
        return (loss.detach().DetachFromDisposeScope(), gradient.DetachFromDisposeScope());
    }
}
