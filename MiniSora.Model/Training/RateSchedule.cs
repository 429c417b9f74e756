namespace MiniSora.Model.Training;

/// <summary>How a learning rate goes on after its warm-up.</summary>
internal enum RateShape
{
    /// <summary>Stays, from the first step: no warm-up either.</summary>
    Constant,

    /// <summary>Stays.</summary>
    ConstantAfterWarmUp,

    /// <summary>Falls evenly to 0 at the last step.</summary>
    Linear,

    /// <summary>Falls by cosine, half a period by default.</summary>
    Cosine,

    /// <summary>Falls by half a cosine again and again, jumping back.</summary>
    CosineWithRestarts,

    /// <summary>Falls by a power of the time left to an end rate.</summary>
    Polynomial,

    /// <summary>Follows a list of rates and the steps up to which they hold.</summary>
    Piecewise,
}

/// <summary>
/// Multipliers of a peak learning rate, with the meanings they have in the diffusers library; steps count from 0 and warm-up begins at 0, unlike
/// <see cref="LearningRate"/>, the recipes' own.
/// </summary>
internal sealed record RateSchedule(RateShape Shape)
{
    /// <summary>Steps of warm-up, rising evenly from 0.</summary>
    public int WarmUpSteps { get; init; }

    /// <summary>Step at which the rate has come down.</summary>
    public int Steps { get; init; }

    /// <summary>Periods of a cosine (½: down once), or restarts; null: ½ and 1.</summary>
    public double? Cycles { get; init; }

    /// <summary>Exponent of the polynomial.</summary>
    public double Power { get; init; } = 1;

    /// <summary>End of the polynomial, as a multiple of the peak.</summary>
    public double End { get; init; } = 1e-7;

    /// <summary>Pieces: a multiplier and the step before which it holds, rising.</summary>
    public IReadOnlyList<(int Before, double Multiplier)> Pieces { get; init; } = [];

    /// <summary>Multiplier after the last piece.</summary>
    public double LastPiece { get; init; } = 1;

    /// <summary>Multiplier of step 0, 1, 2 …</summary>
    public double At(long step)
    {
        if (Shape == RateShape.Constant)
            return 1;
        if (Shape == RateShape.Piecewise)
            return Pieces.Where(piece => step < piece.Before).Select(piece => (double?)piece.Multiplier).FirstOrDefault() ?? LastPiece;
        if (step < WarmUpSteps)
            return step / Math.Max(1.0, WarmUpSteps);
        var progress = (step - WarmUpSteps) / Math.Max(1.0, Steps - WarmUpSteps);
        return Shape switch
        {
            RateShape.ConstantAfterWarmUp => 1,
            RateShape.Linear => Math.Max(0, (Steps - step) / Math.Max(1.0, Steps - WarmUpSteps)),
            RateShape.Cosine => Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * (Cycles ?? 0.5) * 2 * progress))),
            RateShape.CosineWithRestarts => progress >= 1 ? 0 : Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * ((Cycles ?? 1) * progress % 1)))),
            RateShape.Polynomial => step > Steps ? End : (1 - End) * Math.Pow(1 - progress, Power) + End,
            _ => throw new InvalidOperationException($"unknown shape {Shape}"),
        };
    }
}
