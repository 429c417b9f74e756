using MiniSora.Model.Backbones;
using MiniSora.Model.Paths;

namespace MiniSora.Model.Sampling;

/// <summary>How noise becomes a clip.</summary>
public enum SolverKind
{
    /// <summary>What suits the checkpoint: Euler, or DDPM for diffusion.</summary>
    Auto,

    /// <summary>First order, one network evaluation a step (two with guidance).</summary>
    Euler,

    /// <summary>Second order, two evaluations a step but one in the last.</summary>
    Heun,

    /// <summary>Dormand and Prince's adaptive fifth order; for interpolants.</summary>
    Dopri5,

    /// <summary>Euler–Maruyama on the reverse SDE; for interpolants.</summary>
    Sde,

    /// <summary>Ancestral sampling (Ho et al. 2020); for diffusion.</summary>
    Ddpm,

    /// <summary>DDIM (Song et al. 2021); for diffusion.</summary>
    Ddim,

    /// <summary>DPM-Solver++ (2M) (Lu et al. 2022); for diffusion.</summary>
    Dpmpp2m,

    /// <summary>UniPC (Zhao et al. 2023); for diffusion.</summary>
    Unipc,
}

/// <summary>How clips are drawn from a checkpoint.</summary>
public sealed record SamplerOptions
{
    /// <summary>Method. Default: automatic.</summary>
    [Setting] public SolverKind Solver { get; init; } = SolverKind.Auto;

    /// <summary>Solver steps (intervals, not grid points). Default 20.</summary>
    [Setting(Min = 1, Max = 1000, Unit = "steps")] public int Steps { get; init; } = 20;

    /// <summary>Classifier-free guidance scale w in u + w (c − u); 1 switches guidance off. Default 2.</summary>
    [Setting(Min = 0, Max = 30)] public double Guidance { get; init; } = 2;

    /// <summary>Guidance acts at noise levels in [low, high] only, 1 being pure noise (Kynkäänniemi et al. 2024). Default 0.1.</summary>
    [Setting(Min = 0, Max = 1, Advanced = true)] public double GuidanceLow { get; init; } = 0.1;

    /// <summary>See <see cref="GuidanceLow"/>. Default 0.95.</summary>
    [Setting(Min = 0, Max = 1, Advanced = true)] public double GuidanceHigh { get; init; } = 0.95;

    /// <summary>
    /// Moves the grid of times towards noise: t' = s t / (1 + (s − 1) t), so that more steps are spent where the layout is decided. 1 is an
    /// even grid. For rectified flow only. Default 2.
    /// </summary>
    [Setting(Min = 0.1, Max = 20, Advanced = true)] public double TimeShift { get; init; } = 2;

    /// <summary>
    /// Averaged copy of the weights to use: its relative width as trained, the decay of one of constant decay, or 0 for the raw weights. Default 0.05.
    /// </summary>
    [Setting(Min = 0, Max = 1, Advanced = true)] public double Ema { get; init; } = 0.05;

    /// <summary>
    /// Relative width of a power-function average to reconstruct from the stored ones after training (EDM2), in place of <see cref="Ema"/>. Default 0:
    /// none.
    /// </summary>
    [Setting(Min = 0, Max = 0.25, Advanced = true)] public double EmaWidth { get; init; }

    /// <summary>
    /// Skips the network's blocks where they would add nearly the same as in the step before (TeaCache): the largest relative change that is let pass, summed over
    /// skipped steps. 0.05 to 0.2 are usual. 0: every step is computed. Default 0.
    /// </summary>
    [Setting(Min = 0, Max = 1, Advanced = true)] public double StepCache { get; init; }

    /// <summary>Noise of DDIM: 0 none, 1 as much as DDPM. Default 0.</summary>
    [Setting(Min = 0, Max = 1, Advanced = true)] public double Eta { get; init; }

    /// <summary>Form of the SDE's diffusion coefficient (Ma et al. 2024, table 2). Default sigma.</summary>
    [Setting(Advanced = true)] public DiffusionForm DiffusionForm { get; init; } = DiffusionForm.Sigma;

    /// <summary>Latent channels that guidance acts on, in DiT and Latte; DiT was published with the first three. Default all.</summary>
    [Setting(Advanced = true)] public GuideChannels GuidanceChannels { get; init; } = GuideChannels.All;
}
