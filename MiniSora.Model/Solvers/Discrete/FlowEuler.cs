using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>Euler's method on the straight path, dx/dσ = v (Esser et al. 2024); or, stochastic, fresh noise around the predicted data.</summary>
internal sealed class FlowEuler(FlowGrid options, int steps, bool stochastic = false) : IDiscreteSolver
{
    private readonly SigmaGrid grid = options.Build(steps);

    /// <inheritdoc/>
    public IReadOnlyList<double> Times => grid.Times;

    /// <inheritdoc/>
    public IReadOnlyList<double> Sigmas => grid.Sigmas;

    /// <inheritdoc/>
    public double InitialScale => 1;

    /// <inheritdoc/>
    public NetworkOutput Output => NetworkOutput.Flow;

    /// <inheritdoc/>
    public NoiseLevel Level(int i) => NoiseLevel.Straight(Sigmas[i]);

    /// <inheritdoc/>
    public Tensor ScaleInput(Tensor x, int i) => x.alias();

    /// <inheritdoc/>
    public Tensor Step(Tensor prediction, int i, Tensor x, INoiseSource noise)
    {
        using var scope = NewDisposeScope();
        var mean = LearnedVariance.Split(prediction, x).Mean;
        double sigma = Sigmas[i], next = Sigmas[i + 1];
        return (stochastic
            ? LinearCombination.Of((1 - next, x), (-(1 - next) * sigma, mean), (next, noise.Draw(i, x)))
            : LinearCombination.Of((1, x), (next - sigma, mean))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>σ noise + (1 − σ) x: the state at noise level σ.</summary>
    public static Tensor AddNoise(Tensor x, Tensor noise, double sigma) => LinearCombination.Of((1 - sigma, x), (sigma, noise));
}
