using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>Kernel of a <see cref="Convolution"/>.</summary>
/// <param name="Size">Height and width.</param>
/// <param name="Stride">Step in both directions.</param>
/// <param name="Padding">Pixels added on every side.</param>
/// <param name="Depthwise">Every channel has its own kernel.</param>
/// <param name="Replicate">The padding repeats the border instead of being zero.</param>
internal readonly record struct Kernel(long Size, long Stride = 1, long Padding = 0, bool Depthwise = false, bool Replicate = false)
{
    /// <summary>One pixel.</summary>
    public static Kernel Point { get; } = new(1);

    /// <summary>Odd size, padded so that stride 1 keeps height and width.</summary>
    public static Kernel Same(long size, long stride = 1) => new(size, stride, (size - 1) / 2);
}

/// <summary>[B, C, H, W] to [B, O, H', W']: keys <c>{name}.weight</c> [O, C, k, k] (depthwise [C, 1, k, k]) and, unless left out, <c>{name}.bias</c>.</summary>
internal sealed class Convolution
{
    private readonly int weight;
    private readonly int? bias;
    private readonly Kernel kernel;

    public Convolution(ParameterLayout layout, string name, long inputs, long outputs, Kernel kernel, Initial initial = Initial.Torch, double gain = 1, bool bias = true)
    {
        this.kernel = kernel;
        long[] shape = [outputs, kernel.Depthwise ? 1 : inputs, kernel.Size, kernel.Size];
        weight = layout.AddWeight($"{name}.weight", shape, initial, gain);
        if (bias)
            this.bias = layout.AddBias($"{name}.bias", outputs, shape, initial);
    }

    /// <summary>[B, C, H, W] to [B, O, H', W'].</summary>
    public Tensor Forward(ParameterViews w, Tensor x) => Apply(x, w[weight], bias is { } index ? w[index] : null, kernel);

    /// <summary>The same with weights computed by the caller (spectral norm, adapters).</summary>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor? bias, Kernel kernel)
    {
        var padding = kernel.Padding;
        if (kernel.Replicate)
        {
            x = nn.functional.pad(x, [padding, padding, padding, padding], PaddingModes.Replicate);
            padding = 0;
        }

        if (kernel.Depthwise)
            return SafeConvolution.Depthwise(x, weight, bias, kernel.Stride, padding);
        return kernel is { Size: 1, Stride: 1, Padding: 0 }
            ? SafeConvolution.Pointwise(x, weight, bias)
            : SafeConvolution.Conv2d(x, weight, bias, kernel.Stride, padding);
    }
}

/// <summary>Transposed convolution [B, C, H, W] to [B, O, H', W']: keys <c>{name}.weight</c> [C, O, k, k], <c>{name}.bias</c>; starts as torch's own.</summary>
internal sealed class TransposedConvolution
{
    private readonly int weight;
    private readonly int bias;
    private readonly Kernel kernel;

    public TransposedConvolution(ParameterLayout layout, string name, long inputs, long outputs, Kernel kernel)
    {
        this.kernel = kernel;
        long[] shape = [inputs, outputs, kernel.Size, kernel.Size];
        weight = layout.AddWeight($"{name}.weight", shape, Initial.Torch);
        bias = layout.AddBias($"{name}.bias", outputs, shape, Initial.Torch);
    }

    /// <summary>[B, C, H, W] to [B, O, H', W'].</summary>
    public Tensor Forward(ParameterViews w, Tensor x) => SafeConvolution.Transposed2d(x, w[weight], w[bias], kernel.Stride, kernel.Padding);
}
