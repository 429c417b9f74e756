using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders.Kl;

/// <summary>Latents to pictures: keys <c>conv_in</c>, <c>mid_block</c>, <c>up_blocks.i</c>, <c>conv_norm_out</c>, <c>conv_out</c>.</summary>
internal sealed class KlDecoder
{
    private readonly string name;
    private readonly PictureConvolution convIn;
    private readonly KlMiddle middle;
    private readonly List<KlUp> levels = [];
    private readonly GroupNorm norm;
    private readonly PictureConvolution convOut;

    public KlDecoder(ParameterLayout layout, string name, KlOptions options, AttentionNames names)
    {
        this.name = name;
        var style = new KlStyle(options.Groups, options.Activation, names);
        long[] widths = [.. options.Widths.Reverse()];
        convIn = new PictureConvolution(layout, $"{name}.conv_in", options.LatentChannels, widths[0]);
        for (var i = 0; i < widths.Length; i++)
        {
            levels.Add(new KlUp(layout, $"{name}.up_blocks.{i}", widths[Math.Max(i - 1, 0)], widths[i], options.LayersPerBlock + 1,
                options.UpAttention[i], doubling: i < widths.Length - 1, style));
        }

        middle = new KlMiddle(layout, $"{name}.mid_block", widths[0], options.MidAttention, style);
        norm = new GroupNorm(layout, $"{name}.conv_norm_out", widths[^1], options.Groups);
        convOut = new PictureConvolution(layout, $"{name}.conv_out", widths[^1], options.OutChannels);
    }

    /// <summary>[N, c, h, w] to [N, 3, H, W]; <paramref name="trace"/> sees values on the way, by name.</summary>
    public Tensor Forward(ParameterViews w, Tensor z, Action<string, Tensor>? trace = null)
    {
        using var scope = NewDisposeScope();
        var x = convIn.Forward(w, z);
        trace?.Invoke($"{name}.conv_in", x);
        x = middle.Forward(w, x);
        trace?.Invoke($"{name}.mid_block", x);
        foreach (var level in levels)
        {
            var next = level.Forward(w, x);
            x.Dispose();
            x = next;
        }

        x = convOut.Forward(w, nn.functional.silu(norm.Forward(w, x)));
        trace?.Invoke(name, x);
        return x.MoveToOuterDisposeScope();
    }
}
