using System.Diagnostics;
using MiniSora.Model.Native;
using TorchSharp;
using Xunit.Abstractions;

namespace MiniSora.Model.Tests.Native;

public sealed class ArithmeticTests(ITestOutputHelper output)
{
    [Fact]
    public void This_machine_can_be_trusted_and_the_check_is_short()
    {
        TorchRuntime.EnsureLoaded();
        Arithmetic.Measure(torch.CPU);
        var watch = Stopwatch.StartNew();
        var report = Arithmetic.Measure(torch.CPU);
        output.WriteLine($"{report.Summary} ({watch.ElapsedMilliseconds} ms)\n{string.Join("\n", report.Failures)}");
        Assert.True(report.Trustworthy, report.Summary);
        Assert.Equal(report.ConvolutionIsSafe, report.Failures.Count == 0);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10);
    }

    [Theory]
    [InlineData(ConvolutionPath.PaddedChannels, 1, 1)]
    [InlineData(ConvolutionPath.PaddedChannels, 2, 0)]
    [InlineData(ConvolutionPath.ShiftedProducts, 1, 1)]
    [InlineData(ConvolutionPath.ShiftedProducts, 2, 0)]
    public void The_safe_ways_are_right_here_with_their_gradients(ConvolutionPath path, long stride, long padding)
    {
        TorchRuntime.EnsureLoaded();
        foreach (var (widthIn, widthOut) in new[] { (16, 16), (17, 20), (24, 28), (36, 3), (3, 40), (72, 17) })
        {
            using var scope = torch.NewDisposeScope();
            using var generator = new torch.Generator(7);
            var input = torch.randn(new long[] { 2, widthIn, 9, 8 }, generator: generator).requires_grad_(true);
            var weight = torch.randn(new long[] { widthOut, widthIn, 3, 3 }, generator: generator).requires_grad_(true);
            var bias = torch.randn(new long[] { widthOut }, generator: generator).requires_grad_(true);
            var result = SafeConvolution.Conv2d(path, input, weight, bias, stride, padding);
            var direction = torch.randn(result.shape, generator: generator);
            result.backward([direction]);

            var (expected, dInput, dWeight) = Loops(input, weight, bias, direction, stride, padding);
            Assert.Equal(0, Error(result, expected), 4);
            Assert.Equal(0, Error(input.grad!, dInput), 4);
            Assert.Equal(0, Error(weight.grad!, dWeight), 4);
            Assert.Equal(0, Error(bias.grad!, direction.sum([0, 2, 3]).data<float>().Select(value => (double)value).ToArray()), 4);
        }
    }

    [Fact]
    public void The_chosen_way_gives_the_plain_result()
    {
        TorchRuntime.EnsureLoaded();
        using var scope = torch.NewDisposeScope();
        var input = torch.ones(new long[] { 2, 20, 5, 5 });
        var weight = torch.ones(new long[] { 3, 20, 3, 3 });
        var result = SafeConvolution.Conv2d(input, weight);
        Assert.Equal([2, 3, 3, 3], result.shape);
        Assert.All(result.data<float>().ToArray(), value => Assert.Equal(180f, value));
    }

    [Fact]
    public void The_check_leaks_nothing()
    {
        TorchRuntime.EnsureLoaded();
        Arithmetic.Measure(torch.CPU);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Arithmetic.Measure(torch.CPU);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    /// <summary>The definition of a convolution and of its gradients, in loops and float64.</summary>
    private static (double[] Result, double[] DInput, double[] DWeight) Loops(torch.Tensor input, torch.Tensor weight, torch.Tensor bias, torch.Tensor direction, long stride, long padding)
    {
        var (x, w, b, d) = (input.data<float>().ToArray(), weight.data<float>().ToArray(), bias.data<float>().ToArray(), direction.data<float>().ToArray());
        var (batch, channels, height, width) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3]);
        var (outputs, rows, columns) = (weight.shape[0], direction.shape[2], direction.shape[3]);
        var (result, dx, dw) = (new double[d.Length], new double[x.Length], new double[w.Length]);
        for (long at = 0; at < d.Length; at++)
        {
            var (n, o, r, c) = (at / columns / rows / outputs, at / columns / rows % outputs, at / columns % rows, at % columns);
            result[at] += b[o];
            for (long i = 0; i < channels; i++)
            {
                for (var k = 0; k < 9; k++)
                {
                    var (y, z) = (r * stride + k / 3 - padding, c * stride + k % 3 - padding);
                    if (y < 0 || z < 0 || y >= height || z >= width) continue;
                    var (from, by) = (((n * channels + i) * height + y) * width + z, (o * channels + i) * 9 + k);
                    result[at] += (double)x[from] * w[by];
                    dx[from] += (double)d[at] * w[by];
                    dw[by] += (double)d[at] * x[from];
                }
            }
        }

        Assert.Equal(batch * outputs * rows * columns, d.Length);
        return (result, dx, dw);
    }

    private static double Error(torch.Tensor actual, double[] expected)
    {
        var values = actual.contiguous().data<float>().ToArray();
        Assert.Equal(expected.Length, values.Length);
        return values.Zip(expected, (a, e) => Math.Abs(a - e)).Max() / expected.Max(Math.Abs);
    }
}
