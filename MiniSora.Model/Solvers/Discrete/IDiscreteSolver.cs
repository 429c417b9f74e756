using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>
/// One trajectory of a sampler over a schedule of trained noise levels. The network is called outside: for i = 0 … Times.Count − 1
/// evaluate it on <see cref="ScaleInput"/>(x, i) at Times[i] and let <see cref="Step"/> make the next state. Steps must be taken in
/// order, once; a solver holds the state of one trajectory, whatever the batch.
/// </summary>
internal interface IDiscreteSolver : IDisposable
{
    /// <summary>Time of each network evaluation, in trained steps (0 … 999 of 1000), noise first.</summary>
    IReadOnlyList<double> Times { get; }

    /// <summary>
    /// Noise level per evaluation and the level reached at the end, for samplers that work on levels: σ/α of the variance-preserving
    /// process, or σ of x = (1 − σ) x₀ + σ n for flow matching. Null for those that work on trained steps.
    /// </summary>
    IReadOnlyList<double>? Sigmas { get; }

    /// <summary>Standard deviation of the noise to start from.</summary>
    double InitialScale { get; }

    /// <summary>What the network predicts.</summary>
    NetworkOutput Output { get; }

    /// <summary>The level of the state at evaluation <paramref name="i"/>: x = α x₀ + σ n.</summary>
    NoiseLevel Level(int i);

    /// <summary>The x₀ that a <paramref name="prediction"/> [B, C or 2C, …] at state x and evaluation <paramref name="i"/> points to; belongs to the current dispose scope.</summary>
    Tensor Data(Tensor prediction, int i, Tensor x) => Level(i).ToData(Output, LearnedVariance.Split(prediction, x).Mean, x);

    /// <summary>What the network sees of state x [B, C, …] at evaluation <paramref name="i"/>; belongs to the current dispose scope.</summary>
    Tensor ScaleInput(Tensor x, int i);

    /// <summary>
    /// The state after evaluation <paramref name="i"/>, of the shape of x, belonging to the current dispose scope; x and the network's
    /// <paramref name="prediction"/> [B, C or 2C, …] stay the caller's.
    /// </summary>
    Tensor Step(Tensor prediction, int i, Tensor x, INoiseSource noise);
}
