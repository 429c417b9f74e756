namespace MiniSora.Model.Objectives;

/// <summary>Noise schedules that mean the same process at any number of steps.</summary>
public enum NoiseSchedule
{
    /// <summary>β linear from 1e-4 to 0.02, scaled by 1000 / steps (Ho et al. 2020).</summary>
    Linear,

    /// <summary>ᾱ follows a squared cosine, β at most 0.999 (Nichol and Dhariwal 2021, eq. 17).</summary>
    SquaredCosine,

    /// <summary>The linear one, rescaled so that its last step leaves no signal (Lin et al. 2024).</summary>
    ZeroTerminal,
}

/// <summary>Shapes of β between two given ends; those of Ho et al. 2020's code.</summary>
internal enum BetaShape
{
    /// <summary>Even in β.</summary>
    Linear,

    /// <summary>Even in √β.</summary>
    Quadratic,

    /// <summary>Rises over the first tenth of the steps, then stays.</summary>
    WarmUpTenth,

    /// <summary>Rises over the first half of the steps, then stays.</summary>
    WarmUpHalf,

    /// <summary>The last β everywhere.</summary>
    Constant,

    /// <summary>1/T, 1/(T−1), … 1; takes no notice of the ends.</summary>
    Harmonic,
}
