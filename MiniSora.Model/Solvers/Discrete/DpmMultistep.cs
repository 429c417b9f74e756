using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>
/// DPM-Solver and DPM-Solver++ in multistep form (Lu et al. 2022a, 2022b; orders 2M and 3M): derivatives in λ from earlier evaluations,
/// one evaluation a step. The first step is of first order, the second at most of second.
/// </summary>
internal sealed class DpmMultistep : IDiscreteSolver
{
    private readonly DpmOptions options;
    private readonly SigmaGrid grid;
    private readonly TensorHistory values;

    public DpmMultistep(NoiseSchedule schedule, DpmOptions options, int steps)
    {
        options.Check();
        this.options = options;
        grid = options.Grid.Build(schedule, steps);
        values = new TensorHistory(options.Order);
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> Times => grid.Times;

    /// <inheritdoc/>
    public IReadOnlyList<double> Sigmas => grid.Sigmas;

    /// <inheritdoc/>
    public double InitialScale => 1;

    /// <inheritdoc/>
    public NetworkOutput Output => options.Output;

    /// <inheritdoc/>
    public NoiseLevel Level(int i) => options.Grid.Level(Sigmas[i]);

    /// <inheritdoc/>
    public Tensor ScaleInput(Tensor x, int i) => x.alias();

    /// <inheritdoc/>
    public Tensor Step(Tensor prediction, int i, Tensor x, INoiseSource noise)
    {
        using var scope = NewDisposeScope();
        values.Push(DpmStep.Integrand(options, Level(i), prediction, x));
        var drawn = options.IsStochastic ? noise.Draw(i, x) : null;
        var order = OrderOf(i);
        var (from, to) = (Level(i), Level(i + 1));
        var h = to.Lambda - from.Lambda;
        if (order == 1)
            return DpmStep.Take(options.Algorithm, from, to, x, values[0], null, false, null, drawn).MoveToOuterDisposeScope();

        var r0 = (from.Lambda - Level(i - 1).Lambda) / h;
        var slope = LinearCombination.Of((1 / r0, values[0]), (-1 / r0, values[1]));
        if (order == 2)
            return DpmStep.Take(options.Algorithm, from, to, x, values[0], slope, options.SecondOrder == DpmSecondOrder.Heun, null, drawn).MoveToOuterDisposeScope();

        var r1 = (Level(i - 1).Lambda - Level(i - 2).Lambda) / h;
        var older = LinearCombination.Of((1 / r1, values[1]), (-1 / r1, values[2]));
        var first = LinearCombination.Of((1 + r0 / (r0 + r1), slope), (-r0 / (r0 + r1), older));
        var second = LinearCombination.Of((1 / (r0 + r1), slope), (-1 / (r0 + r1), older));
        return DpmStep.Take(options.Algorithm, from, to, x, values[0], first, true, second, drawn).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => values.Dispose();

    private int OrderOf(int i)
    {
        var count = Times.Count;
        var shortRun = options.LowerOrderFinal && count < 15;
        var order = Math.Min(options.Order, i + 1);
        // At σ = 0 λ is infinite and derivatives in λ mean nothing.
        if (i == count - 1 && (options.EulerAtFinal || shortRun || options.Grid.Final == FinalSigma.Zero))
            return 1;
        return i == count - 2 && shortRun ? Math.Min(order, 2) : order;
    }
}
