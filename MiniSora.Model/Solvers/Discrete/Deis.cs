using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>Options of <see cref="Deis"/>.</summary>
internal sealed record DeisOptions
{
    /// <summary>1 to 3. Default 2.</summary>
    public int Order { get; init; } = 2;

    /// <summary>Lower the order in the last steps when there are fewer than 15.</summary>
    public bool LowerOrderFinal { get; init; } = true;

    /// <summary>What the network predicts.</summary>
    public NetworkOutput Output { get; init; } = NetworkOutput.Epsilon;

    /// <summary>Range of the predicted data.</summary>
    public DataLimit Limit { get; init; } = DataLimit.None;

    /// <summary>Times and levels. It ends at the smallest level.</summary>
    public MultistepGridOptions Grid { get; init; } = new() { Final = FinalSigma.Smallest };
}

/// <summary>
/// DEIS (Zhang and Chen 2023) in its log-ρ form: the predicted noise is a Lagrange polynomial in ln ρ, ρ = σ/α, through the last
/// evaluations, integrated exactly over ρ.
/// </summary>
internal sealed class Deis : IDiscreteSolver
{
    private readonly DeisOptions options;
    private readonly SigmaGrid grid;
    private readonly TensorHistory values;

    public Deis(NoiseSchedule schedule, DeisOptions options, int steps)
    {
        if (options.Order is < 1 or > 3)
            throw new ArgumentOutOfRangeException(nameof(options), options.Order, "the order of DEIS is 1, 2 or 3");
        if (options.Grid.Final == FinalSigma.Zero)
            throw new ArgumentException("DEIS ends at the smallest level, not at σ = 0", nameof(options));
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
        var (from, to) = (Level(i), Level(i + 1));
        var data = options.Limit.Apply(from.ToData(options.Output, LearnedVariance.Split(prediction, x).Mean, x));
        values.Push(from.NoiseOf(data, x));
        var order = OrderOf(i);
        var rho = Enumerable.Range(0, order).Select(back => Ratio(i - back)).ToArray();
        var (start, end) = (Ratio(i), Ratio(i + 1));
        List<(double, Tensor)> terms = [(to.Alpha / from.Alpha, x)];
        for (var k = 0; k < order; k++)
        {
            var others = rho.Where((_, j) => j != k).ToArray();
            terms.Add((to.Alpha * (Integral(end, rho[k], others) - Integral(start, rho[k], others)), values[k]));
        }

        return LinearCombination.Of([.. terms]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => values.Dispose();

    /// <summary>∫ Π (ln ρ − ln c) / (ln b − ln c) dρ up to ρ, over none, one or two other nodes c.</summary>
    private static double Integral(double rho, double node, double[] others)
    {
        double t = Math.Log(rho), b = Math.Log(node);
        var logs = others.Select(other => Math.Log(other)).ToArray();
        return logs switch
        {
            [] => rho,
            [var c] => rho * (t - c - 1) / (b - c),
            [var c, var d] => rho * (t * t - (c + d + 2) * t + c * d + c + d + 2) / ((b - c) * (b - d)),
            _ => throw new ArgumentException("three nodes at most", nameof(others)),
        };
    }

    private int OrderOf(int i)
    {
        var count = Times.Count;
        var order = Math.Min(options.Order, i + 1);
        return options.LowerOrderFinal && count < 15 ? Math.Min(order, count - i) : order;
    }

    private double Ratio(int i) => Level(i).Sigma / Level(i).Alpha;
}
