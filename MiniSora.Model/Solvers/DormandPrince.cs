using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers;

/// <summary>
/// Dormand and Prince (1980): fifth order, with the embedded fourth order as the measure of error. First step, step control and the quartic
/// between steps (Shampine 1986) follow torchdiffeq's dopri5: error in root mean square, the largest over the parts of the state; factor
/// 0.9 · error^(−1/5) within [0.2, 10] and never a smaller step after an accepted one. Deviation: a step into where the slope is not a number is
/// repeated shorter; torchdiffeq gives up.
/// </summary>
internal static class DormandPrince
{
    private const double Safety = 0.9;
    private const double Shrink = 0.2;
    private const double Grow = 10;

    private static readonly (double At, double[] Weights)[] Stages =
    [
        (1.0 / 5, [1.0 / 5]),
        (3.0 / 10, [3.0 / 40, 9.0 / 40]),
        (4.0 / 5, [44.0 / 45, -56.0 / 15, 32.0 / 9]),
        (8.0 / 9, [19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729]),
        (1, [9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656]),
        (1, [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84]),
    ];

    private static readonly double[] Error =
    [
        35.0 / 384 - 1951.0 / 21600, 0, 500.0 / 1113 - 22642.0 / 50085, 125.0 / 192 - 451.0 / 720,
        -2187.0 / 6784 + 12231.0 / 42400, 11.0 / 84 - 649.0 / 6300, -1.0 / 60,
    ];

    private static readonly double[] Middle =
    [
        6025192743.0 / 30085553152 / 2, 0, 51252292925.0 / 65400821598 / 2, -2691868925.0 / 45128329728 / 2,
        187940372067.0 / 1594534317056 / 2, -1776094331.0 / 19743644256 / 2, 11237099.0 / 235043384 / 2,
    ];

    /// <summary>See <see cref="OdeGrid.Integrate"/>.</summary>
    public static Tensor[] Integrate(Tensor[] start, IReadOnlyList<double> times, Tolerance tolerance, Slope slope, Action<int, Tensor[]>? seen, SlopeWatch? watch = null)
    {
        using var scope = NewDisposeScope();
        // Falling times are turned round, so that steps are always positive.
        var sign = times[^1] < times[0] ? -1 : 1;
        Tensor[] Rising(double t, Tensor[] state) => sign > 0 ? slope(t, state) : [.. slope(-t, state).Select(part => part.neg())];

        Tensor[] state = [.. start.Select(part => part.clone())];
        seen?.Invoke(0, state);
        var (before, now) = (sign * times[0], sign * times[0]);
        var first = Rising(now, state);
        var step = FirstStep(Rising, now, state, first, tolerance);
        var taken = 0;
        // Until the first step is done every power but the constant is missing.
        Tensor[][] quartic = [.. state.Select(part => new[] { part.clone() })];
        for (var i = 1; i < times.Count; i++)
        {
            var wanted = sign * times[i];
            while (wanted > now)
            {
                if (!(now + step > now))
                    throw new InvalidOperationException(FormattableString.Invariant($"the step at t = {sign * now} shrank to {step}: the state is not finite, or the equation cannot be solved to this tolerance"));
                using var inner = NewDisposeScope();
                var slopes = Slopes(Rising, now, step, state, first, out var next);
                var error = ErrorRatio(slopes, step, state, next, tolerance);
                if (error <= 1)
                {
                    if (watch is not null)
                        Tell(watch, ++taken, sign, (now + step - sign * times[0]) / (sign * (times[^1] - times[0])), now, state, first);
                    // The old state lives on as the constant of the new quartic.
                    var fitted = Fit(state, next, slopes, step);
                    Array.ForEach([.. quartic.SelectMany(part => part), .. first], old => old.Dispose());
                    quartic = fitted;
                    (before, now) = (now, now + step);
                    (state, first) = (next, slopes[^1]);
                    Array.ForEach([.. quartic.SelectMany(part => part.SkipLast(1)), .. state, .. first], kept => kept.MoveToOuterDisposeScope());
                }

                // A slope without a value: the step reached beyond where the equation holds (the last one passes the last time). A shorter may not.
                step *= double.IsNaN(error) ? Shrink : error == 0 ? Grow : Math.Min(Grow, Math.Max(Safety / Math.Pow(error, 1.0 / 5), error < 1 ? 1 : Shrink));
            }

            var at = now == before ? 0 : (wanted - before) / (now - before);
            using var pointScope = NewDisposeScope();
            Tensor[] point = [.. quartic.Select(coefficients => Evaluate(coefficients, at))];
            seen?.Invoke(i, point);
            if (i == times.Count - 1)
            {
                Array.ForEach(point, part => part.MoveToOuterDisposeScope());
                return [.. point.Select(part => part.MoveToOuterDisposeScope())];
            }
        }

        return [.. state.Select(part => part.MoveToOuterDisposeScope())];
    }

    private static void Tell(SlopeWatch watch, int taken, int sign, double covered, double now, Tensor[] state, Tensor[] first)
    {
        using var scope = NewDisposeScope();
        watch(taken, Math.Max(taken, (int)Math.Round(taken / covered)), sign * now, state, [.. first.Select(part => sign > 0 ? part : part.neg())]);
    }

    private static List<Tensor[]> Slopes(Slope slope, double t, double step, Tensor[] state, Tensor[] first, out Tensor[] next)
    {
        List<Tensor[]> slopes = [first];
        next = state;
        foreach (var (at, weights) in Stages)
        {
            next = OdeGrid.Combine(state, slopes, weights, step);
            slopes.Add(slope(t + at * step, next));
        }

        return slopes;
    }

    /// <summary>Hairer, Nørsett and Wanner, "Solving Ordinary Differential Equations I", II.4.</summary>
    private static double FirstStep(Slope slope, double t, Tensor[] state, Tensor[] first, Tolerance tolerance)
    {
        var scales = state.Select(part => Scale(part.abs(), tolerance)).ToArray();
        var size = Norm(state, scales);
        var speed = Norm(first, scales);
        var trial = size < 1e-5 || speed < 1e-5 ? 1e-6 : 0.01 * size / speed;
        var moved = slope(t + trial, OdeGrid.Combine(state, [first], [1], trial));
        var bend = Norm([.. moved.Zip(first, (after, before) => after.Minus(before))], scales) / trial;
        var step = speed <= 1e-15 && bend <= 1e-15 ? Math.Max(1e-6, trial * 1e-3) : Math.Pow(0.01 / Math.Max(speed, bend), 1.0 / 5);
        return Math.Min(100 * trial, step);
    }

    private static double ErrorRatio(List<Tensor[]> slopes, double step, Tensor[] state, Tensor[] next, Tolerance tolerance) => Norm(
        [.. state.Select((_, part) => OdeGrid.Sum(slopes, Error, step, part))],
        [.. state.Zip(next, (a, b) => Scale(maximum(a.abs(), b.abs()), tolerance))]);

    private static Tensor Scale(Tensor size, Tolerance tolerance) =>
        size.to_type(ScalarType.Float64).mul(HeldScalar.Of(tolerance.Relative)).add(HeldScalar.Of(tolerance.Absolute), HeldScalar.One);

    private static double Norm(Tensor[] parts, Tensor[] scales) =>
        parts.Zip(scales, (part, scale) => (part / scale).square().mean().sqrt().item<double>()).Max();

    /// <summary>Coefficients from the fourth power down to the constant, of each part.</summary>
    private static Tensor[][] Fit(Tensor[] state, Tensor[] next, List<Tensor[]> slopes, double step)
    {
        var middle = OdeGrid.Combine(state, slopes, Middle, step);
        return [.. state.Select((from, part) =>
        {
            Tensor[] values = [slopes[0][part], slopes[^1][part], from, next[part], middle[part]];
            return new[]
            {
                Weighted(values, -2 * step, 2 * step, -8, -8, 16),
                Weighted(values, 5 * step, -3 * step, 18, 14, -32),
                Weighted(values, -4 * step, step, -11, -5, 16),
                Weighted(values, step, 0, 0, 0, 0),
                from,
            };
        })];
    }

    private static Tensor Weighted(Tensor[] values, params double[] weights) => OdeGrid.Sum([.. values.Select(value => new[] { value })], weights, 1, 0);

    private static Tensor Evaluate(Tensor[] coefficients, double at)
    {
        using var factor = at.ToScalar();
        var value = coefficients[0].alias();
        foreach (var coefficient in coefficients.Skip(1))
            value = value.mul(factor).Plus(coefficient);
        return value;
    }
}
