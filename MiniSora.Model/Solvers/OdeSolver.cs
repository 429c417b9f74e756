using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using MiniSora.Model.Sampling;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers;

/// <summary>Integrates dx/dt = v(x, t) from t = 1 (noise) to t = 0 (data) on an even grid, shifted.</summary>
internal static class OdeSolver
{
    /// <summary>Substitutions per step of <see cref="Invert"/>.</summary>
    public const int InversionRepeats = 3;

    /// <summary>Velocity at a state and a time; the solver disposes what it returns.</summary>
    public delegate Tensor Velocity(Tensor x, double t);

    /// <summary>Evaluations of the velocity that a solver makes in <paramref name="steps"/> steps.</summary>
    public static int Evaluations(SolverKind solver, int steps) => solver == SolverKind.Heun ? 2 * steps - 1 : steps;

    /// <summary>
    /// The state at t = 0; the caller owns it and keeps <paramref name="start"/>. <paramref name="beforeEvaluation"/> is called
    /// with the number of evaluations made so far, before each. <paramref name="start"/> is the state at time <paramref name="from"/> in (0, 1], whose way is as many steps long.
    /// </summary>
    public static Tensor Integrate(SolverKind solver, Tensor start, int steps, double shift, Velocity velocity, Action<int> beforeEvaluation, double from = 1, StepWatch? watch = null)
    {
        var even = Unshift(from, shift);
        var evaluations = 0;
        Tensor Evaluate(Tensor x, double t)
        {
            beforeEvaluation(evaluations++);
            return velocity(x, t);
        }

        var x = start.clone();
        for (var i = 0; i < steps; i++)
        {
            var t = RectifiedFlow.Shift(even * (1 - (double)i / steps), shift);
            var next = RectifiedFlow.Shift(even * (1 - (double)(i + 1) / steps), shift);
            using var scope = NewDisposeScope();
            using var step = (next - t).ToScalar();
            using var halfStep = (0.5 * (next - t)).ToScalar();
            var slope = Evaluate(x, t);
            watch?.Invoke(i + 1, steps, t, () => RectifiedFlow.DataFromVelocity(x, slope, t));
            var moved = x.Plus(slope.mul(step));
            // Heun's correction needs the velocity at the new point; at t = 0 the network was never trained, so the last
            // step stays first order (Karras et al. 2022).
            if (solver == SolverKind.Heun && i < steps - 1)
                moved = x.Plus(slope.Plus(Evaluate(moved, next)).mul(halfStep));
            x.Dispose();
            x = moved.MoveToOuterDisposeScope();
        }

        return x;
    }

    /// <summary>
    /// The state at time <paramref name="to"/> from which Euler's steps lead to <paramref name="data"/> at t = 0 (RF inversion): each step is solved
    /// by repeated substitution, so that the way back is the way there but for rounding. The caller owns it.
    /// </summary>
    public static Tensor Invert(Tensor data, int steps, double shift, double to, Velocity velocity, Action<int> beforeEvaluation)
    {
        var even = Unshift(to, shift);
        var evaluations = 0;
        var x = data.clone();
        for (var i = steps; i > 0; i--)
        {
            var t = RectifiedFlow.Shift(even * (1 - (double)(i - 1) / steps), shift);
            var next = RectifiedFlow.Shift(even * (1 - (double)i / steps), shift);
            using var scope = NewDisposeScope();
            using var back = (t - next).ToScalar();
            var before = x;
            for (var repeat = 0; repeat < InversionRepeats; repeat++)
            {
                beforeEvaluation(evaluations++);
                before = x.Plus(velocity(before, t).mul(back));
            }

            x.Dispose();
            x = before.MoveToOuterDisposeScope();
        }

        return x;
    }

    /// <summary>Steps of a way that starts at <paramref name="from"/>, where the whole one has <paramref name="steps"/>.</summary>
    public static int Steps(int steps, double shift, double from) => Math.Max(1, (int)Math.Ceiling(steps * Unshift(from, shift)));

    /// <summary>The time that shifting moves to <paramref name="time"/>.</summary>
    private static double Unshift(double time, double shift) => time / (shift - (shift - 1) * time);
}
