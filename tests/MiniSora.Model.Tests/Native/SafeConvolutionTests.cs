using MiniSora.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Native;

public sealed class SafeConvolutionTests : TorchTests
{
    [Theory]
    [InlineData(20, 3, 1, 1)]
    [InlineData(24, 3, 2, 1)]
    [InlineData(16, 5, 1, 2)]
    public void Depthwise_kernels_are_one_shifted_sum_per_channel_with_its_gradients(long channels, long side, long stride, long padding)
    {
        var (input, weight, bias) = (Random(2, channels, 9, 8), Random(channels, 1, side, side), Random(channels));
        Agree(
            [input, weight, bias],
            (x, w, b) => SafeConvolution.Depthwise(x, w, b, stride, padding),
            (x, w, b) =>
            {
                var padded = nn.functional.pad(x, [padding, padding, padding, padding]);
                var (rows, columns) = ((padded.shape[2] - side) / stride + 1, (padded.shape[3] - side) / stride + 1);
                var sum = zeros([2, channels, rows, columns], dtype: ScalarType.Float64);
                for (long i = 0; i < side; i++)
                    for (long j = 0; j < side; j++)
                        sum = sum + padded.slice(2, i, i + (rows - 1) * stride + 1, stride).slice(3, j, j + (columns - 1) * stride + 1, stride) * w.select(3, j).select(2, i).view(1, -1, 1, 1);
                return sum + b.view(1, -1, 1, 1);
            });
    }

    [Theory]
    [InlineData(20, 3)]
    [InlineData(17, 40)]
    public void Kernels_of_one_pixel_mix_channels_with_their_gradients(long channels, long outputs) => Agree(
        [Random(2, channels, 5, 6), Random(outputs, channels, 1, 1), Random(outputs)],
        (x, w, b) => SafeConvolution.Pointwise(x, w, b),
        (x, w, b) => einsum("nchw,oc->nohw", x, w.flatten(1)) + b.view(1, -1, 1, 1));

    [Theory]
    [InlineData(20, 24, 4, 2, 1)]
    [InlineData(17, 3, 2, 2, 0)]
    public void Transposed_kernels_spread_every_pixel_with_their_gradients(long channels, long outputs, long side, long stride, long padding) => Agree(
        [Random(2, channels, 4, 5), Random(channels, outputs, side, side), Random(outputs)],
        (x, w, b) => SafeConvolution.Transposed2d(x, w, b, stride, padding),
        (x, w, b) =>
        {
            long height = (4 - 1) * stride + side, width = (5 - 1) * stride + side;
            var sum = zeros([2, outputs, height, width], dtype: ScalarType.Float64);
            for (long i = 0; i < 4; i++)
            {
                for (long j = 0; j < 5; j++)
                {
                    var stamp = einsum("nc,cohw->nohw", x.select(3, j).select(2, i), w);
                    sum = sum + nn.functional.pad(stamp, [j * stride, width - side - j * stride, i * stride, height - side - i * stride]);
                }
            }

            return sum.slice(2, padding, height - padding, 1).slice(3, padding, width - padding, 1) + b.view(1, -1, 1, 1);
        });

    /// <summary>Result and gradients in float32 against the definition in float64.</summary>
    private static void Agree(Tensor[] inputs, Func<Tensor, Tensor, Tensor, Tensor> ours, Func<Tensor, Tensor, Tensor, Tensor> definition)
    {
        var single = inputs.Select(input => input.clone().requires_grad_(true)).ToArray();
        var exact = inputs.Select(input => input.to(ScalarType.Float64).requires_grad_(true)).ToArray();
        var (got, want) = (ours(single[0], single[1], single[2]), definition(exact[0], exact[1], exact[2]));
        Assert.Equal(want.shape, got.shape);
        Assert.True(Relative(got, want) < 1e-5);
        var direction = Random(want.shape);
        var gradients = autograd.grad([got], single, [direction]);
        var expected = autograd.grad([want], exact, [direction.to(ScalarType.Float64)]);
        for (var i = 0; i < inputs.Length; i++)
            Assert.True(Relative(gradients[i], expected[i]) < 1e-5, $"gradient {i}");
    }

    private static double Relative(Tensor got, Tensor want) => LargestDifference(got.detach().to(ScalarType.Float64), want.detach()) / want.detach().abs().max().ToDouble();

    private static Tensor Random(params long[] shape)
    {
        using var generator = new Generator((ulong)shape.Sum());
        return randn(shape, generator: generator);
    }
}
