using MiniSora.Model.Solvers.Discrete;

namespace MiniSora.Model.Solvers.Edm;

/// <summary>Which noise levels a sampler visits (Karras et al. 2022, table 1, "time steps").</summary>
internal enum EdmLevels
{
    /// <summary>Even in σ^(1/ρ).</summary>
    Edm,

    /// <summary>Even in the time of the variance-preserving SDE.</summary>
    VariancePreserving,

    /// <summary>Even in ln σ.</summary>
    VarianceExploding,

    /// <summary>Picked from improved DDPM's steps.</summary>
    ImprovedDdpm,
}

/// <summary>σ as a function of the time that is integrated over.</summary>
internal enum EdmSchedule
{
    /// <summary>σ = t.</summary>
    Linear,

    /// <summary>Of the variance-preserving SDE.</summary>
    VariancePreserving,

    /// <summary>σ = √t.</summary>
    VarianceExploding,
}

/// <summary>Options of <see cref="EdmSampler"/>. The defaults are EDM's own sampler (algorithm 2).</summary>
internal sealed record EdmSamplerOptions
{
    /// <summary>Levels, at least 2. Default 18.</summary>
    public int Steps { get; init; } = 18;

    /// <summary>Smallest level; null: the usual one of <see cref="Levels"/>. Never below what the network supports.</summary>
    public double? SigmaMin { get; init; }

    /// <summary>Largest level; null: the usual one of <see cref="Levels"/>. Never above what the network supports.</summary>
    public double? SigmaMax { get; init; }

    /// <summary>Exponent ρ of <see cref="EdmLevels.Edm"/>.</summary>
    public double Rho { get; init; } = 7;

    /// <summary>Second-order correction in every step but the last.</summary>
    public bool IsHeun { get; init; } = true;

    /// <summary>Visited levels.</summary>
    public EdmLevels Levels { get; init; } = EdmLevels.Edm;

    /// <summary>Time that is integrated over.</summary>
    public EdmSchedule Schedule { get; init; } = EdmSchedule.Linear;

    /// <summary>Scale the state by s(t) = 1/√(1 + σ²).</summary>
    public bool ScalesState { get; init; }

    /// <summary>Smallest time of the variance-preserving levels.</summary>
    public double Epsilon { get; init; } = 1e-3;

    /// <summary>C₁ of improved DDPM's levels.</summary>
    public double C1 { get; init; } = 0.001;

    /// <summary>C₂ of improved DDPM's levels.</summary>
    public double C2 { get; init; } = 0.008;

    /// <summary>M of improved DDPM's levels.</summary>
    public int TrainSteps { get; init; } = 1000;

    /// <summary>Place of the second evaluation within the step, α in (0, 1].</summary>
    public double SecondAt { get; init; } = 1;

    /// <summary>Noise added and removed again.</summary>
    public Churn Churn { get; init; } = new();
}
