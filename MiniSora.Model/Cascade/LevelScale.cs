using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>The step from one level to the next: LN, then a change of channels and perhaps of resolution.</summary>
internal sealed class LevelScale
{
    private readonly Convolution? convolution;
    private readonly TransposedConvolution? transposed;
    private readonly bool before;
    private readonly double factor = 1;

    private LevelScale(Convolution? convolution, TransposedConvolution? transposed, bool before, double factor)
    {
        this.convolution = convolution;
        this.transposed = transposed;
        this.before = before;
        this.factor = factor;
    }

    /// <summary>From level − 1 down to <paramref name="level"/>; keys <c>down_downscalers.{level}.1</c>.</summary>
    public static LevelScale Down(ParameterLayout layout, UnetOptions options, int level)
    {
        var (from, to) = (options.Hidden[level - 1], options.Hidden[level]);
        var name = $"down_downscalers.{level}.1";
        return options.Scaling is LevelScaling.Interpolated interpolated
            ? new LevelScale(new Convolution(layout, $"{name}.blocks.0", from, to, Kernel.Point, Initial.Xavier), null, false, interpolated.Switches[level - 1] ? 0.5 : 1)
            : new LevelScale(new Convolution(layout, name, from, to, new Kernel(2, 2), Initial.Xavier), null, false, 1);
    }

    /// <summary>From <paramref name="level"/> up to level − 1; keys <c>up_upscalers.{levels − 1 − level}.1</c>.</summary>
    public static LevelScale Up(ParameterLayout layout, UnetOptions options, int level)
    {
        var (from, to) = (options.Hidden[level], options.Hidden[level - 1]);
        var name = $"up_upscalers.{options.Hidden.Count - 1 - level}.1";
        return options.Scaling is LevelScaling.Interpolated interpolated
            ? new LevelScale(new Convolution(layout, $"{name}.blocks.1", from, to, Kernel.Point, Initial.Xavier), null, true, interpolated.Switches[level - 1] ? 2 : 1)
            : new LevelScale(null, new TransposedConvolution(layout, name, from, to, new Kernel(2, 2)), false, 1);
    }

    /// <summary>[B, C, H, W] to [B, C', H', W'].</summary>
    public Tensor Forward(ParameterViews w, Tensor x)
    {
        x = ChannelNorm.Apply(x);
        if (before)
            x = Resize(x);
        x = convolution?.Forward(w, x) ?? transposed!.Forward(w, x);
        return before ? x : Resize(x);
    }

    private Tensor Resize(Tensor x) => factor == 1 ? x : Bilinear.Resize(x, (long)(x.shape[2] * factor), (long)(x.shape[3] * factor));
}

/// <summary>Bilinear resize with the corners of both grids on each other, as Stable Cascade does everywhere.</summary>
internal static class Bilinear
{
    /// <summary>[B, C, H, W] to [B, C, height, width].</summary>
    public static Tensor Resize(Tensor x, long height, long width) =>
        x.shape[2] == height && x.shape[3] == width
            ? x
            : nn.functional.interpolate(x, size: [height, width], mode: InterpolationMode.Bilinear, align_corners: true);
}
