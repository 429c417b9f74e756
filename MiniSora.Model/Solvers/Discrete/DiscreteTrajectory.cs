using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>Runs a solver with a network from noise to data.</summary>
internal static class DiscreteTrajectory
{
    /// <summary>Prediction at the scaled state [B, C, …] and a time in trained steps; disposed after use.</summary>
    public delegate Tensor Network(Tensor x, double time);

    /// <summary>
    /// From unit noise [B, C, …] to the state after the last step, which the caller owns; <paramref name="start"/> is kept.
    /// <paramref name="beforeEvaluation"/> gets the number of evaluations made, <paramref name="afterStep"/> the index and the state, which stays the
    /// trajectory's; <paramref name="watch"/> is told of every evaluation.
    /// </summary>
    public static Tensor Run(
        IDiscreteSolver solver, Tensor start, Network network, INoiseSource noise, Action<int>? beforeEvaluation = null, Action<int, Tensor>? afterStep = null, StepWatch? watch = null)
    {
        var x = LinearCombination.Of((solver.InitialScale, start));
        for (var i = 0; i < solver.Times.Count; i++)
        {
            beforeEvaluation?.Invoke(i);
            using var scope = NewDisposeScope();
            var prediction = network(solver.ScaleInput(x, i), solver.Times[i]);
            watch?.Invoke(i + 1, solver.Times.Count, solver.Level(i).Share, () => solver.Data(prediction, i, x));
            var next = solver.Step(prediction, i, x, noise);
            afterStep?.Invoke(i, next);
            next = next.MoveToOuterDisposeScope();
            x.Dispose();
            x = next;
        }

        return x;
    }
}
