using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>Sizes of <see cref="StageA"/>; the defaults are the released network.</summary>
/// <param name="Levels">Resolutions; the latent is smaller than the image by 2 to this power.</param>
/// <param name="BottleneckBlocks">Blocks at the lowest resolution of the decoder.</param>
/// <param name="Hidden">Channels at the lowest resolution, halved at each higher one.</param>
/// <param name="Latent">Channels of the latent.</param>
/// <param name="CodebookSize">Entries of the codebook.</param>
/// <param name="ScaleFactor">Latents are divided by this when they leave and multiplied when they come back.</param>
internal sealed record StageAOptions(int Levels = 2, int BottleneckBlocks = 12, int Hidden = 384, int Latent = 4, int CodebookSize = 8192, double ScaleFactor = 0.43);

/// <summary>
/// Stage A (Stability-AI/StableCascade, modules/stage_a.py), a vector-quantised autoencoder of images. Keys <c>in_block.1</c>, <c>down_blocks.k</c>,
/// <c>vquantizer.codebook.weight</c>, <c>up_blocks.k</c>, <c>out_block.0</c>.
/// </summary>
internal sealed class StageA
{
    private static readonly Kernel Halving = new(4, 2, 1);
    private readonly StageAOptions options;
    private readonly Convolution input;
    private readonly List<Func<ParameterViews, Tensor, Tensor>> down = [];
    private readonly Convolution toLatent;
    private readonly BatchNorm norm;
    private readonly VectorQuantizer quantizer;
    private readonly List<Func<ParameterViews, Tensor, Tensor>> up = [];
    private readonly Convolution output;

    public StageA(StageAOptions options)
    {
        this.options = options;
        var widths = Enumerable.Range(0, options.Levels).Select(level => (long)options.Hidden >> (options.Levels - 1 - level)).ToArray();
        input = new Convolution(Layout, "in_block.1", 12, widths[0], Kernel.Point);
        var index = 0;
        for (var i = 0; i < options.Levels; i++)
        {
            if (i > 0)
                down.Add(new Convolution(Layout, $"down_blocks.{index++}", widths[i - 1], widths[i], Halving).Forward);
            down.Add(new GammaBlock(Layout, $"down_blocks.{index++}", widths[i]).Forward);
        }

        toLatent = new Convolution(Layout, $"down_blocks.{index}.0", widths[^1], options.Latent, Kernel.Point, bias: false);
        norm = new BatchNorm(Layout, $"down_blocks.{index}.1", options.Latent);
        quantizer = new VectorQuantizer(Layout, "vquantizer", options.CodebookSize, options.Latent);
        up.Add(new Convolution(Layout, "up_blocks.0.0", options.Latent, widths[^1], Kernel.Point).Forward);
        index = 1;
        for (var i = options.Levels - 1; i >= 0; i--)
        {
            for (var j = 0; j < (i == options.Levels - 1 ? options.BottleneckBlocks : 1); j++)
                up.Add(new GammaBlock(Layout, $"up_blocks.{index++}", widths[i]).Forward);
            if (i > 0)
                up.Add(new TransposedConvolution(Layout, $"up_blocks.{index++}", widths[i], widths[i - 1], Halving).Forward);
        }

        output = new Convolution(Layout, "out_block.0", widths[0], 12, Kernel.Point);
    }

    /// <summary>Names, shapes and places of the parameters.</summary>
    public ParameterLayout Layout { get; } = new();

    /// <summary>Images [B, 3, H, W] to latents [B, c, H/2^levels, W/2^levels], divided by the scale factor. <paramref name="training"/>: see <see cref="BatchNorm.Forward"/>.</summary>
    public Tensor Encode(ParameterViews w, Tensor images, BatchStatistics? training = null)
    {
        using var scope = NewDisposeScope();
        return Unscaled(w, images, training).mul(HeldScalar.Of(1 / options.ScaleFactor)).MoveToOuterDisposeScope();
    }

    /// <summary>The same, moved to the codebook's nearest entries (the gradient passes straight through).</summary>
    public Quantized EncodeQuantized(ParameterViews w, Tensor images, BatchStatistics? training = null)
    {
        var plain = Unscaled(w, images, training);
        var (values, indices, loss) = quantizer.Forward(w, plain);
        var scale = HeldScalar.Of(1 / options.ScaleFactor);
        return new Quantized(values.mul(scale), plain.mul(scale), indices, loss);
    }

    /// <summary>Latents [B, c, h, w] to images [B, 3, H, W].</summary>
    public Tensor Decode(ParameterViews w, Tensor latents)
    {
        using var scope = NewDisposeScope();
        var x = latents.to_type(w.Compute).mul(HeldScalar.Of(options.ScaleFactor));
        foreach (var layer in up)
            x = layer(w, x);
        return nn.functional.pixel_shuffle(output.Forward(w, x), 2).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    private Tensor Unscaled(ParameterViews w, Tensor images, BatchStatistics? training)
    {
        var x = input.Forward(w, nn.functional.pixel_unshuffle(images.to_type(w.Compute), 2));
        foreach (var layer in down)
            x = layer(w, x);
        return norm.Forward(w, toLatent.Forward(w, x), training).to_type(ScalarType.Float32);
    }
}

/// <summary>What <see cref="StageA.EncodeQuantized"/> gives.</summary>
/// <param name="Latents">Codebook entries [B, c, h, w], divided by the scale factor.</param>
/// <param name="Plain">The encoder's own latents, divided by the scale factor.</param>
/// <param name="Indices">Entries, int64 [B, h, w].</param>
/// <param name="Loss">Squared distance of entries to latents, plus a quarter of it pulling the latents.</param>
internal sealed record Quantized(Tensor Latents, Tensor Plain, Tensor Indices, Tensor Loss);

/// <summary>
/// Residual block of stage A with six learned numbers g, zero at the start (the identity): x += g₂·depthwise(LN(x)(1+g₀)+g₁), then
/// x += g₅·MLP(LN(x)(1+g₃)+g₄). Keys <c>{name}.gammas</c>, <c>.depthwise.1</c> (border repeated), <c>.channelwise.{0,2}</c>.
/// </summary>
internal sealed class GammaBlock
{
    private readonly int gammas;
    private readonly Convolution depthwise;
    private readonly Linear first;
    private readonly Linear second;

    public GammaBlock(ParameterLayout layout, string name, long channels)
    {
        gammas = layout.Add($"{name}.gammas", [6], Start.Zero);
        depthwise = new Convolution(layout, $"{name}.depthwise.1", channels, channels, new Kernel(3, 1, 1, Depthwise: true, Replicate: true), Initial.Xavier);
        first = new Linear(layout, $"{name}.channelwise.0", channels, 4 * channels);
        second = new Linear(layout, $"{name}.channelwise.2", 4 * channels, channels);
    }

    /// <summary>[B, C, H, W] to the same.</summary>
    public Tensor Forward(ParameterViews w, Tensor x)
    {
        var g = w[gammas].unbind(0);
        var normed = g[1].addcmul(ChannelNorm.Apply(x), g[0].PlusOne(), HeldScalar.One);
        x = x.addcmul(depthwise.Forward(w, normed), g[2], HeldScalar.One);
        normed = g[4].addcmul(ChannelNorm.Last(x.permute(0, 2, 3, 1)), g[3].PlusOne(), HeldScalar.One);
        var mixed = second.Forward(w, nn.functional.gelu(first.Forward(w, normed))).permute(0, 3, 1, 2);
        return x.addcmul(mixed, g[5], HeldScalar.One);
    }
}

/// <summary>
/// Nearest entry of a codebook (van den Oord et al. 2017; arithmetic of pabloppp/pytorch-tools): key <c>{name}.codebook.weight</c> [K, c],
/// started uniform in ±1/K.
/// </summary>
internal sealed class VectorQuantizer
{
    private const double Commitment = 0.25;
    private readonly int codebook;

    public VectorQuantizer(ParameterLayout layout, string name, long entries, long width) =>
        codebook = layout.Add($"{name}.codebook.weight", [entries, width], Start.Uniform, scale: 1.0 / entries);

    /// <summary>[B, c, h, w] to the nearest entries (straight-through gradient), their numbers int64 [B, h, w], and the loss: entries to latents + ¼ latents to entries.</summary>
    public (Tensor Values, Tensor Indices, Tensor Loss) Forward(ParameterViews w, Tensor x)
    {
        var last = x.permute(0, 2, 3, 1);
        var rows = last.reshape(-1, x.shape[1]);
        var entries = w[codebook].to_type(x.dtype);
        Tensor indices;
        using (no_grad())
        {
            var distances = rows.mul(rows).sum([1], keepdim: true).Plus(entries.mul(entries).sum([1])).add(matmul(rows, entries.t()), HeldScalar.Of(-2));
            indices = distances.argmin(1);
        }

        var chosen = entries.index_select(0, indices);
        var toLatents = chosen.Minus(rows.detach());
        var toEntries = rows.Minus(chosen.detach());
        var loss = (toLatents * toLatents).mean().Plus((toEntries * toEntries).mean().mul(HeldScalar.Of(Commitment)));
        // The entry's value with the latent's gradient.
        var straight = rows.requires_grad ? rows.Plus(chosen.Minus(rows).detach()) : chosen;
        return (straight.view(last.shape).permute(0, 3, 1, 2), indices.view(last.shape[..^1]), loss);
    }
}
