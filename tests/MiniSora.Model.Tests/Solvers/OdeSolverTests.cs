using MiniSora.Model.Sampling;
using MiniSora.Model.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Solvers;

public sealed class OdeSolverTests : TorchTests
{
    /// <summary>dx/dt = x + t from x(1) = 1: x(t) = 3 e^(t−1) − t − 1, so x(0) = 3/e − 1.</summary>
    private static double Error(SolverKind solver, int steps)
    {
        using var start = ones(1, dtype: float64);
        using var end = OdeSolver.Integrate(solver, start, steps, 1, (x, t) => x + t, _ => { });
        return Math.Abs(end.ToDouble() - (3 / Math.E - 1));
    }

    [Fact]
    public void Euler_converges_with_first_order() =>
        Assert.InRange(Error(SolverKind.Euler, 40) / Error(SolverKind.Euler, 80), 1.9, 2.1);

    [Fact]
    public void Heun_beats_euler_by_far_and_its_inner_steps_are_second_order()
    {
        // The last step is first order, with a local error of order 1/steps²: the whole stays second order.
        Assert.InRange(Error(SolverKind.Heun, 40) / Error(SolverKind.Heun, 80), 3.4, 4.6);
        Assert.True(Error(SolverKind.Heun, 40) < Error(SolverKind.Euler, 40) / 10);
    }

    [Theory]
    [InlineData(SolverKind.Euler, 5)]
    [InlineData(SolverKind.Heun, 9)]
    public void Evaluations_are_counted(SolverKind solver, int expected)
    {
        var seen = new List<int>();
        using var start = ones(1);
        using var end = OdeSolver.Integrate(solver, start, 5, 1, (x, _) => x.clone(), seen.Add);
        Assert.Equal(Enumerable.Range(0, expected), seen);
        Assert.Equal(expected, OdeSolver.Evaluations(solver, 5));
    }

    [Fact]
    public void A_constant_velocity_is_integrated_exactly_and_the_start_is_kept()
    {
        using var start = full([2], 3.0);
        using var end = OdeSolver.Integrate(SolverKind.Euler, start, 4, 1, (x, _) => ones_like(x), _ => { });
        Assert.Equal(2, end[0].ToDouble(), 6);
        Assert.Equal(3, start[0].ToDouble());
    }

    [Fact]
    public void A_shifted_grid_still_ends_at_zero()
    {
        using var start = full([2], 3.0);
        using var end = OdeSolver.Integrate(SolverKind.Euler, start, 4, 3, (x, _) => ones_like(x), _ => { });
        Assert.Equal(2, end[0].ToDouble(), 6);
    }

    [Fact]
    public void A_way_that_starts_late_covers_only_the_rest()
    {
        using var start = zeros(1);
        var times = new List<double>();
        using var end = OdeSolver.Integrate(
            SolverKind.Euler, start, OdeSolver.Steps(10, 3, 0.6), 3,
            (x, t) =>
            {
                times.Add(t);
                return ones_like(x);
            },
            _ => { }, 0.6);
        Assert.Equal(-0.6, end.ToDouble(), 1e-6);
        Assert.Equal(0.6, times[0], 1e-9);
        Assert.Equal(4, times.Count); // 0.6 lies at 1/3 of the even grid
    }

    [Fact]
    public void The_inversion_leads_where_the_steps_lead_back_from()
    {
        using var data = randn(50);
        Tensor Velocity(Tensor x, double t) => -0.8 * x * t + 0.3;
        using var noise = OdeSolver.Invert(data, 8, 2, 0.7, Velocity, _ => { });
        using var back = OdeSolver.Integrate(SolverKind.Euler, noise, 8, 2, Velocity, _ => { }, 0.7);
        Assert.True(LargestDifference(data, back) < 1e-3);
        Assert.True(LargestDifference(data, noise) > 0.05);
    }
}
