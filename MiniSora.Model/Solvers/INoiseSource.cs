using static TorchSharp.torch;

namespace MiniSora.Model.Solvers;

/// <summary>Where a stochastic solver's Gaussian draws come from.</summary>
internal interface INoiseSource
{
    /// <summary>
    /// Standard normal noise of the shape, type and device of <paramref name="like"/> [B, …] for the step at <paramref name="step"/>
    /// (counted from 0 over the network evaluations); belongs to the current dispose scope. Called at most once per step, in order.
    /// </summary>
    Tensor Draw(int step, Tensor like);
}
