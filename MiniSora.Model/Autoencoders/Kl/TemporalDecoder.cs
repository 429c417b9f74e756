using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders.Kl;

/// <summary>
/// Latents of a clip to its frames (Blattmann et al. 2023; diffusers' TemporalDecoder): as <see cref="KlDecoder"/> with <see cref="TemporalResidual"/>
/// in place of each residual block and a last convolution over time. Always 32 groups. Keys as there, and <c>time_conv_out</c>.
/// The middle has one attention block, whatever the number of its residual blocks, and uses two of these at most: the original pairs residual and
/// attention blocks and so leaves the rest out, which the published files (two layers) cannot show.
/// </summary>
internal sealed class TemporalDecoder
{
    private readonly string name;
    private readonly PictureConvolution convIn;
    private readonly KlAttention attention;
    private readonly List<TemporalResidual> middle = [];
    private readonly List<(List<TemporalResidual> Blocks, PictureConvolution? Smooth)> levels = [];
    private readonly GroupNorm norm;
    private readonly PictureConvolution convOut;
    private readonly FrameConvolution timeConvOut;

    public TemporalDecoder(ParameterLayout layout, string name, KlOptions options, AttentionNames names)
    {
        this.name = name;
        var style = new KlStyle(32, KlActivation.Silu, names);
        long[] widths = [.. options.Widths.Reverse()];
        convIn = new PictureConvolution(layout, $"{name}.conv_in", options.LatentChannels, widths[0]);
        attention = new KlAttention(layout, $"{name}.mid_block.attentions.0", widths[0], style);
        for (var i = 0; i < options.LayersPerBlock; i++)
            middle.Add(new TemporalResidual(layout, $"{name}.mid_block.resnets.{i}", widths[0], widths[0], style));
        for (var level = 0; level < widths.Length; level++)
        {
            var blocks = new List<TemporalResidual>();
            for (var i = 0; i <= options.LayersPerBlock; i++)
                blocks.Add(new TemporalResidual(layout, $"{name}.up_blocks.{level}.resnets.{i}", i == 0 ? widths[Math.Max(level - 1, 0)] : widths[level], widths[level], style));
            var doubling = level < widths.Length - 1;
            levels.Add((blocks, doubling ? new PictureConvolution(layout, $"{name}.up_blocks.{level}.upsamplers.0.conv", widths[level], widths[level]) : null));
        }

        norm = new GroupNorm(layout, $"{name}.conv_norm_out", widths[^1], style.Groups);
        convOut = new PictureConvolution(layout, $"{name}.conv_out", widths[^1], options.OutChannels);
        timeConvOut = new FrameConvolution(layout, $"{name}.time_conv_out", options.OutChannels, options.OutChannels);
    }

    /// <summary>[B·T, c, h, w] to [B·T, 3, H, W]; T = <paramref name="frames"/>. <paramref name="trace"/> sees values on the way, by name.</summary>
    public Tensor Forward(ParameterViews w, Tensor z, long frames, Action<string, Tensor>? trace = null)
    {
        if (frames < 1 || z.shape[0] % frames != 0)
            throw new ArgumentException($"latents must be whole clips of {frames} frames, were {z.shape[0]}", nameof(frames));
        using var scope = NewDisposeScope();
        var x = convIn.Forward(w, z);
        trace?.Invoke($"{name}.conv_in", x);
        x = middle[0].Forward(w, x, frames);
        if (middle.Count > 1)
            x = middle[1].Forward(w, attention.Forward(w, x), frames);
        trace?.Invoke($"{name}.mid_block", x);
        foreach (var (blocks, smooth) in levels)
        {
            foreach (var block in blocks)
            {
                var next = block.Forward(w, x, frames);
                x.Dispose();
                x = next;
            }

            x = smooth?.Forward(w, KlUp.Doubled(x)) ?? x;
        }

        x = convOut.Forward(w, nn.functional.silu(norm.Forward(w, x)));
        x = TemporalResidual.AsFrames(timeConvOut.Forward(w, TemporalResidual.AsClips(x, frames)));
        trace?.Invoke(name, x);
        return x.MoveToOuterDisposeScope();
    }
}
