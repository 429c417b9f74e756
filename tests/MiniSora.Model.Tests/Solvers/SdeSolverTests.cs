using MiniSora.Model.Objectives;
using MiniSora.Model.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Solvers;

public sealed class SdeSolverTests : TorchTests
{
    private static readonly NoiseDraw Drawn = like => randn(like.shape, like.dtype);

    [Theory]
    [InlineData(SdeMethod.EulerMaruyama)]
    [InlineData(SdeMethod.Heun)]
    internal void A_pull_to_the_middle_reaches_its_mean_and_variance(SdeMethod method)
    {
        // dx = −x dt + √2 dW from x = 2: mean 2 e^(−t), variance 1 − e^(−2t).
        using var generator = new Generator(4, CPU);
        var start = full([20_000, 1], 2.0);
        var end = SdeSolver.Integrate(method, start, OdeGrid.Even(0, 1, 101, float32), (x, _) => -x, (x, _) => ones(x.shape[0], 1), like => randn(like.shape, generator: generator), null);
        Assert.Equal(2 / Math.E, end.mean().ToDouble(), 0.025);
        Assert.Equal(Math.Sqrt(1 - Math.Exp(-2)), end.std().ToDouble(), 0.025);
    }

    [Theory]
    [InlineData(SdeMethod.EulerMaruyama, 1)]
    [InlineData(SdeMethod.Heun, 2)]
    internal void Without_noise_it_has_the_order_of_its_drift(SdeMethod method, int order)
    {
        double Error(int points)
        {
            var end = SdeSolver.Integrate(method, ones(1, 1, dtype: float64), OdeGrid.Even(0, 1, points, float64), (x, t) => x + t.unsqueeze(1), (x, _) => zeros_like(x), Drawn, null);
            return Math.Abs(end.ToDouble() - (2 * Math.E - 2));
        }

        Assert.InRange(Math.Log2(Error(21) / Error(41)), order - 0.15, order + 0.15);
    }

    [Fact]
    public void Time_runs_forward_only() => Assert.Throws<ArgumentException>(() =>
        SdeSolver.Integrate(SdeMethod.EulerMaruyama, ones(1, 1), [1, 0], (x, _) => x, (x, _) => x, Drawn, null));
}
