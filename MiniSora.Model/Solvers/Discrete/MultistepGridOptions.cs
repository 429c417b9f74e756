namespace MiniSora.Model.Solvers.Discrete;

/// <summary>Grid of the solvers that work on λ: DPM-Solver, UniPC, DEIS.</summary>
internal sealed record MultistepGridOptions
{
    /// <summary>Places among the trained steps; only with <see cref="SigmaCurve.Trained"/>.</summary>
    public TimestepSpacing Spacing { get; init; } = TimestepSpacing.Linspace;

    /// <summary>Added to leading times.</summary>
    public int StepsOffset { get; init; }

    /// <summary>Choice of levels.</summary>
    public SigmaCurve Curve { get; init; } = SigmaCurve.Trained;

    /// <summary>Level after the last step.</summary>
    public FinalSigma Final { get; init; } = FinalSigma.Zero;

    /// <summary>Trained steps with a smaller λ are left out; needed by the cosine schedule at its noisy end.</summary>
    public double SmallestLambda { get; init; } = double.NegativeInfinity;

    /// <summary>Shift s of <see cref="SigmaCurve.Flow"/>; 1: none.</summary>
    public double FlowShift { get; init; } = 1;

    /// <summary>Round times to trained steps, as a network with a table of steps needs; otherwise the time belongs exactly to the level.</summary>
    public bool WholeTimes { get; init; } = true;

    /// <summary>Whether levels are of the straight path.</summary>
    public bool IsStraight => Curve == SigmaCurve.Flow;

    /// <summary>x = α x₀ + σ n at a level of the grid.</summary>
    public NoiseLevel Level(double sigma) => IsStraight ? NoiseLevel.Straight(sigma) : NoiseLevel.FromRatio(sigma);

    /// <summary>Times and levels of <paramref name="steps"/> steps.</summary>
    public SigmaGrid Build(NoiseSchedule schedule, int steps)
    {
        var table = schedule.Sigmas;
        var final = Final == FinalSigma.Zero ? 0 : table[0];
        var trainSteps = schedule.TrainSteps;
        switch (Curve)
        {
            case SigmaCurve.Trained:
                // λ falls with the step, so those left out are the last.
                var last = Enumerable.Range(0, trainSteps).Count(step => !(schedule.At(step).Lambda < SmallestLambda));
                var times = TimestepGrid.MultistepTimes(Spacing, trainSteps, last, steps, StepsOffset);
                return SigmaGrid.From(times, times.Select(time => SigmaGrid.Interpolate(table, time)), final);
            case SigmaCurve.Karras:
                return OfLevels(SigmaGrid.Karras(table[0], table[^1], steps), table, final, rounds: true);
            case SigmaCurve.Lambda:
                return OfLevels(SigmaGrid.Exponential(table[0], table[^1], steps), table, final, rounds: true);
            case SigmaCurve.Exponential:
                return OfLevels(SigmaGrid.Exponential(table[0], table[^1], steps), table, final, rounds: false);
            case SigmaCurve.Flow:
                var levels = TimestepGrid.Even(1, 1.0 / trainSteps, steps + 1).Select(alpha => FlowGrid.Shifted(1 - alpha, FlowShift)).Skip(1).Reverse().ToArray();
                return SigmaGrid.From(levels.Select(level => WholeTimes ? Math.Truncate(level * trainSteps) : level * trainSteps), levels, final);
            default:
                throw new InvalidOperationException($"unknown curve {Curve}");
        }
    }

    private SigmaGrid OfLevels(double[] levels, IReadOnlyList<double> table, double final, bool rounds) => SigmaGrid.From(
        levels.Select(level => SigmaGrid.TimeOf(table, level)).Select(time => !WholeTimes ? time : rounds ? Math.Round(time, MidpointRounding.ToEven) : Math.Truncate(time)),
        levels,
        final);
}
