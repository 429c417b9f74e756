using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>Options of <see cref="Ddim"/>.</summary>
internal sealed record DdimOptions
{
    /// <summary>Share of the ancestral noise: 0 deterministic, 1 as DDPM. Default 0.</summary>
    public double Eta { get; init; }

    /// <summary>What the network predicts.</summary>
    public NetworkOutput Output { get; init; } = NetworkOutput.Epsilon;

    /// <summary>Range of the predicted data.</summary>
    public DataLimit Limit { get; init; } = DataLimit.None;

    /// <summary>Derive the noise anew from the limited data.</summary>
    public bool NoiseFromLimitedData { get; init; }

    /// <summary>After the last step ᾱ is 1; otherwise ᾱ of the first trained step.</summary>
    public bool EndsAtOne { get; init; } = true;

    /// <summary>Default leading.</summary>
    public TimestepSpacing Spacing { get; init; } = TimestepSpacing.Leading;

    /// <summary>Added to leading times.</summary>
    public int StepsOffset { get; init; }

    /// <summary>Default: the next time of the grid.</summary>
    public TimeStride Stride { get; init; } = TimeStride.Grid;
}

/// <summary>DDIM (Song, Meng and Ermon 2021, equations 12 and 16).</summary>
internal sealed class Ddim : IDiscreteSolver
{
    private readonly NoiseSchedule schedule;
    private readonly DdimOptions options;
    private readonly int steps;
    private readonly double[] times;

    public Ddim(NoiseSchedule schedule, DdimOptions options, int steps)
    {
        this.schedule = schedule;
        this.options = options;
        this.steps = steps;
        times = TimestepGrid.Times(options.Spacing, schedule.TrainSteps, steps, options.StepsOffset, whole: true);
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
        var next = options.Stride.Next(times, i, schedule.TrainSteps, steps);
        var cumulative = schedule.Cumulative[(int)times[i]];
        var reached = next >= 0 ? schedule.Cumulative[next] : options.EndsAtOne ? 1 : schedule.Cumulative[0];
        var level = NoiseLevel.FromCumulative(cumulative);
        var data = options.Limit.Apply(level.ToData(options.Output, mean, x));
        var direction = options.NoiseFromLimitedData ? level.NoiseOf(data, x) : level.ToNoise(options.Output, mean, x);
        var variance = (1 - reached) / (1 - cumulative) * (1 - cumulative / reached);
        var deviation = options.Eta * Math.Sqrt(variance);
        // The two coefficients may differ by rounding where η = 1 leaves no direction.
        var along = Math.Sqrt(Math.Max(0, 1 - reached - deviation * deviation));
        var moved = options.Eta > 0
            ? LinearCombination.Of((Math.Sqrt(reached), data), (along, direction), (deviation, noise.Draw(i, x)))
            : LinearCombination.Of((Math.Sqrt(reached), data), (along, direction));
        return moved.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
