using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders.Kl;

/// <summary>Pictures to the moments of their latents: keys <c>conv_in</c>, <c>down_blocks.i</c>, <c>mid_block</c>, <c>conv_norm_out</c>, <c>conv_out</c>.</summary>
internal sealed class KlEncoder
{
    private readonly string name;
    private readonly PictureConvolution convIn;
    private readonly List<KlDown> levels = [];
    private readonly KlMiddle middle;
    private readonly GroupNorm norm;
    private readonly PictureConvolution convOut;

    public KlEncoder(ParameterLayout layout, string name, KlOptions options, AttentionNames names)
    {
        this.name = name;
        var style = new KlStyle(options.Groups, options.Activation, names);
        var widths = options.Widths;
        convIn = new PictureConvolution(layout, $"{name}.conv_in", options.InChannels, widths[0]);
        for (var i = 0; i < widths.Count; i++)
        {
            levels.Add(new KlDown(layout, $"{name}.down_blocks.{i}", widths[Math.Max(i - 1, 0)], widths[i], options.LayersPerBlock,
                options.DownAttention[i], halving: i < widths.Count - 1, style));
        }

        middle = new KlMiddle(layout, $"{name}.mid_block", widths[^1], options.MidAttention, style);
        norm = new GroupNorm(layout, $"{name}.conv_norm_out", widths[^1], options.Groups);
        convOut = new PictureConvolution(layout, $"{name}.conv_out", widths[^1], 2 * options.LatentChannels);
    }

    /// <summary>[N, 3, H, W] to [N, 2c, h, w]; <paramref name="trace"/> sees values on the way, by name.</summary>
    public Tensor Forward(ParameterViews w, Tensor x, Action<string, Tensor>? trace = null)
    {
        using var scope = NewDisposeScope();
        x = convIn.Forward(w, x);
        trace?.Invoke($"{name}.conv_in", x);
        foreach (var level in levels)
        {
            var next = level.Forward(w, x);
            x.Dispose();
            x = next;
        }

        x = middle.Forward(w, x);
        trace?.Invoke($"{name}.mid_block", x);
        x = convOut.Forward(w, nn.functional.silu(norm.Forward(w, x)));
        trace?.Invoke(name, x);
        return x.MoveToOuterDisposeScope();
    }
}
