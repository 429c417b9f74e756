using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>
/// Grid and network conventions of the samplers that work on x/α = x₀ + (σ/α) n (Karras et al. 2022, algorithm 1 and 2 on a trained
/// schedule): Euler, its ancestral form and Heun.
/// </summary>
internal sealed record EulerGridOptions
{
    /// <summary>What the network predicts.</summary>
    public NetworkOutput Output { get; init; } = NetworkOutput.Epsilon;

    /// <summary>Default linspace; such times need not be whole.</summary>
    public TimestepSpacing Spacing { get; init; } = TimestepSpacing.Linspace;

    /// <summary>Added to leading times.</summary>
    public int StepsOffset { get; init; }

    /// <summary>Choice of levels between the largest and smallest of the spacing.</summary>
    public SigmaCurve Curve { get; init; } = SigmaCurve.Trained;

    /// <summary>Level after the last step.</summary>
    public FinalSigma Final { get; init; } = FinalSigma.Zero;

    /// <summary>Largest and smallest level instead of those of the spacing, for other curves than the trained one.</summary>
    public double? SigmaMax { get; init; }

    /// <summary>See <see cref="SigmaMax"/>.</summary>
    public double? SigmaMin { get; init; }

    /// <summary>Give the network ¼ ln σ as its time.</summary>
    public bool LogSigmaTimes { get; init; }

    /// <summary>Times and levels of <paramref name="steps"/> steps.</summary>
    public SigmaGrid Build(NoiseSchedule schedule, int steps)
    {
        var table = schedule.Sigmas;
        var times = TimestepGrid.Times(Spacing, schedule.TrainSteps, steps, StepsOffset, whole: false);
        var levels = times.Select(time => SigmaGrid.Interpolate(table, time)).ToArray();
        if (Curve != SigmaCurve.Trained)
        {
            var (smallest, largest) = (SigmaMin ?? levels[^1], SigmaMax ?? levels[0]);
            levels = Curve switch
            {
                SigmaCurve.Karras => SigmaGrid.Karras(smallest, largest, steps),
                SigmaCurve.Exponential => SigmaGrid.Exponential(smallest, largest, steps),
                _ => throw new InvalidOperationException("levels of these samplers are trained, Karras or exponential"),
            };
            times = [.. levels.Select(level => SigmaGrid.TimeOf(table, level))];
        }

        if (LogSigmaTimes)
            times = [.. levels.Select(level => 0.25 * Math.Log(level))];
        return SigmaGrid.From(times, levels, Final == FinalSigma.Zero ? 0 : table[0]);
    }

    /// <summary>Standard deviation to start from: leading grids stop short of pure noise, so the data's own variance counts.</summary>
    public double InitialScale(IReadOnlyList<double> sigmas)
    {
        var largest = sigmas.Max();
        return Spacing == TimestepSpacing.Leading ? Math.Sqrt(largest * largest + 1) : largest;
    }

    /// <summary>The variance-preserving state that the network was trained on: x / √(σ² + 1).</summary>
    public static Tensor Scale(Tensor x, double sigma) => LinearCombination.Of((1 / Math.Sqrt(sigma * sigma + 1), x));

    /// <summary>x₀ from a prediction; <paramref name="epsilonSigma"/> is the level that a predicted noise belongs to.</summary>
    public Tensor ToData(Tensor mean, Tensor x, double sigma, double epsilonSigma) => Output switch
    {
        NetworkOutput.Epsilon => LinearCombination.Of((1, x), (-epsilonSigma, mean)),
        NetworkOutput.Velocity => LinearCombination.Of((1 / (sigma * sigma + 1), x), (-sigma / Math.Sqrt(sigma * sigma + 1), mean)),
        NetworkOutput.Sample => mean.alias(),
        _ => throw new InvalidOperationException("these samplers work on a variance-preserving schedule; use the flow solvers"),
    };
}
