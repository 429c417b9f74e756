using MiniSora.Model.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Sampling;

/// <summary>Brings one window from noise to data by a field of velocities, whatever is given of it.</summary>
internal static class WindowSampler
{
    /// <summary>Latents like <paramref name="noise"/> [1, F, c, h, w]; the caller owns them. Given frames are the task's, bit by bit.</summary>
    /// <param name="task">What is given.</param>
    /// <param name="noise">Standard normal.</param>
    /// <param name="solver">Method.</param>
    /// <param name="steps">Steps from pure noise; a way that starts later has fewer.</param>
    /// <param name="shift">Of the grid of times.</param>
    /// <param name="seed">Of what is drawn beside the noise.</param>
    /// <param name="field">Velocity under the prompt; 0 on given frames.</param>
    /// <param name="source">Velocity under the source's prompt, for an inversion; else null.</param>
    /// <param name="before">Called before each evaluation with how many were made and how many there are.</param>
    /// <param name="watch">Told of the steps from noise to data; not of an inversion's.</param>
    public static Tensor Sample(
        LatentTask task, Tensor noise, SolverKind solver, int steps, double shift, long seed, OdeSolver.Velocity field, OdeSolver.Velocity? source, Action<int, int> before, StepWatch? watch = null)
    {
        using var scope = NewDisposeScope();
        if (task.Given is { } given && !given.Contains(false))
            return task.Start(noise).clone().MoveToOuterDisposeScope();

        var taken = OdeSolver.Steps(steps, shift, task.From);
        var inverting = task.From < 1 && source is not null ? taken * OdeSolver.InversionRepeats : 0;
        var all = inverting + OdeSolver.Evaluations(solver, taken);
        var start = inverting > 0
            ? OdeSolver.Invert(task.Clean!, taken, shift, task.From, source!, made => before(made, all))
            : task.Start(noise);
        if (task.Circular)
            field = CircularTime.Around(field, noise.shape[1], seed);
        return OdeSolver.Integrate(solver, start, taken, shift, field, made => before(inverting + made, all), task.From, watch).MoveToOuterDisposeScope();
    }
}
