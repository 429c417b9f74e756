using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>
/// Heun's method on dx/dσ (Karras et al. 2022, algorithm 1): an Euler step, then the mean of the slopes at both ends. Two evaluations a step and
/// one in the last, whose end has no noise; <see cref="Times"/> lists them all.
/// </summary>
internal sealed class HeunSolver : IDiscreteSolver
{
    private readonly EulerGridOptions options;
    private readonly DataLimit limit;
    private readonly TensorHistory start = new(1);
    private readonly TensorHistory slope = new(1);

    public HeunSolver(NoiseSchedule schedule, EulerGridOptions options, DataLimit limit, int steps)
    {
        this.options = options;
        this.limit = limit;
        var grid = options.Build(schedule, steps);
        Times = HeunGrid.Evaluations(grid.Times);
        Sigmas = HeunGrid.Levels(grid.Sigmas);
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> Times { get; }

    /// <inheritdoc/>
    public IReadOnlyList<double> Sigmas { get; }

    /// <inheritdoc/>
    public double InitialScale => options.InitialScale(Sigmas);

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
        var sigma = Sigmas[i];
        var data = limit.Apply(options.ToData(mean, x, sigma, sigma));
        var derivative = LinearCombination.Of((1 / sigma, x), (-1 / sigma, data));
        if (i % 2 == 0)
        {
            start.Push(x);
            slope.Push(derivative);
            return LinearCombination.Of((1, x), (Sigmas[i + 1] - sigma, derivative)).MoveToOuterDisposeScope();
        }

        var half = 0.5 * (sigma - Sigmas[i - 1]);
        return LinearCombination.Of((1, start[0]), (half, slope[0]), (half, derivative)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        start.Dispose();
        slope.Dispose();
    }
}

/// <summary>A grid of n steps as the 2n − 1 evaluations of Heun's method.</summary>
internal static class HeunGrid
{
    /// <summary>t₀, t₁, t₁, t₂, t₂, …</summary>
    public static double[] Evaluations(double[] times) => [times[0], .. times.Skip(1).SelectMany(time => new[] { time, time })];

    /// <summary>σ₀, σ₁, σ₁, …, and the last level once.</summary>
    public static double[] Levels(double[] sigmas) => [sigmas[0], .. sigmas[1..^1].SelectMany(sigma => new[] { sigma, sigma }), sigmas[^1]];
}
