using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Backbones;

/// <summary>
/// LatteT2V, the network of Latte-1 (models.md §1.2): pairs of a block over space that sees the caption and a block over time, modulated by
/// one shared projection of the time. Keys as in the original's state dict; the tables of positions are not in it.
/// Training code was never published: fresh weights start as PixArt's do, with cross-attention like any other dense layer.
/// </summary>
internal sealed class LatteT2V : IDisposable
{
    private const double MaskedScore = -10000;
    private readonly LatteT2VOptions options;
    private readonly PatchEmbedding patches;
    private readonly List<LatteT2VBlock> space = [];
    private readonly List<LatteT2VBlock> time = [];
    private readonly int finalTable;
    private readonly Dense projection;
    private readonly TimestepEmbedding timestep;
    private readonly Dense modulation;
    private readonly FeedForward captionProjection;
    private readonly TableCache tables = new();

    /// <summary>Declares its parameters in <paramref name="layout"/> (a new one when null), every name behind <paramref name="prefix"/>.</summary>
    public LatteT2V(LatteT2VOptions options, ParameterLayout? layout = null, string prefix = "")
    {
        this.options = options;
        Layout = layout ?? new ParameterLayout();
        var width = options.Width;
        finalTable = Layout.Add($"{prefix}scale_shift_table", [2, width], Start.WidthNormal);
        patches = new PatchEmbedding(Layout, $"{prefix}pos_embed.proj", options.InChannels, width, options.PatchSize);
        for (var i = 0; i < options.NumLayers; i++)
            space.Add(new LatteT2VBlock(Layout, $"{prefix}transformer_blocks.{i}", options, TokenAxis.Space));
        for (var i = 0; i < options.NumLayers; i++)
            time.Add(new LatteT2VBlock(Layout, $"{prefix}temporal_transformer_blocks.{i}", options, TokenAxis.Time));
        projection = new Dense(Layout, $"{prefix}proj_out", width, (long)options.PatchSize * options.PatchSize * options.OutChannels, Start.Zero, hidden: false);
        timestep = new TimestepEmbedding(Layout, $"{prefix}adaln_single.emb.timestep_embedder.linear_1", $"{prefix}adaln_single.emb.timestep_embedder.linear_2", width);
        modulation = new Dense(Layout, $"{prefix}adaln_single.linear", width, 6L * width, Start.SmallNormal);
        // The null caption of PixArt's training; the forward pass never reads it.
        Layout.Add($"{prefix}caption_projection.y_embedding", [options.CaptionTokens, options.CaptionChannels], Start.WidthNormal, trainable: false);
        captionProjection = new FeedForward(
            Layout, ($"{prefix}caption_projection.linear_1", $"{prefix}caption_projection.linear_2"), options.CaptionChannels, width, width, GeluForm.Tanh);
    }

    /// <summary>Names, shapes and places of the parameters.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>
    /// x [B, C, F + I, H, W] whose last <paramref name="images"/> frames are independent images, t [B] of any numeric type, text tokens
    /// [B, L, E], or [B, 1 + I, L, E] with images, and their mask (1 keep, 0 leave out) [B, L] or [B, 1 + I, L] or null, to
    /// [B, out, F + I, H, W], float32. As in the original the table of times is added neither to a single frame nor in training with images.
    /// </summary>
    public Tensor Forward(ParameterViews w, Tensor x, Tensor t, Tensor text, Tensor? mask = null, int images = 0)
    {
        Check(x, text, images);
        long batch = x.shape[0], groups = x.shape[2], frames = groups - images, width = options.Width;
        var (rows, columns) = ((int)(x.shape[3] / options.PatchSize), (int)(x.shape[4] / options.PatchSize));
        using var scope = NewDisposeScope();
        var condition = timestep.Forward(w, t); // [B, D]
        var shared = modulation.Forward(w, nn.functional.silu(condition)).view(batch, 6, width);
        var captions = Project(w, text, mask);

        var frameRows = x.permute(0, 2, 1, 3, 4).reshape(batch * groups, x.shape[1], x.shape[3], x.shape[4]);
        var tokens = patches.Images(w, frameRows).Plus(Places(rows, columns, x.device, w.Compute)).view(batch, groups, rows * columns, width);
        for (var i = 0; i < options.NumLayers; i++)
        {
            using var pair = NewDisposeScope();
            var mixed = space[i].Forward(w, tokens, shared, captions);
            var clip = images == 0 ? mixed : mixed.narrow(1, 0, frames).contiguous();
            if (i == 0 && frames > 1 && images == 0)
                clip = clip.Plus(Times((int)frames, x.device, w.Compute));
            clip = time[i].Forward(w, clip, shared, captions);
            var next = (images == 0 ? clip : cat([clip, mixed.narrow(1, frames, images)], 1)).MoveToOuterDisposeScope();
            tokens.Dispose();
            tokens = next;
        }

        var m = condition.unsqueeze(1).Plus(w[finalTable]).view(batch, 2, 1, 1, width).unbind(1);
        var output = projection.Forward(w, Modulation.Apply(tokens, m[0], m[1].PlusOne()).view(-1, width))
            .to_type(w.Compute == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32).view(batch * groups, rows * columns, -1);
        return TokenOrder.Images(output, options.PatchSize, rows, columns, options.OutChannels)
            .view(batch, groups, options.OutChannels, x.shape[3], x.shape[4]).transpose(1, 2).contiguous().MoveToOuterDisposeScope();
    }

    private Captions Project(ParameterViews w, Tensor text, Tensor? mask)
    {
        var tokens = captionProjection.Forward(w, text.to_type(w.Compute));
        if (tokens.dim() == 3)
            tokens = tokens.unsqueeze(1);
        if (mask is null)
            return new Captions(tokens, null);
        var bias = mask.to_type(w.Compute).neg().PlusOne().mul(HeldScalar.Of(MaskedScore));
        return new Captions(tokens, bias.view(tokens.shape[0], tokens.shape[1], 1, 1, tokens.shape[2]));
    }

    /// <summary>Positions [S, D] of a grid of patches; the coordinates of the sample size are whole numbers, at 512² and below.</summary>
    private Tensor Places(int rows, int columns, Device device, ScalarType type)
    {
        var side = options.SampleSize / options.PatchSize;
        var spacing = 1.0 / Math.Max(options.SampleSize / 64, 1);
        return tables.For("place", rows, columns, device, type, () => SinCosPositions.ToSingle(
            SinCosPositions.Grid(rows, columns, options.Width, spacing * side / rows, spacing * side / columns))).view(1, rows * columns, options.Width);
    }

    private Tensor Times(int frames, Device device, ScalarType type) =>
        tables.For("time", frames, 1, device, type, () => SinCosPositions.ToSingle(SinCosPositions.Line(frames, options.Width))).view(frames, 1, options.Width);

    private void Check(Tensor x, Tensor text, int images)
    {
        var s = x.shape;
        if (s.Length != 5 || s[1] != options.InChannels || images < 0 || s[2] - images is var frames && (frames < 1 || frames > options.VideoLength))
            throw new ArgumentException($"x is [{string.Join(", ", s)}] with {images} images, expected [B, {options.InChannels}, 1 … {options.VideoLength} + images, H, W]", nameof(x));
        if (text.shape[^1] != options.CaptionChannels || text.dim() != (images > 0 ? 4 : 3) || images > 0 && text.shape[1] != 1 + images)
            throw new ArgumentException($"text is [{string.Join(", ", text.shape)}] for {images} images, expected [B, L, {options.CaptionChannels}], with images [B, 1 + images, L, {options.CaptionChannels}]", nameof(text));
    }

    /// <summary>Frees the cached tables.</summary>
    public void Dispose() => tables.Dispose();
}
