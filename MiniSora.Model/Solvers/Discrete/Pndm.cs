using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>Options of <see cref="Pndm"/>.</summary>
internal sealed record PndmOptions
{
    /// <summary>Start with lower-order multistep formulas instead of three Runge-Kutta steps of four evaluations each.</summary>
    public bool SkipRungeKutta { get; init; }

    /// <summary>What the network predicts: noise or velocity.</summary>
    public NetworkOutput Output { get; init; } = NetworkOutput.Epsilon;

    /// <summary>After the last step ᾱ is 1; otherwise ᾱ of the first trained step.</summary>
    public bool EndsAtOne { get; init; }

    /// <summary>Default leading.</summary>
    public TimestepSpacing Spacing { get; init; } = TimestepSpacing.Leading;

    /// <summary>Added to leading times.</summary>
    public int StepsOffset { get; init; }
}

/// <summary>
/// Pseudo numerical methods on manifolds (Liu et al. 2022): Adams-Bashforth of order 4 on the predicted noise with the transfer of
/// equation 9, started by Runge-Kutta or by lower orders.
/// </summary>
internal sealed class Pndm : IDiscreteSolver
{
    private readonly NoiseSchedule schedule;
    private readonly PndmOptions options;
    private readonly int stride;
    private readonly double[] times;
    private readonly int rungeKutta;
    private readonly TensorHistory slopes = new(4);
    private readonly TensorHistory start = new(1);
    private readonly TensorHistory sum = new(1);

    public Pndm(NoiseSchedule schedule, PndmOptions options, int steps)
    {
        if (options.Output is not (NetworkOutput.Epsilon or NetworkOutput.Velocity))
            throw new ArgumentException($"PNDM works on predicted noise or velocity, not {options.Output}", nameof(options));
        if (!options.SkipRungeKutta && steps < 4)
            throw new ArgumentOutOfRangeException(nameof(steps), steps, "PNDM with Runge-Kutta steps needs at least 4 steps");
        this.schedule = schedule;
        this.options = options;
        stride = schedule.TrainSteps / steps;
        var grid = TimestepGrid.Times(options.Spacing, schedule.TrainSteps, steps, options.StepsOffset, whole: true);
        if (options.SkipRungeKutta)
        {
            // The second time is evaluated twice: the first step is repeated with the mean of both slopes.
            times = steps == 1 ? grid : [grid[0], grid[1], grid[1], .. grid[2..]];
        }
        else
        {
            double half = stride / 2;
            rungeKutta = 12;
            times =
            [
                .. Enumerable.Range(0, 3).SelectMany(k => new[] { grid[k], grid[k + 1] + half, grid[k + 1] + half, grid[k + 1] }),
                .. grid[3..],
            ];
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> Times => times;

    /// <inheritdoc/>
    public IReadOnlyList<double>? Sigmas => null;

    /// <inheritdoc/>
    public double InitialScale => 1;

    /// <inheritdoc/>
    public NetworkOutput Output => options.Output;

    /// <inheritdoc/>
    public NoiseLevel Level(int i) => schedule.At((int)times[i]);

    /// <inheritdoc/>
    public Tensor ScaleInput(Tensor x, int i) => x.alias();

    /// <inheritdoc/>
    public Tensor Step(Tensor prediction, int i, Tensor x, INoiseSource noise)
    {
        using var scope = NewDisposeScope();
        var mean = LearnedVariance.Split(prediction, x).Mean;
        return (i < rungeKutta ? RungeKutta(mean, i, x) : Multistep(mean, i, x)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        slopes.Dispose();
        start.Dispose();
        sum.Dispose();
    }

    /// <summary>Stage i mod 4 of a Runge-Kutta step; every stage starts from the step's first state.</summary>
    private Tensor RungeKutta(Tensor mean, int i, Tensor x)
    {
        var reached = (int)times[i] - (i % 2 == 0 ? stride / 2 : 0);
        var from = (int)times[i / 4 * 4];
        switch (i % 4)
        {
            case 0:
                slopes.Push(mean);
                start.Push(x);
                sum.Push(LinearCombination.Of((1 / 6.0, mean)));
                break;
            case 3:
                mean = LinearCombination.Of((1, sum[0]), (1 / 6.0, mean));
                break;
            default:
                sum.Push(LinearCombination.Of((1, sum[0]), (1 / 3.0, mean)));
                break;
        }

        return Transfer(start[0], from, reached, mean);
    }

    private Tensor Multistep(Tensor mean, int i, Tensor x)
    {
        int from = (int)times[i], reached = from - stride;
        if (i == 1)
        {
            (from, reached) = (from + stride, from);
            x = start[0];
        }
        else
        {
            slopes.Push(mean);
            if (i == 0)
                start.Push(x);
        }

        var slope = slopes.Count switch
        {
            1 => i == 1 ? LinearCombination.Of((0.5, mean), (0.5, slopes[0])) : mean,
            2 => LinearCombination.Of((3 / 2.0, slopes[0]), (-1 / 2.0, slopes[1])),
            3 => LinearCombination.Of((23 / 12.0, slopes[0]), (-16 / 12.0, slopes[1]), (5 / 12.0, slopes[2])),
            _ => LinearCombination.Of((55 / 24.0, slopes[0]), (-59 / 24.0, slopes[1]), (37 / 24.0, slopes[2]), (-9 / 24.0, slopes[3])),
        };
        return Transfer(x, from, reached, slope);
    }

    /// <summary>Equation 9: DDIM's step written so that it keeps its form for combined slopes.</summary>
    private Tensor Transfer(Tensor x, int from, int reached, Tensor slope)
    {
        var before = schedule.Cumulative[from];
        var after = reached >= 0 ? schedule.Cumulative[reached] : options.EndsAtOne ? 1 : schedule.Cumulative[0];
        var denominator = before * Math.Sqrt(1 - after) + Math.Sqrt(before * (1 - before) * after);
        var noise = NoiseLevel.FromCumulative(before).ToNoise(options.Output, slope, x);
        return LinearCombination.Of((Math.Sqrt(after / before), x), ((before - after) / denominator, noise));
    }
}
