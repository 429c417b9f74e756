using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>The function B(h) of UniPC.</summary>
internal enum UniPcVariant
{
    /// <summary>B(h) = h.</summary>
    Bh1,

    /// <summary>B(h) = e^h − 1.</summary>
    Bh2,
}

/// <summary>Options of <see cref="UniPc"/>.</summary>
internal sealed record UniPcOptions
{
    /// <summary>Order of the predictor; the corrector adds one. Default 2.</summary>
    public int Order { get; init; } = 2;

    /// <summary>Default B₂.</summary>
    public UniPcVariant Variant { get; init; } = UniPcVariant.Bh2;

    /// <summary>Integrate the predicted data (default) or the predicted noise.</summary>
    public bool UsesData { get; init; } = true;

    /// <summary>Lower the order towards the end so that the last step is of first order.</summary>
    public bool LowerOrderFinal { get; init; } = true;

    /// <summary>Steps whose result is not corrected by the next evaluation; the first few, with strong guidance.</summary>
    public IReadOnlyCollection<int> UncorrectedSteps { get; init; } = [];

    /// <summary>What the network predicts.</summary>
    public NetworkOutput Output { get; init; } = NetworkOutput.Epsilon;

    /// <summary>Range of the predicted data.</summary>
    public DataLimit Limit { get; init; } = DataLimit.None;

    /// <summary>Times and levels.</summary>
    public MultistepGridOptions Grid { get; init; } = new();
}

/// <summary>
/// UniPC (Zhao et al. 2023): a multistep predictor, and a corrector that uses the evaluation at the predicted point to improve that
/// point before the next step; one evaluation a step.
/// </summary>
internal sealed class UniPc : IDiscreteSolver
{
    private readonly UniPcOptions options;
    private readonly SigmaGrid grid;
    private readonly TensorHistory values;
    private readonly TensorHistory before = new(1);
    private int lastOrder;

    public UniPc(NoiseSchedule schedule, UniPcOptions options, int steps)
    {
        if (options.Order < 1)
            throw new ArgumentOutOfRangeException(nameof(options), options.Order, "the order of UniPC is at least 1");
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
        var value = Integrand(Level(i), LearnedVariance.Split(prediction, x).Mean, x);
        var corrected = i > 0 && !options.UncorrectedSteps.Contains(i - 1)
            ? Move(i - 1, before[0], lastOrder, value)
            : x;
        values.Push(value);
        var order = options.LowerOrderFinal ? Math.Min(options.Order, Times.Count - i) : options.Order;
        lastOrder = Math.Min(order, i + 1);
        before.Push(corrected);
        return Move(i, before[0], lastOrder, null).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        values.Dispose();
        before.Dispose();
    }

    /// <summary>
    /// From the state at grid point <paramref name="i"/> to the next, with the values kept so far (the newest belongs to i). With
    /// <paramref name="reached"/>, the value at the target, it is the corrector, otherwise the predictor.
    /// </summary>
    private Tensor Move(int i, Tensor x, int order, Tensor? reached)
    {
        var (from, to) = (Level(i), Level(i + 1));
        var h = to.Lambda - from.Lambda;
        var signed = options.UsesData ? -h : h;
        var growth = Math.Exp(signed) - 1;
        var scale = options.Variant == UniPcVariant.Bh1 ? signed : growth;
        var ratios = Enumerable.Range(1, order - 1).Select(back => (Level(i - back).Lambda - from.Lambda) / h).Append(1).ToArray();
        var weights = Weights(ratios, signed, growth, scale, corrects: reached is not null);

        var (state, factor) = options.UsesData
            ? (to.Sigma / from.Sigma, to.Alpha)
            : (to.Alpha / from.Alpha, to.Sigma);
        var own = -factor * growth;
        List<(double, Tensor)> terms = [(state, x)];
        for (var back = 1; back < order; back++)
        {
            var weight = -factor * scale * weights[back - 1] / ratios[back - 1];
            terms.Add((weight, values[back]));
            own -= weight;
        }

        if (reached is not null)
        {
            var weight = -factor * scale * weights[^1];
            terms.Add((weight, reached));
            own -= weight;
        }

        terms.Add((own, values[0]));
        return LinearCombination.Of([.. terms]);
    }

    /// <summary>ρ of equation 9: Σ ρₖ rₖ^(j−1) = b_j. The lowest orders use ½, as published.</summary>
    private static double[] Weights(double[] ratios, double h, double growth, double scale, bool corrects)
    {
        var order = ratios.Length;
        if (corrects && order == 1)
            return [0.5];
        if (!corrects && order <= 2)
            return order == 2 ? [0.5] : [];
        var size = corrects ? order : order - 1;
        var rows = new double[size][];
        var phi = growth / h - 1;
        double factorial = 1;
        for (var row = 0; row < size; row++)
        {
            rows[row] = [.. ratios.Take(size).Select(ratio => Math.Pow(ratio, row)), phi * factorial / scale];
            factorial *= row + 2;
            phi = phi / h - 1 / factorial;
        }

        return Solve(rows);
    }

    /// <summary>Gaussian elimination with pivoting of a small system whose rows end in the right-hand side.</summary>
    private static double[] Solve(double[][] rows)
    {
        var size = rows.Length;
        for (var column = 0; column < size; column++)
        {
            var pivot = Enumerable.Range(column, size - column).MaxBy(row => Math.Abs(rows[row][column]));
            (rows[column], rows[pivot]) = (rows[pivot], rows[column]);
            for (var row = 0; row < size; row++)
            {
                if (row == column)
                    continue;
                var factor = rows[row][column] / rows[column][column];
                for (var k = column; k <= size; k++)
                    rows[row][k] -= factor * rows[column][k];
            }
        }

        return [.. Enumerable.Range(0, size).Select(row => rows[row][size] / rows[row][row])];
    }

    private Tensor Integrand(NoiseLevel level, Tensor mean, Tensor x) => options.UsesData
        ? options.Limit.Apply(level.ToData(options.Output, mean, x))
        : level.ToNoise(options.Output, mean, x);
}
