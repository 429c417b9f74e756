using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Specs;

/// <summary>
/// Peak memory of a run's process, from the tensors that it holds at once. Counted from the code: what each block keeps for the backward pass,
/// what the optimizer, the averages, the copy to go back to and the batches ahead take. Fitted to measured peaks are only the process itself and
/// what the heap wastes; <c>minisora bench --memory</c> measures the whole again.
/// </summary>
internal static class MemoryModel
{
    /// <summary>The runtime, libtorch, the codec's fit, the data set: what a run process has taken before the first step.</summary>
    public const double ProcessBytes = 300e6;

    /// <summary>The same of a run that samples, which also makes pictures.</summary>
    private const double SamplingProcessBytes = 265e6;

    /// <summary>What the heap holds beyond tensors that come and go, by their sum.</summary>
    private const double HeapShare = 1.13;

    /// <summary>The same for tensors that stay as long as the run.</summary>
    private const double StayingShare = 1.02;

    private const int BatchesAhead = 6;

    /// <summary>A block that is computed and then differentiated holds what it needs, what it does not, and gradients, by turns: in blocks that keep only what they need.</summary>
    private const double RecomputedBlocks = 2.6;

    /// <summary>Weights and working memory of an imported codec, the published one's.</summary>
    private const double ImportedCodecBytes = 600 * 1048576.0;

    /// <summary>Of a training run.</summary>
    public static double Training(TrainingSpec spec, NetworkCost cost, int bytes)
    {
        var options = spec.Training;
        return ProcessBytes + CodecBytes(spec) + StayingShare * State(spec, cost, bytes) + HeapShare * (Step(spec, cost, bytes) + BatchesAhead * options.Batch * InputBytes(spec, cost));
    }

    /// <summary>Of a sampling run from a checkpoint of <paramref name="source"/>: read weights, the flat buffer, the working copy; one block's tensors.</summary>
    public static double Sampling(SamplingSpec spec, TrainingSpec source, NetworkCost cost, int bytes)
    {
        var guided = spec.Sampler.Guidance == 1 ? 1 : 2;
        var copies = (spec.Sampler.EmaWidth > 0 ? 3 : 2) * 4 + (bytes == 2 ? 2 : 0);
        var block = BlockValues(source.Model, cost.AttentionSpan) + 2 * source.Model.MlpRatio * source.Model.Width;
        return SamplingProcessBytes + StayingShare * cost.Parameters * copies + HeapShare * guided * cost.Tokens * block * bytes;
    }

    /// <summary>
    /// Numbers per token that a block keeps for the backward pass: the normed and modulated inputs of its two halves, queries, keys and values (also
    /// normalised and rotated in MiniSora), attention weights where no fused kernel does without them, both sides of the activation.
    /// </summary>
    private static double BlockValues(BackboneOptions model, double span)
    {
        double width = model.Width;
        var fused = span >= 256;
        var weights = fused ? 0 : model.Heads * span;
        var rest = model.Network == NetworkKind.MiniSora ? 18 : fused ? 13 : 12;
        var twin = model is { Network: NetworkKind.Latte, Variant: LatteVariant.SequentialAttention or LatteVariant.ParallelAttention };
        return (rest + (twin ? 8 : 0)) * width + 2 * model.MlpRatio * width + weights;
    }

    /// <summary>Parameters and moments, twice (the copy to go back to), the mask of weight decay, averages, snapshots of them.</summary>
    private static double State(TrainingSpec spec, NetworkCost cost, int bytes)
    {
        var options = spec.Training;
        var averages = options.Averages.Count;
        var stored = 2.0 * options.EmaSnapshots * options.EmaWidths.Count;
        // The gradient of each replica, in fp32 and in the arithmetic's type, and the optimizer's temporaries.
        var gradients = Replicas(options) * (4 + (bytes == 2 ? 4 : 0)) + 8;
        return cost.Parameters * (2 * 4 * (3 + averages) + 4 + stored + gradients);
    }

    /// <summary>What a step keeps until its backward pass, and what that pass adds at its first block.</summary>
    private static double Step(TrainingSpec spec, NetworkCost cost, int bytes)
    {
        var (options, model) = (spec.Training, spec.Model);
        double clips = (options.Batch + options.Accumulation - 1) / Math.Max(1, options.Accumulation);
        if (cost.ActivationValues > 0)
            return clips * cost.ActivationValues * bytes;
        // The last steps see all tokens, and the peak is theirs.
        var kept = options.UnmaskedShare > 0 ? 1 : cost.KeptShare(spec);
        var tokens = clips * cost.Tokens;
        double Block(double share) => share * (BlockValues(model, cost.AttentionSpan * share) + cost.ModulationValues(model));
        var mixed = Math.Min(model.Depth, kept < 1 ? options.MaskMixerBlocks : model.Depth);
        var all = options.Activations == Activations.Recompute
            ? model.Width * (mixed + (model.Depth - mixed) * kept) + ModulationBeside(cost, model) + RecomputedBlocks * Block(1)
            : mixed * Block(1) + (model.Depth - mixed) * Block(kept);
        var backward = (4 + 2 * model.MlpRatio) * model.Width + (cost.AttentionSpan >= 256 ? 0 : model.Heads * cost.AttentionSpan);
        // It begins at the last block, where dropped tokens are gone; a recomputed one may be any.
        var share = options.Activations == Activations.Recompute ? 1 : kept;
        return (tokens * (all + share * backward) + clips * cost.LocalValues) * bytes;
    }

    /// <summary>Latents, noise and target of a clip, float32.</summary>
    private static double InputBytes(TrainingSpec spec, NetworkCost cost)
    {
        var geometry = CodecGeometry.Of(spec.Codec);
        var edge = spec.Data.Size / (double)geometry.Downsample;
        return 3 * 4 * cost.LatentFrames * geometry.Channels * edge * edge + spec.Data.Frames * spec.Data.Size * spec.Data.Size * 3 * 5;
    }

    /// <summary>Training of a convolutional codec: its blocks at full resolution, clips of 8.</summary>
    private static double CodecBytes(TrainingSpec spec) => spec.Codec.Kind switch
    {
        CodecKind.Kl or CodecKind.StageA => ImportedCodecBytes,
        CodecKind.CausalVae => 8.0 * spec.Data.Frames * spec.Data.Size * spec.Data.Size * spec.Codec.VaeWidth * 4 * 8,
        _ => 0,
    };

    /// <summary>Modulation vectors and their gradients stay for all blocks while one is recomputed.</summary>
    private static double ModulationBeside(NetworkCost cost, BackboneOptions model) => 2 * model.Depth * cost.ModulationValues(model);

    private static int Replicas(TrainingOptions options) => options.Devices > 0 ? options.Devices : Environment.ProcessorCount;
}
