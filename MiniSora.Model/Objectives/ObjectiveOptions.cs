using MiniSora.Model.Paths;

namespace MiniSora.Model.Objectives;

/// <summary>How the training time t in [0, 1] is drawn (1 = noise).</summary>
public enum TimeSampling
{
    /// <summary>t = sigmoid(N(0, 1)) (Stable Diffusion 3).</summary>
    LogitNormal,

    /// <summary>t uniform in [0, 1].</summary>
    Uniform,
}

/// <summary>What the network's output means; rectified flow's loss is on the velocity either way.</summary>
public enum Prediction
{
    /// <summary>The velocity: n − x in rectified flow, the path's in an interpolant, √ᾱ ε − √(1−ᾱ) x in diffusion.</summary>
    Velocity,

    /// <summary>The clean latents x; the velocity is (x_t − x) / t (Li and He 2025, "JiT").</summary>
    Data,

    /// <summary>The noise ε.</summary>
    Noise,

    /// <summary>The score ∇ log p_t(x).</summary>
    Score,
}

/// <summary>What is trained.</summary>
public enum ObjectiveKind
{
    /// <summary>Rectified flow with a time per frame (models.md §3): x_t = (1 − t) x + t n, target n − x. MiniSora's.</summary>
    RectifiedFlow,

    /// <summary>The improved DDPM process of 1,000 steps (Nichol and Dhariwal 2021) that DiT and Latte were published with.</summary>
    Diffusion,

    /// <summary>Stochastic interpolants (Ma et al. 2024, "SiT").</summary>
    Interpolant,
}

/// <summary>What is trained, and on how much noise.</summary>
public sealed record ObjectiveOptions
{
    /// <summary>Which kind; MiniSora has rectified flow, the other networks the other two. Default: rectified flow.</summary>
    [Setting] public ObjectiveKind Kind { get; init; } = ObjectiveKind.RectifiedFlow;

    /// <summary>Interpolant between noise and data. Default linear.</summary>
    [Setting] public PathKind Path { get; init; } = PathKind.Linear;

    /// <summary>Noise schedule of diffusion. Default linear.</summary>
    [Setting] public NoiseSchedule NoiseSchedule { get; init; } = NoiseSchedule.Linear;

    /// <summary>Variance of diffusion's reverse steps; a learned one doubles the network's output. Default: learned range.</summary>
    [Setting(Advanced = true)] public VarianceKind Variance { get; init; } = VarianceKind.LearnedRange;

    /// <summary>Weights of diffusion's squared errors by noise level. Default: none.</summary>
    [Setting(Advanced = true)] public ErrorWeighting Weighting { get; init; } = ErrorWeighting.None;

    /// <summary>Weights of an interpolant's loss, for predicted noise and score. Default: none.</summary>
    [Setting(Advanced = true)] public PathWeight PathWeight { get; init; } = PathWeight.None;

    /// <summary>
    /// What the network predicts: in rectified flow velocity or data, in diffusion noise, data or velocity, in an interpolant velocity, noise or
    /// score. Clean clips have few degrees of freedom and noise has all of them, so a narrow network learns
    /// to name the clip much sooner than to repeat the noise. Default: data.
    /// </summary>
    [Setting] public Prediction Prediction { get; init; } = Prediction.Data;

    /// <summary>Distribution of t. Default logit-normal.</summary>
    [Setting] public TimeSampling TimeSampling { get; init; } = TimeSampling.LogitNormal;

    /// <summary>Share of samples whose t is drawn uniformly instead. Default 0.1.</summary>
    [Setting(Min = 0, Max = 1, Advanced = true)] public double UniformFraction { get; init; } = 0.1;

    /// <summary>
    /// Moves t towards noise: t' = s t / (1 + (s − 1) t) (Esser et al. 2024, eq. 23). Where most of a clip is plain background, what
    /// matters is decided at high noise. 1 leaves t as drawn. Default 2.
    /// </summary>
    [Setting(Min = 0.1, Max = 20, Advanced = true)] public double TimeShift { get; init; } = 2;

    /// <summary>
    /// The loss of predicted data weighs 1 / max(t, floor)², its share in the velocity loss, up to this floor (Li and He 2025 use 0.05).
    /// At small t a clip is nearly done already, and weights of hundreds there drown what is learned about layout and motion. Without
    /// effect on predicted velocity. Default 0.3.
    /// </summary>
    [Setting(Min = 0.01, Max = 1, Advanced = true)] public double WeightFloor { get; init; } = 0.3;

    /// <summary>Share of captions or classes replaced by the null one, for guidance. Default 0.1.</summary>
    [Setting(Min = 0, Max = 0.9)] public double CaptionDropout { get; init; } = 0.1;

    /// <summary>Share of clips with some frames kept clean (head, tail, both, random, every second). Default 0.2.</summary>
    [Setting(Min = 0, Max = 1)] public double MaskedFraction { get; init; } = 0.2;

    /// <summary>Share of batches that are single images. Default 0.1.</summary>
    [Setting(Min = 0, Max = 1)] public double ImageFraction { get; init; } = 0.1;
}
