namespace MiniSora.Model.Paths;

/// <summary>Interpolants between noise at t = 0 and data at t = 1.</summary>
public enum PathKind
{
    /// <summary>α = t, σ = 1 − t: rectified flow.</summary>
    Linear,

    /// <summary>α = sin(πt/2), σ = cos(πt/2): generalised variance preserving.</summary>
    Gvp,

    /// <summary>Variance preserving with β from 0.1 to 20 (Song et al. 2021).</summary>
    Vp,
}

/// <summary>Form of the diffusion coefficient w of a reverse SDE (Ma et al. 2024, table 2); any is exact, they differ in discretisation.</summary>
public enum DiffusionForm
{
    /// <summary>The norm itself.</summary>
    Constant,

    /// <summary>That of score-based diffusion: the drift's own variance.</summary>
    ScoreBased,

    /// <summary>norm · σ.</summary>
    Sigma,

    /// <summary>norm · (1 − t).</summary>
    Linear,

    /// <summary>¼ (norm · cos πt + 1)².</summary>
    Decreasing,

    /// <summary>norm · sin² πt.</summary>
    IncreasingDecreasing,
}
