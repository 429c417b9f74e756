using MiniSora.Model.Native;
using MiniSora.Model.Sampling;
using MiniSora.Model.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>A checkpoint to sample from, without what only training needs: optimizer, other averages, full precision.</summary>
public static class CheckpointExport
{
    /// <summary>
    /// Writes one copy of a checkpoint's weights as a checkpoint of its own, atomically. It samples as the copy did, to the rounding of
    /// <paramref name="type"/>, and a training can start from it with new averages and a new optimizer; it cannot be resumed.
    /// Throws <see cref="CheckpointException"/> and <see cref="SafeTensorsException"/> as reading a checkpoint does; <c>checkpoint_mismatch</c> as well for a
    /// system of several networks, whose parts are not one set of weights.
    /// </summary>
    /// <param name="from">The checkpoint.</param>
    /// <param name="to">File to write.</param>
    /// <param name="ema">Relative width of the copy, the nearest kept one where it was not kept; 0: the raw weights.</param>
    /// <param name="type">Stored type of the network's weights: float32, float16 or bfloat16. The codec keeps float32.</param>
    /// <param name="weights">Where a frozen text encoder that the checkpoint needs is found.</param>
    public static void Write(string from, string to, double ema, ScalarType type, WeightsPlace weights)
    {
        if (type is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16))
            throw new ArgumentOutOfRangeException(nameof(type), type, "float32, float16 or bfloat16");
        TorchRuntime.EnsureLoaded();
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(from);
        var description = checkpoint.Description;
        if (description.Cascade is not null)
            throw new CheckpointException("checkpoint_mismatch", "A cascade's networks are not one set of weights: it cannot be exported.");
        using var codec = checkpoint.ReadCodec(Placement.Cpu);
        using var system = checkpoint.ReadSystem(codec, weights, Placement.Cpu);
        var (index, _) = EmaChoice.Pick(description.Averages, ema);
        var flat = checkpoint.ReadWeights(system.Layout, index, CPU);
        // Large steps only lose range in float16: a weight beyond it would become infinite.
        if (type == ScalarType.Float16 && flat.abs().max().item<float>() > 65504)
            throw new CheckpointException("checkpoint_mismatch", "A weight is too large for float16; use bfloat16.");
        Checkpoint.WriteWeights(to, description with { EmaWidths = [], EmaDecay = 0, OptimizerUpdates = 0 }, system.Layout, flat.to_type(type), codec);
    }
}
