using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Backbones;

/// <summary>
/// Latte (Ma et al. 2024, models.md §1.2): DiT blocks over space and over time, under the keys of the published checkpoints, with the joint
/// training on clips and images of LatteIMG. Modulation is computed once per distinct condition where the original repeats it per row.
/// </summary>
internal sealed class Latte
{
    private readonly LatteOptions options;
    private readonly int positions;
    private readonly int times;
    private readonly PatchEmbedding xEmbedder;
    private readonly TimestepEmbedding tEmbedder;
    private readonly LongDense? text;
    private readonly LatteBlocks blocks;
    private readonly DiTFinalLayer finalLayer;

    /// <summary>Declares its parameters in <paramref name="layout"/> (a new one when null), every name behind <paramref name="prefix"/>.</summary>
    public Latte(LatteOptions options, ParameterLayout? layout = null, string prefix = "")
    {
        if (options.InputSize % options.PatchSize != 0)
            throw new ArgumentException($"the patch ({options.PatchSize}) must divide the input size ({options.InputSize})", nameof(options));
        this.options = options;
        Layout = layout ?? new ParameterLayout();
        var (width, grid) = (options.HiddenSize, options.Grid);
        positions = Layout.AddTable($"{prefix}pos_embed", [1, grid * grid, width], () => SinCosPositions.ToSingle(SinCosPositions.Grid(grid, grid, width)));
        times = Layout.AddTable($"{prefix}temp_embed", [1, options.NumFrames, width], () => SinCosPositions.ToSingle(SinCosPositions.Line(options.NumFrames, width)));
        xEmbedder = new PatchEmbedding(Layout, $"{prefix}x_embedder.proj", options.InChannels, width, options.PatchSize);
        tEmbedder = TimestepEmbedding.OfDiT(Layout, $"{prefix}t_embedder", width);
        if (options.Conditioning == LatteConditioning.Label)
            Labels = new LabelTable(Layout, $"{prefix}y_embedder", options.NumClasses, options.ClassDropoutProb, width);
        if (options.Conditioning == LatteConditioning.Text)
            text = new LongDense(Layout, $"{prefix}text_embedding_projection.1", options.TextWidth, width);
        blocks = new LatteBlocks(Layout, $"{prefix}blocks", options.Variant, options.Depth, width, options.NumHeads, (int)(width * options.MlpRatio));
        finalLayer = new DiTFinalLayer(Layout, $"{prefix}final_layer", width, (long)options.PatchSize * options.PatchSize * options.OutChannels);
    }

    /// <summary>Names, shapes and places of the parameters.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>The label table of a class-conditional network; applies label dropout.</summary>
    public LabelTable? Labels { get; }

    /// <summary>
    /// x [B, F + I, C, H, W] whose last <paramref name="images"/> frames are independent images, t [B] of any numeric type as it comes, to
    /// [B, F + I, C or 2C, H, W], float32. <paramref name="condition"/>: labels int64 [B], text [B, …] of the text width when flattened, or
    /// null, as the network was made. <paramref name="imageConditions"/>: the same for the images, labels [B, I] or text [B, I, …]. Tokens that
    /// <paramref name="kept"/> drops have output 0; <paramref name="through"/> may answer for the blocks.
    /// </summary>
    public Tensor Forward(
        ParameterViews w, Tensor x, Tensor t, Tensor? condition = null, int images = 0, Tensor? imageConditions = null, TokenSubset? kept = null, BlockPassage? through = null)
    {
        Check(x, condition, images, imageConditions);
        long batch = x.shape[0], groups = x.shape[1], frames = groups - images;
        using var scope = NewDisposeScope();
        var time = tEmbedder.Forward(w, t).unsqueeze(1); // [B, 1, D]
        var rows = time;
        Tensor? selection = null;
        if (condition is not null)
        {
            rows = time.Plus(Embed(w, condition, batch, 1));
            if (images > 0)
            {
                rows = cat([rows, time.Plus(Embed(w, imageConditions!, batch, images))], 1); // [B, 1 + I, D]
                selection = tensor([.. Enumerable.Repeat(0L, (int)frames), .. Enumerable.Range(1, images).Select(i => (long)i)], device: x.device);
            }
        }

        var space = new Conditions(nn.functional.silu(rows), selection);
        var overTime = selection is null ? space : new Conditions(space.Rows.narrow(1, 0, 1), null);
        var last = text is not null && !options.TextInFinalLayer ? new Conditions(nn.functional.silu(time), null) : space;

        var tokens = xEmbedder.Images(w, x.reshape(batch * groups, x.shape[2], x.shape[3], x.shape[4])).Plus(w[positions])
            .view(batch, groups, -1, options.HiddenSize); // [B, F + I, S, D]
        var table = w[times].narrow(1, 0, frames).view(frames, 1, options.HiddenSize);
        Tensor Blocks(Tensor from) => blocks.Forward(w, from, table, space, overTime, images, kept);
        var mixed = through is null ? Blocks(tokens) : through(tokens, blocks.Modulated(w, tokens, space), Blocks);
        var output = finalLayer.Forward(w, mixed, last);
        if (kept is not null)
            output = kept.Spread(output, options.Grid * options.Grid);
        var pixels = TokenOrder.Images(output, options.PatchSize, options.Grid, options.Grid, options.OutChannels);
        return pixels.view(batch, groups, options.OutChannels, options.InputSize, options.InputSize).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// <see cref="Forward"/> with guidance: x [2B, …] of which the first half counts, conditions [2B] of which the second half is the null
    /// condition. Both halves of the result are guided. Latte guides all four latent channels.
    /// </summary>
    public Tensor ForwardWithGuidance(ParameterViews w, Tensor x, Tensor t, Tensor? condition, double scale, GuideChannels channels = GuideChannels.All)
    {
        using var scope = NewDisposeScope();
        return Guidance.Apply(Forward(w, Guidance.Twice(x), t, condition), 2, scale, channels, options.InChannels).MoveToOuterDisposeScope();
    }

    private Tensor Embed(ParameterViews w, Tensor condition, long batch, long count)
    {
        if (Labels is not null)
            return Labels.Forward(w, condition.reshape(batch, count));
        var flat = condition.to_type(w.Compute).reshape(batch, count, options.TextWidth);
        return text!.Forward(w, nn.functional.silu(flat));
    }

    private void Check(Tensor x, Tensor? condition, int images, Tensor? imageConditions)
    {
        var s = x.shape;
        if (s.Length != 5 || s[2] != options.InChannels || s[3] != options.InputSize || s[4] != options.InputSize || images < 0 || s[1] - images is var frames && (frames < 1 || frames > options.NumFrames))
            throw new ArgumentException($"x is [{string.Join(", ", s)}] with {images} images, expected [B, 1 … {options.NumFrames} + images, {options.InChannels}, {options.InputSize}, {options.InputSize}]", nameof(x));
        var conditional = options.Conditioning != LatteConditioning.None;
        if (condition is not null != conditional)
            throw new ArgumentException($"this network is made for {options.Conditioning} conditions", nameof(condition));
        if (imageConditions is not null != (conditional && images > 0))
            throw new ArgumentException(conditional ? "images need conditions of their own" : "this network has no conditions", nameof(imageConditions));
    }
}
