namespace MiniSora.Model.Sampling;

/// <summary>Integrator of the probability-flow ODE.</summary>
public enum SolverKind
{
    /// <summary>First order, one network evaluation a step (two with guidance).</summary>
    Euler,

    /// <summary>Second order, two evaluations a step but one in the last.</summary>
    Heun,
}

/// <summary>How clips are drawn from a checkpoint.</summary>
public sealed record SamplerOptions
{
    /// <summary>Integrator. Default Euler.</summary>
    [Setting] public SolverKind Solver { get; init; } = SolverKind.Euler;

    /// <summary>Solver steps (intervals, not grid points). Default 20.</summary>
    [Setting(Min = 1, Max = 1000, Unit = "steps")] public int Steps { get; init; } = 20;

    /// <summary>Classifier-free guidance scale w in u + w (c − u); 1 switches guidance off. Default 2.</summary>
    [Setting(Min = 0, Max = 30)] public double Guidance { get; init; } = 2;

    /// <summary>Guidance acts for t in [low, high] only (Kynkäänniemi et al. 2024). Default 0.1.</summary>
    [Setting(Min = 0, Max = 1, Advanced = true)] public double GuidanceLow { get; init; } = 0.1;

    /// <summary>See <see cref="GuidanceLow"/>. Default 0.95.</summary>
    [Setting(Min = 0, Max = 1, Advanced = true)] public double GuidanceHigh { get; init; } = 0.95;

    /// <summary>
    /// Moves the grid of times towards noise: t' = s t / (1 + (s − 1) t), so that more steps are spent where the layout is decided. 1 is an
    /// even grid. Default 3.
    /// </summary>
    [Setting(Min = 0.1, Max = 20, Advanced = true)] public double TimeShift { get; init; } = 3;

    /// <summary>EMA copy to use: its relative width as trained, or 0 for the raw weights. Default 0.05.</summary>
    [Setting(Min = 0, Max = 0.25, Advanced = true)] public double Ema { get; init; } = 0.05;
}
