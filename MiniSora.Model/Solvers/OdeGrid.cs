using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers;

/// <summary>Rules to integrate an ordinary differential equation over given times.</summary>
internal enum OdeMethod
{
    /// <summary>First order.</summary>
    Euler,

    /// <summary>Second order, by the slope in the middle.</summary>
    Midpoint,

    /// <summary>Second order, by the mean of the slopes at both ends.</summary>
    Heun,

    /// <summary>Third order, Heun's.</summary>
    Heun3,

    /// <summary>Fourth order, Kutta's 3/8 rule.</summary>
    RungeKutta4,

    /// <summary>Dormand and Prince's pair of orders 5 and 4, with steps of its own choice.</summary>
    DormandPrince,
}

/// <summary>Error allowed per step: absolute + relative · |state|.</summary>
internal sealed record Tolerance(double Absolute, double Relative);

/// <summary>dy/dt of a state of one or more parts; the caller owns the result.</summary>
internal delegate Tensor[] Slope(double t, Tensor[] state);

/// <summary>
/// Told of every step with the state that it starts from and the slope there, for the length of the call. <paramref name="step"/> counts from 1; of an adaptive rule
/// only accepted steps, and <paramref name="steps"/> is what they would come to if all were as long.
/// </summary>
internal delegate void SlopeWatch(int step, int steps, double t, Tensor[] state, Tensor[] slope);

/// <summary>Integrates dy/dt = f(t, y) over given times, rising or falling. States have one or more parts, in their own type; times are double.</summary>
internal static class OdeGrid
{
    /// <summary>
    /// Evenly spaced times, both ends included, as a tensor of this type would hold them: in float32 their rounding is part of what a network that
    /// is told the time computes.
    /// </summary>
    public static IReadOnlyList<double> Even(double from, double to, int points, ScalarType type)
    {
        using var grid = linspace(from, to, points, type);
        using var exact = grid.to_type(ScalarType.Float64);
        return exact.data<double>().ToArray();
    }

    /// <summary>
    /// The state at the last time; the caller owns it and keeps <paramref name="start"/>. <paramref name="seen"/> gets the state at every time with its number,
    /// for the length of the call. <paramref name="tolerance"/> is for the adaptive rule only.
    /// </summary>
    public static Tensor[] Integrate(
        OdeMethod method, Tensor[] start, IReadOnlyList<double> times, Tolerance tolerance, Slope slope, Action<int, Tensor[]>? seen, SlopeWatch? watch = null)
    {
        if (method == OdeMethod.DormandPrince)
            return DormandPrince.Integrate(start, times, tolerance, slope, seen, watch);
        var rule = ButcherTable.Of(method);
        Tensor[] state = [.. start.Select(part => part.clone())];
        seen?.Invoke(0, state);
        for (var i = 1; i < times.Count; i++)
        {
            using var scope = NewDisposeScope();
            var first = slope(times[i - 1], state);
            watch?.Invoke(i, times.Count - 1, times[i - 1], state, first);
            var next = Step(rule, state, first, times[i - 1], times[i] - times[i - 1], slope);
            foreach (var (old, part) in state.Zip(next))
            {
                old.Dispose();
                part.MoveToOuterDisposeScope();
            }

            state = next;
            seen?.Invoke(i, state);
        }

        return state;
    }

    /// <summary>y + h Σ wᵢ kᵢ, for weights of the first slopes; zero weights cost nothing.</summary>
    internal static Tensor[] Combine(Tensor[] state, IReadOnlyList<Tensor[]> slopes, IReadOnlyList<double> weights, double step)
    {
        var result = new Tensor[state.Length];
        for (var part = 0; part < state.Length; part++)
            result[part] = state[part].Plus(Sum(slopes, weights, step, part));
        return result;
    }

    /// <summary>h Σ wᵢ kᵢ of one part.</summary>
    internal static Tensor Sum(IReadOnlyList<Tensor[]> slopes, IReadOnlyList<double> weights, double step, int part)
    {
        Tensor? sum = null;
        for (var i = 0; i < weights.Count; i++)
        {
            if (weights[i] == 0)
                continue;
            using var factor = (weights[i] * step).ToScalar();
            sum = sum is null ? slopes[i][part].mul(factor) : sum.add(slopes[i][part], factor);
        }

        return sum ?? zeros_like(slopes[0][part]);
    }

    private static Tensor[] Step(ButcherTable rule, Tensor[] state, Tensor[] first, double t, double step, Slope slope)
    {
        var slopes = new List<Tensor[]> { first };
        for (var stage = 0; stage < rule.Stages.Count; stage++)
        {
            var (at, weights) = rule.Stages[stage];
            slopes.Add(slope(t + at * step, Combine(state, slopes, weights, step)));
        }

        return Combine(state, slopes, rule.Weights, step);
    }
}
