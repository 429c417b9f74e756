using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>
/// DPM-Solver and DPM-Solver++ in singlestep form (2S, 3S): groups of one, two or three evaluations that all start from the state at
/// the group's beginning. The states inside a group are intermediate.
/// </summary>
internal sealed class DpmSinglestep : IDiscreteSolver
{
    private readonly DpmOptions options;
    private readonly SigmaGrid grid;
    private readonly TensorHistory values;
    private readonly TensorHistory groupStart = new(1);
    private readonly int[] orders;

    public DpmSinglestep(NoiseSchedule schedule, DpmOptions options, int steps)
    {
        options.Check();
        this.options = options;
        grid = options.Grid.Build(schedule, steps);
        values = new TensorHistory(options.Order);
        orders = Orders(options, grid.Times.Length);
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
        var order = Math.Min(orders[i], values.Count);
        if (order == 1)
            groupStart.Push(x);
        var (from, to) = (Level(i - order + 1), Level(i + 1));
        var h = to.Lambda - from.Lambda;
        var exact = options.SecondOrder == DpmSecondOrder.Heun;
        Tensor Slope(int back) // divided difference between the group's value `back` evaluations ago and its first, times h
        {
            var r = (Level(i - back).Lambda - from.Lambda) / h;
            return LinearCombination.Of((1 / r, values[back]), (-1 / r, values[order - 1]));
        }

        var (d0, start) = (values[order - 1], groupStart[0]);
        switch (order)
        {
            case 1:
                return DpmStep.Take(options.Algorithm, from, to, start, d0, null, false, null, drawn).MoveToOuterDisposeScope();
            case 2:
                return DpmStep.Take(options.Algorithm, from, to, start, d0, Slope(0), exact, null, drawn).MoveToOuterDisposeScope();
            default:
                if (!exact)
                    return DpmStep.Take(options.Algorithm, from, to, start, d0, Slope(0), true, null, drawn).MoveToOuterDisposeScope();
                var (r0, r1) = ((Level(i).Lambda - from.Lambda) / h, (Level(i - 1).Lambda - from.Lambda) / h);
                var (near, far) = (Slope(0), Slope(1));
                var first = LinearCombination.Of((r0 / (r0 - r1), far), (-r1 / (r0 - r1), near));
                var second = LinearCombination.Of((2 / (r0 - r1), near), (-2 / (r0 - r1), far));
                return DpmStep.Take(options.Algorithm, from, to, start, d0, first, true, second, drawn).MoveToOuterDisposeScope();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        values.Dispose();
        groupStart.Dispose();
    }

    /// <summary>1, 2, 3, 1, 2, 3 … with lower orders at the end where the group would not fit or σ = 0 is reached.</summary>
    private static int[] Orders(DpmOptions options, int steps)
    {
        var order = options.Order;
        var lowerFinal = options.LowerOrderFinal || steps % order != 0 || options.Grid.Final == FinalSigma.Zero;
        var orders = Enumerable.Range(0, steps).Select(i => i % order + 1).ToArray();
        if (!lowerFinal)
            return orders;
        if (order == 3 && steps % 3 == 0)
            orders[^1] = 1;
        else if (order == 2 && steps % 2 == 0)
            orders[^1] = 1;
        return orders;
    }
}
