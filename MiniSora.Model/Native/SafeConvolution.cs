using System.Collections.Concurrent;
using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Native;

/// <summary>
/// The one place that computes convolutions. libtorch 2.10's conv2d and conv3d are silently wrong on some processors (seen on AMD EPYC
/// with AVX-512, oneDNN: batch of 2 or more and channels above 16 off the multiples of 16; the input gradient for 3 channels too; more with strides), so
/// the way is chosen by <see cref="Arithmetic.Check"/>.
/// </summary>
public static class SafeConvolution
{
    private const long Multiple = 16;
    private static readonly ConcurrentDictionary<string, ConvolutionPath> Paths = new();

    /// <summary>
    /// [B, C, H, W] with weight [O, C, kh, kw] and optional bias [O] to [B, O, H', W'], by the way that was found right on the
    /// input's device; the first call on a device runs the self-check. Throws <see cref="ArithmeticException"/> when no way is right.
    /// </summary>
    public static Tensor Conv2d(Tensor input, Tensor weight, Tensor? bias = null, long stride = 1, long padding = 0) =>
        Conv2d(PathOn(input.device), input, weight, bias, stride, padding);

    /// <summary>[B, C, T, H, W] with weight [O, C, kt, kh, kw] to [B, O, T', H', W'], stride 1, without padding; else as <see cref="Conv2d(Tensor, Tensor, Tensor?, long, long)"/>.</summary>
    public static Tensor Conv3d(Tensor input, Tensor weight, Tensor? bias = null) => Conv3d(PathOn(input.device), input, weight, bias);

    /// <summary>Conv2d by a given way; differentiable in all three arguments.</summary>
    public static Tensor Conv2d(ConvolutionPath path, Tensor input, Tensor weight, Tensor? bias = null, long stride = 1, long padding = 0)
    {
        using var scope = NewDisposeScope();
        // With strides even multiples of 16 have been seen wrong.
        if (path == ConvolutionPath.PaddedChannels && stride != 1) path = ConvolutionPath.ShiftedProducts;
        var result = path switch
        {
            ConvolutionPath.Direct => nn.functional.conv2d(input, weight, bias, [stride, stride], [padding, padding]),
            ConvolutionPath.PaddedChannels => Filled(input, weight, bias, (x, w, b) => nn.functional.conv2d(x, w, b, null, [padding, padding])),
            ConvolutionPath.ShiftedProducts => Shifted(nn.functional.pad(input, [padding, padding, padding, padding]).unsqueeze(2), weight.unsqueeze(2), bias, stride).squeeze(2),
            _ => throw new ArgumentOutOfRangeException(nameof(path), path, null),
        };
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>Conv3d by a given way; differentiable in all three arguments.</summary>
    public static Tensor Conv3d(ConvolutionPath path, Tensor input, Tensor weight, Tensor? bias = null)
    {
        using var scope = NewDisposeScope();
        var result = path switch
        {
            ConvolutionPath.Direct => nn.functional.conv3d(input, weight, bias),
            ConvolutionPath.PaddedChannels => Filled(input, weight, bias, (x, w, b) => nn.functional.conv3d(x, w, b)),
            ConvolutionPath.ShiftedProducts => Shifted(input, weight, bias, 1),
            _ => throw new ArgumentOutOfRangeException(nameof(path), path, null),
        };
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Every channel with its own kernel: [B, C, H, W] and [C, 1, kh, kw] to [B, C, H', W']. libtorch's own: depthwise kernels have
    /// been right wherever the dense ones were wrong.
    /// </summary>
    public static Tensor Depthwise(Tensor input, Tensor weight, Tensor? bias = null, long stride = 1, long padding = 0) =>
        nn.functional.conv2d(input, weight, bias, [stride, stride], [padding, padding], null, input.shape[1]);

    /// <summary>Kernel of one pixel: [B, C, H, W] and [O, C, 1, 1] to [B, O, H, W], as one matrix product.</summary>
    public static Tensor Pointwise(Tensor input, Tensor weight, Tensor? bias = null)
    {
        using var scope = NewDisposeScope();
        return nn.functional.linear(input.permute(0, 2, 3, 1), weight.flatten(1), bias).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Transposed convolution, [B, C, H, W] and [C, O, k, k] to [B, O, (H − 1)·stride − 2·padding + k, …]: one matrix product, whose
    /// columns are added up where their kernels overlap. Not libtorch's own: its input gradient is a convolution with a stride, wrong where those are.
    /// </summary>
    public static Tensor Transposed2d(Tensor input, Tensor weight, Tensor? bias = null, long stride = 1, long padding = 0)
    {
        using var scope = NewDisposeScope();
        var (rows, columns) = (weight.shape[2], weight.shape[3]);
        var height = (input.shape[2] - 1) * stride - 2 * padding + rows;
        var width = (input.shape[3] - 1) * stride - 2 * padding + columns;
        var stamps = matmul(weight.flatten(1).t(), input.flatten(2));  // [B, O·k·k, H·W]
        var result = nn.functional.fold(stamps, (height, width), (rows, columns), (1, 1), (padding, padding), (stride, stride));
        return (bias is null ? result : result.Plus(bias.view(1, -1, 1, 1))).MoveToOuterDisposeScope();
    }

    private static ConvolutionPath PathOn(Device device) => Paths.GetOrAdd(device.ToString(), _ =>
    {
        var report = Arithmetic.Check(device);
        return report.Convolution ?? throw new ArithmeticException($"No way to compute convolutions is right on {device}: {report.Summary}");
    });

    private static Tensor Filled(Tensor input, Tensor weight, Tensor? bias, Func<Tensor, Tensor, Tensor?, Tensor> convolve)
    {
        var (outputs, channels) = (weight.shape[0], weight.shape[1]);
        var (moreOutputs, moreChannels) = (Missing(outputs), Missing(channels));
        // Padding counts from the last dimension backwards: two numbers for every dimension behind the channels come first.
        var behind = new long[2 * (input.dim() - 2)];
        if (moreChannels > 0) input = nn.functional.pad(input, [.. behind, 0, moreChannels]);
        if (moreChannels + moreOutputs > 0) weight = nn.functional.pad(weight, [.. behind, 0, moreChannels, 0, moreOutputs]);
        if (moreOutputs > 0 && bias is not null) bias = nn.functional.pad(bias, [0, moreOutputs]);
        return convolve(input, weight, bias).narrow(1, 0, outputs);
    }

    private static long Missing(long channels) => (Multiple - channels % Multiple) % Multiple;

    /// <summary>[B, C, T, H, W] and [O, C, kt, kh, kw]: the sum over kernel taps of a matrix product with the shifted input. <paramref name="stride"/> is spatial.</summary>
    internal static Tensor Shifted(Tensor input, Tensor weight, Tensor? bias, long stride)
    {
        var (depth, rows, columns) = (weight.shape[2], weight.shape[3], weight.shape[4]);
        var frames = input.shape[2] - depth + 1;
        var height = (input.shape[3] - rows) / stride + 1;
        var width = (input.shape[4] - columns) / stride + 1;
        var last = input.permute(0, 2, 3, 4, 1);  // [B, T, H, W, C]
        Tensor? sum = null;
        for (long t = 0; t < depth; t++)
        {
            for (long y = 0; y < rows; y++)
            {
                for (long x = 0; x < columns; x++)
                {
                    var tap = last.narrow(1, t, frames).slice(2, y, y + (height - 1) * stride + 1, stride).slice(3, x, x + (width - 1) * stride + 1, stride);
                    var part = matmul(tap, weight.select(4, x).select(3, y).select(2, t).t());
                    sum = sum is null ? part : sum.Plus(part);
                }
            }
        }

        return (bias is null ? sum! : sum!.Plus(bias)).permute(0, 4, 1, 2, 3);
    }
}
