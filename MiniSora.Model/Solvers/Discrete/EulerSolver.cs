using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>Euler's method on dx/dσ = (x − x₀(x, σ))/σ, with optional churn (Karras et al. 2022).</summary>
internal sealed class EulerSolver(NoiseSchedule schedule, EulerGridOptions options, int steps, Churn? churn = null) : IDiscreteSolver
{
    private readonly SigmaGrid grid = options.Build(schedule, steps);
    private readonly Churn churn = churn ?? new Churn();

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
        var sigma = Sigmas[i];
        var raised = sigma * (1 + churn.Growth(sigma, Sigmas.Count - 1));
        // The network saw x without the added noise; this sampler adds it afterwards, as published implementations on a trained grid do.
        if (raised > sigma)
            x = LinearCombination.Of((1, x), (churn.NoiseScale * Math.Sqrt(raised * raised - sigma * sigma), noise.Draw(i, x)));
        var data = options.ToData(mean, x, sigma, raised);
        var part = (Sigmas[i + 1] - raised) / raised;
        return LinearCombination.Of((1 + part, x), (-part, data)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
