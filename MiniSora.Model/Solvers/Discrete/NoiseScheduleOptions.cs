namespace MiniSora.Model.Solvers.Discrete;

/// <summary>How β grows over the trained steps.</summary>
internal enum BetaCurve
{
    /// <summary>Evenly (Ho et al. 2020).</summary>
    Linear,

    /// <summary>√β evenly (latent diffusion).</summary>
    ScaledLinear,

    /// <summary>From ᾱ = cos² ((t + 0.008)/1.008 · π/2), β at most 0.999 (Nichol and Dhariwal 2021).</summary>
    SquaredCosine,

    /// <summary>From ᾱ = e^(−12 t), β at most 0.999.</summary>
    Exponential,

    /// <summary>Along a logistic curve from −6 to 6.</summary>
    Sigmoid,
}

/// <summary>A trained noise schedule.</summary>
internal sealed record NoiseScheduleOptions
{
    /// <summary>Steps the network was trained on.</summary>
    public int TrainSteps { get; init; } = 1000;

    /// <summary>First β; not used by the curves that come from ᾱ.</summary>
    public double BetaStart { get; init; } = 0.0001;

    /// <summary>Last β.</summary>
    public double BetaEnd { get; init; } = 0.02;

    /// <summary>Curve between.</summary>
    public BetaCurve Curve { get; init; } = BetaCurve.Linear;

    /// <summary>Given instead of a curve, one per trained step.</summary>
    public IReadOnlyList<double>? TrainedBetas { get; init; }

    /// <summary>Shift and scale √ᾱ so that the last step is pure noise (Lin et al. 2024, algorithm 1).</summary>
    public bool ZeroTerminalSnr { get; init; }
}
