using MiniSora.Model.Layers;
using MiniSora.Model.Systems;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>Loss and gradient of one batch, or of one replica's part of it.</summary>
internal static class TrainingStep
{
    /// <summary>Loss, a tensor of one number, and the flat gradient; both detached from any scope, the caller owns them.</summary>
    public static (Tensor Loss, Tensor Gradient) Run(ILossSystem system, Tensor parameters, ScalarType compute, TrainingBatch batch, Activations activations = Activations.Keep)
    {
        using var scope = NewDisposeScope();
        if (activations == Activations.Recompute)
        {
            var leaves = ParameterViews.Recomputing(system.Layout, parameters, compute);
            using var recomputation = leaves.Recomputation!;
            var recomputed = system.Loss(leaves, batch);
            return (recomputed.detach().DetachFromDisposeScope(), recomputation.Gradient(recomputed).DetachFromDisposeScope());
        }

        var loss = system.Loss(new ParameterViews(system.Layout, parameters, compute), batch);
        var gradient = autograd.grad([loss], [parameters])[0];
        return (loss.detach().DetachFromDisposeScope(), gradient.DetachFromDisposeScope());
    }
}
