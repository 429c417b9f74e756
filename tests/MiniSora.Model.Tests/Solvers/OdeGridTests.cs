using MiniSora.Model.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Solvers;

public sealed class OdeGridTests : TorchTests
{
    private static readonly Tolerance Fine = new(1e-9, 1e-9);

    /// <summary>dx/dt = x + t from x(0) = 1: x(t) = 2 e^t − t − 1.</summary>
    private static double Truth(double t) => 2 * Math.Exp(t) - t - 1;

    private static double Error(OdeMethod method, int points, Tolerance tolerance)
    {
        using var start = ones(1, dtype: float64);
        var end = OdeGrid.Integrate(method, [start], OdeGrid.Even(0, 1, points, float64), tolerance, (t, x) => [x[0] + t], null);
        return Math.Abs(end[0].ToDouble() - Truth(1));
    }

    [Theory]
    [InlineData(OdeMethod.Euler, 1)]
    [InlineData(OdeMethod.Midpoint, 2)]
    [InlineData(OdeMethod.Heun, 2)]
    [InlineData(OdeMethod.Heun3, 3)]
    [InlineData(OdeMethod.RungeKutta4, 4)]
    internal void A_fixed_rule_converges_with_its_order(OdeMethod method, int order) =>
        Assert.InRange(Math.Log2(Error(method, 21, Fine) / Error(method, 41, Fine)), order - 0.15, order + 0.15);

    [Fact]
    public void The_adaptive_rule_keeps_its_tolerance()
    {
        Assert.True(Error(OdeMethod.DormandPrince, 2, Fine) < 1e-7);
        var rough = Error(OdeMethod.DormandPrince, 2, new Tolerance(1e-3, 1e-3));
        Assert.InRange(rough, 1e-9, 1e-2);
    }

    [Fact]
    public void Between_its_steps_it_interpolates()
    {
        var evaluations = 0;
        var seen = new List<double>();
        using var start = ones(1, dtype: float64);
        var times = OdeGrid.Even(0, 1, 101, float64);
        OdeGrid.Integrate(OdeMethod.DormandPrince, [start], times, new Tolerance(1e-6, 1e-6), (t, x) =>
        {
            evaluations++;
            return [x[0] + t];
        }, (_, x) => seen.Add(x[0].ToDouble()));
        Assert.True(evaluations < 60, $"{evaluations}");
        foreach (var (time, value) in times.Zip(seen))
            Assert.Equal(Truth(time), value, 1e-4);
    }

    [Theory]
    [InlineData(OdeMethod.RungeKutta4)]
    [InlineData(OdeMethod.DormandPrince)]
    internal void Time_may_run_backwards_and_a_state_may_have_parts(OdeMethod method)
    {
        var end = OdeGrid.Integrate(
            method, [full([1], Truth(1), float64), full([2], Math.E, float64)], OdeGrid.Even(1, 0, 21, float64), Fine,
            (t, x) => [x[0] + t, x[1].clone()], null);
        Assert.Equal(1, end[0].ToDouble(), 1e-5);
        Assert.Equal(1, end[1][1].ToDouble(), 1e-5);
    }

    [Fact]
    public void Nothing_is_asked_of_a_slope_beyond_where_it_has_values()
    {
        // dx/dt = −½/√(1 − t), which ends at t = 1: x = √(1 − t).
        var end = OdeGrid.Integrate(
            OdeMethod.DormandPrince, [ones(1, dtype: float64)], [0, 0.999], new Tolerance(1e-3, 1e-3), (t, x) => [full_like(x[0], -0.5 / Math.Sqrt(1 - t))], null);
        Assert.Equal(Math.Sqrt(1e-3), end[0].ToDouble(), 1e-2);
    }

    [Fact]
    public void A_slope_that_is_never_a_number_is_said() => Assert.Contains("not finite", Assert.Throws<InvalidOperationException>(() =>
        OdeGrid.Integrate(OdeMethod.DormandPrince, [ones(1, dtype: float64)], [0, 1], Fine, (t, x) => [full_like(x[0], t > 0.5 ? double.NaN : 1)], null)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_state_that_explodes_is_said() => Assert.Throws<InvalidOperationException>(() =>
        OdeGrid.Integrate(OdeMethod.DormandPrince, [ones(1, dtype: float64)], [0, 2], Fine, (_, x) => [x[0] * x[0]], null));

    [Fact]
    public void The_start_is_kept_and_nothing_is_left_behind()
    {
        using var start = ones(3);
        void Once(OdeMethod method)
        {
            foreach (var part in OdeGrid.Integrate(method, [start], [0, 0.3, 1], new Tolerance(1e-4, 1e-4), (_, x) => [x[0].neg()], null))
                part.Dispose();
        }

        foreach (var method in new[] { OdeMethod.Heun, OdeMethod.DormandPrince })
        {
            Once(method);
            var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            Once(method);
            Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }

        Assert.Equal(3, start.sum().ToDouble());
    }
}
