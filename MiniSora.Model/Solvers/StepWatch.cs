using static TorchSharp.torch;

namespace MiniSora.Model.Solvers;

/// <summary>
/// Looks on while a solver works: told of every step when the network has been asked at its beginning. It changes nothing of what is sampled, and nothing is
/// computed for it unless it asks.
/// </summary>
/// <param name="step">1 … <paramref name="steps"/>.</param>
/// <param name="steps">How many there are; an estimate where the solver chooses them.</param>
/// <param name="noise">Share of noise σ/(α + σ) in the state x = α x₀ + σ n that the step starts from: 1 is noise alone.</param>
/// <param name="data">The clean estimate: the x₀ that the network's answer at this state points to. Only during the call; belongs to the current dispose scope.</param>
internal delegate void StepWatch(int step, int steps, double noise, Func<Tensor> data);
