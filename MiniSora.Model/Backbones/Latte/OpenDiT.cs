using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Backbones;

/// <summary>
/// The video networks of OpenDiT (NUS-HPC-AI-Lab): 3-D patches, conditioned on a pooled text embedding, DiT blocks over whole clips or over
/// space and time by turns. The table of times is added at once in the former and before the first block over time in the latter.
/// </summary>
internal sealed class OpenDiT
{
    private readonly OpenDiTOptions options;
    private readonly PatchSize grid;
    private readonly int positions;
    private readonly int times;
    private readonly PatchEmbedding xEmbedder;
    private readonly TimestepEmbedding tEmbedder;
    private readonly Dense text;
    private readonly List<DiTBlock> full = [];
    private readonly LatteBlocks? interleaved;
    private readonly DiTFinalLayer finalLayer;

    /// <summary>Declares its parameters in <paramref name="layout"/> (a new one when null), every name behind <paramref name="prefix"/>.</summary>
    public OpenDiT(OpenDiTOptions options, ParameterLayout? layout = null, string prefix = "")
    {
        this.options = options;
        Layout = layout ?? new ParameterLayout();
        grid = options.PatchSize.In(options.InputSize);
        var (width, hidden) = (options.HiddenSize, (int)(options.HiddenSize * options.MlpRatio));
        positions = Layout.AddTable($"{prefix}pos_embed_spatial", [1, (long)grid.Height * grid.Width, width], () => SinCosPositions.ToSingle(SinCosPositions.Grid(grid.Height, grid.Width, width)));
        times = Layout.AddTable($"{prefix}pos_embed_temporal", [1, grid.Frames, width], () => SinCosPositions.ToSingle(SinCosPositions.Line(grid.Frames, width)));
        xEmbedder = new PatchEmbedding(Layout, $"{prefix}x_embedder.proj", options.InChannels, width, options.PatchSize);
        tEmbedder = TimestepEmbedding.OfDiT(Layout, $"{prefix}t_embedder", width);
        text = new Dense(Layout, $"{prefix}y_embedder.output_projection", options.TextWidth, width);
        if (options.Attention == OpenDiTAttention.Interleaved)
            interleaved = new LatteBlocks(Layout, $"{prefix}blocks", LatteVariant.Interleaved, options.Depth, width, options.NumHeads, hidden);
        else
            for (var i = 0; i < options.Depth; i++)
                full.Add(new DiTBlock(Layout, $"{prefix}blocks.{i}", width, options.NumHeads, hidden));
        finalLayer = new DiTFinalLayer(Layout, $"{prefix}final_layer", width, options.PatchSize.Volume * options.OutChannels);
    }

    /// <summary>Names, shapes and places of the parameters.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>x [B, C, T, H, W], t [B] of any numeric type, pooled text [B, E] to [B, C or 2C, T, H, W], float32.</summary>
    public Tensor Forward(ParameterViews w, Tensor x, Tensor t, Tensor pooled)
    {
        var size = options.InputSize;
        if (x.dim() != 5 || x.shape[1] != options.InChannels || x.shape[2] != size.Frames || x.shape[3] != size.Height || x.shape[4] != size.Width)
            throw new ArgumentException($"x is [{string.Join(", ", x.shape)}], expected [B, {options.InChannels}, {size.Frames}, {size.Height}, {size.Width}]", nameof(x));
        using var scope = NewDisposeScope();
        long batch = x.shape[0], width = options.HiddenSize;
        var conditions = Conditions.One(tEmbedder.Forward(w, t).Plus(text.Forward(w, pooled.to_type(w.Compute))));
        var tokens = xEmbedder.Videos(w, x).view(batch, grid.Frames, -1, width).Plus(w[positions]); // [B, F, S, D]
        var table = w[times].view(grid.Frames, 1, width);
        if (interleaved is not null)
        {
            tokens = interleaved.Forward(w, tokens, table, conditions, conditions, 0);
        }
        else
        {
            tokens = tokens.Plus(table).view(batch, 1, -1, width); // [B, 1, F*S, D]
            foreach (var block in full)
            {
                var next = block.Forward(w, tokens, conditions, TokenAxis.Space);
                tokens.Dispose();
                tokens = next;
            }
        }

        var output = finalLayer.Forward(w, tokens, conditions).view(batch, grid.Volume, -1);
        return TokenOrder.Videos(output, options.PatchSize, grid, options.OutChannels).MoveToOuterDisposeScope();
    }

    /// <summary><see cref="Forward"/> with guidance, as <see cref="DiT.ForwardWithGuidance"/>; the original guides the first three channels.</summary>
    public Tensor ForwardWithGuidance(ParameterViews w, Tensor x, Tensor t, Tensor pooled, double scale, GuideChannels channels)
    {
        using var scope = NewDisposeScope();
        return Guidance.Apply(Forward(w, Guidance.Twice(x), t, pooled), 1, scale, channels, options.InChannels).MoveToOuterDisposeScope();
    }
}
