using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>Euler to a level below the next and fresh noise up to it, so that the marginal stays right.</summary>
internal sealed class AncestralEuler(NoiseSchedule schedule, EulerGridOptions options, int steps) : IDiscreteSolver
{
    private readonly SigmaGrid grid = options.Build(schedule, steps);

    /// <inheritdoc/>
    public IReadOnlyList<double> Times => grid.Times;

    /// <inheritdoc/>
    public IReadOnlyList<double> Sigmas => grid.Sigmas;

    /// <inheritdoc/>
    public double InitialScale => options.InitialScale(grid.Sigmas);

    /// <inheritdoc/>
    public NetworkOutput Output => options.Output;

    /// <inheritdoc/>
    public NoiseLevel Level(int i) => new(1, Sigmas[i]);

    /// <inheritdoc/>
    public Tensor Data(Tensor prediction, int i, Tensor x) => options.ToData(LearnedVariance.Split(prediction, x).Mean, x, Sigmas[i], Sigmas[i]);

    /// <inheritdoc/>
    public Tensor ScaleInput(Tensor x, int i) => EulerGridOptions.Scale(x, Sigmas[i]);

    /// <inheritdoc/>
    public Tensor Step(Tensor prediction, int i, Tensor x, INoiseSource noise)
    {
        using var scope = NewDisposeScope();
        var mean = LearnedVariance.Split(prediction, x).Mean;
        double sigma = Sigmas[i], next = Sigmas[i + 1];
        var data = options.ToData(mean, x, sigma, sigma);
        var up = Math.Sqrt(next * next * (sigma * sigma - next * next) / (sigma * sigma));
        var down = Math.Sqrt(next * next - up * up);
        var part = (down - sigma) / sigma;
        return LinearCombination.Of((1 + part, x), (-part, data), (up, noise.Draw(i, x))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
