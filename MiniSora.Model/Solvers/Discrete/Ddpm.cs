using MiniSora.Model.Layers;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>Variance of the ancestral step.</summary>
internal enum AncestralVariance
{
    /// <summary>β̃, that of the posterior.</summary>
    FixedSmall,

    /// <summary>β.</summary>
    FixedLarge,

    /// <summary>Predicted directly.</summary>
    Learned,

    /// <summary>Predicted as a place between ln β̃ and ln β (Nichol and Dhariwal 2021, equation 15).</summary>
    LearnedRange,
}

/// <summary>Options of <see cref="Ddpm"/>.</summary>
internal sealed record DdpmOptions
{
    /// <summary>Default β̃.</summary>
    public AncestralVariance Variance { get; init; } = AncestralVariance.FixedSmall;

    /// <summary>What the network predicts.</summary>
    public NetworkOutput Output { get; init; } = NetworkOutput.Epsilon;

    /// <summary>Range of the predicted data.</summary>
    public DataLimit Limit { get; init; } = DataLimit.None;

    /// <summary>Default leading.</summary>
    public TimestepSpacing Spacing { get; init; } = TimestepSpacing.Leading;

    /// <summary>Added to leading times.</summary>
    public int StepsOffset { get; init; }

    /// <summary>Default: the next time of the grid.</summary>
    public TimeStride Stride { get; init; } = TimeStride.Grid;
}

/// <summary>Ancestral sampling on a subset of the trained steps (Ho et al. 2020, equations 6 and 7, with β of the longer stride).</summary>
internal sealed class Ddpm : IDiscreteSolver
{
    private readonly NoiseSchedule schedule;
    private readonly DdpmOptions options;
    private readonly int steps;
    private readonly double[] times;

    public Ddpm(NoiseSchedule schedule, DdpmOptions options, int steps)
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
        var (mean, learned) = LearnedVariance.Split(prediction, x);
        var next = options.Stride.Next(times, i, schedule.TrainSteps, steps);
        var cumulative = schedule.Cumulative[(int)times[i]];
        var reached = next >= 0 ? schedule.Cumulative[next] : 1;
        var alpha = cumulative / reached;
        var beta = 1 - alpha;
        var data = options.Limit.Apply(NoiseLevel.FromCumulative(cumulative).ToData(options.Output, mean, x));
        var moved = LinearCombination.Of(
            (Math.Sqrt(reached) * beta / (1 - cumulative), data),
            (Math.Sqrt(alpha) * (1 - reached) / (1 - cumulative), x));
        if (times[i] > 0)
        {
            var posterior = Math.Max((1 - reached) / (1 - cumulative) * beta, 1e-20);
            moved = AddNoise(moved, noise.Draw(i, x), posterior, beta, learned);
        }

        return moved.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private Tensor AddNoise(Tensor mean, Tensor noise, double posterior, double beta, Tensor? learned)
    {
        Tensor Predicted() => learned ?? throw new InvalidOperationException($"variance {options.Variance} needs a network that predicts it in a second half of the channels");
        switch (options.Variance)
        {
            case AncestralVariance.FixedSmall:
                return LinearCombination.Of((1, mean), (Math.Sqrt(posterior), noise));
            case AncestralVariance.FixedLarge:
                return LinearCombination.Of((1, mean), (Math.Sqrt(beta), noise));
            case AncestralVariance.Learned:
                return mean.Plus(Predicted().sqrt().mul(noise));
            case AncestralVariance.LearnedRange:
                // ln σ = ½ (f ln β + (1 − f) ln β̃) with f = (v + 1)/2.
                double low = Math.Log(posterior), high = Math.Log(beta);
                var log = LinearCombination.Of((0.25 * (high - low), Predicted()), (0.25 * (high + low), ones_like(Predicted())));
                return mean.Plus(log.exp().mul(noise));
            default:
                throw new InvalidOperationException($"unknown variance {options.Variance}");
        }
    }
}
