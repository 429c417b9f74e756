using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>
/// Heun's method on the straight path: two evaluations a step, one in the last. Churn raises the level before both halves of a
/// step and divides the first slope by the raised level, as in the published sampler.
/// </summary>
internal sealed class FlowHeun : IDiscreteSolver
{
    private readonly Churn churn;
    private readonly TensorHistory start = new(1);
    private readonly TensorHistory slope = new(1);

    public FlowHeun(FlowGrid options, int steps, Churn? churn = null)
    {
        this.churn = churn ?? new Churn();
        var grid = options.Build(steps);
        Times = HeunGrid.Evaluations(grid.Times);
        Sigmas = HeunGrid.Levels(grid.Sigmas);
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> Times { get; }

    /// <inheritdoc/>
    public IReadOnlyList<double> Sigmas { get; }

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
        var opens = i % 2 == 0;
        var sigma = Sigmas[opens ? i : i - 1];
        var raised = sigma * (1 + churn.Growth(sigma, Sigmas.Count - 1));
        if (raised > sigma)
            x = LinearCombination.Of((1, x), (churn.NoiseScale * Math.Sqrt(raised * raised - sigma * sigma), noise.Draw(i, x)));
        if (opens)
        {
            var derivative = LinearCombination.Of((sigma / raised, mean));
            start.Push(x);
            slope.Push(derivative);
            return LinearCombination.Of((1, x), (Sigmas[i + 1] - raised, derivative)).MoveToOuterDisposeScope();
        }

        // The step's length is that of its first half.
        var half = 0.5 * (Sigmas[i] - raised);
        return LinearCombination.Of((1, start[0]), (half, slope[0]), (half, mean)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        start.Dispose();
        slope.Dispose();
    }
}
