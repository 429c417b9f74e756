using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Backbones;

/// <summary>
/// Diffusion transformer of images (Peebles and Xie 2022, models.md §1.1), under the keys of the published checkpoints. SiT (Ma et al.
/// 2024) is the same network: it passes a continuous time and leaves the variance channels unused.
/// </summary>
internal sealed class DiT
{
    private readonly DiTOptions options;
    private readonly int positions;
    private readonly PatchEmbedding xEmbedder;
    private readonly TimestepEmbedding tEmbedder;
    private readonly List<DiTBlock> blocks = [];
    private readonly DiTFinalLayer finalLayer;

    /// <summary>Declares its parameters in <paramref name="layout"/> (a new one when null), every name behind <paramref name="prefix"/>.</summary>
    public DiT(DiTOptions options, ParameterLayout? layout = null, string prefix = "")
    {
        if (options.InputSize % options.PatchSize != 0)
            throw new ArgumentException($"the patch ({options.PatchSize}) must divide the input size ({options.InputSize})", nameof(options));
        this.options = options;
        Layout = layout ?? new ParameterLayout();
        var (width, grid) = (options.HiddenSize, options.Grid);
        positions = Layout.AddTable($"{prefix}pos_embed", [1, grid * grid, width], () => SinCosPositions.ToSingle(SinCosPositions.Grid(grid, grid, width)));
        xEmbedder = new PatchEmbedding(Layout, $"{prefix}x_embedder.proj", options.InChannels, width, options.PatchSize);
        tEmbedder = TimestepEmbedding.OfDiT(Layout, $"{prefix}t_embedder", width);
        if (options.NumClasses > 0)
            Labels = new LabelTable(Layout, $"{prefix}y_embedder", options.NumClasses, options.ClassDropoutProb, width);
        for (var i = 0; i < options.Depth; i++)
            blocks.Add(new DiTBlock(Layout, $"{prefix}blocks.{i}", width, options.NumHeads, (int)(width * options.MlpRatio)));
        finalLayer = new DiTFinalLayer(Layout, $"{prefix}final_layer", width, (long)options.PatchSize * options.PatchSize * options.OutChannels);
    }

    /// <summary>Names, shapes and places of the parameters.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>The label table, or null of an unconditional network; applies label dropout.</summary>
    public LabelTable? Labels { get; }

    /// <summary>
    /// x [N, C, H, W], t [N] of any numeric type as it comes, labels y int64 [N] (null for a network without a table) to [N, C or 2C, H, W],
    /// float32. Tokens that <paramref name="kept"/> drops have output 0; <paramref name="through"/> may answer for the blocks.
    /// </summary>
    public Tensor Forward(ParameterViews w, Tensor x, Tensor t, Tensor? y, TokenSubset? kept = null, BlockPassage? through = null)
    {
        if (x.dim() != 4 || x.shape[1] != options.InChannels || x.shape[2] != options.InputSize || x.shape[3] != options.InputSize)
            throw new ArgumentException($"x is [{string.Join(", ", x.shape)}], expected [N, {options.InChannels}, {options.InputSize}, {options.InputSize}]", nameof(x));
        if (Labels is null != y is null)
            throw new ArgumentException(Labels is null ? "this network has no label table" : "this network needs labels", nameof(y));

        using var scope = NewDisposeScope();
        var condition = tEmbedder.Forward(w, t);
        if (y is not null)
            condition = condition.Plus(Labels!.Forward(w, y));
        var conditions = Conditions.One(condition);
        var tokens = xEmbedder.Images(w, x).Plus(w[positions]).unsqueeze(1); // [N, 1, S, D]
        Tensor Blocks(Tensor mixed)
        {
            for (var i = 0; i < blocks.Count; i++)
            {
                var block = blocks[i];
                var choice = i == kept?.MixerBlocks ? kept : null;
                Replace(ref mixed, w.Recomputed([mixed, .. conditions.Tensors], t => block.Forward(w, choice?.Of(t[0]) ?? t[0], Conditions.Of(t.AsSpan(1)), TokenAxis.Space)));
            }

            return mixed;
        }

        // The tokens of a large network are its largest tensors; those of whoever stands between are not ours to free.
        void Replace(ref Tensor old, Tensor next)
        {
            if (through is null)
                old.Dispose();
            old = next;
        }

        tokens = through is null ? Blocks(tokens) : through(tokens, blocks[0].Modulated(w, tokens, conditions), Blocks);
        var output = finalLayer.Forward(w, tokens, conditions);
        if (kept is not null)
            output = kept.Spread(output, options.Grid * options.Grid);
        return TokenOrder.Images(output, options.PatchSize, options.Grid, options.Grid, options.OutChannels).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// <see cref="Forward"/> with guidance: x [2N, …] of which the first half counts, labels [2N] of which the second half is the null class.
    /// Both halves of the result are guided.
    /// </summary>
    public Tensor ForwardWithGuidance(ParameterViews w, Tensor x, Tensor t, Tensor y, double scale, GuideChannels channels)
    {
        using var scope = NewDisposeScope();
        return Guidance.Apply(Forward(w, Guidance.Twice(x), t, y), 1, scale, channels, options.InChannels).MoveToOuterDisposeScope();
    }
}
