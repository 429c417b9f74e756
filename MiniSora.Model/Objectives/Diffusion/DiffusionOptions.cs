namespace MiniSora.Model.Objectives;

/// <summary>What the network's output, or its first half, means.</summary>
internal enum MeanKind
{
    /// <summary>The noise ε.</summary>
    Noise,

    /// <summary>The clean data x_0.</summary>
    Data,

    /// <summary>The mean of the state one step before, x_(t−1).</summary>
    PreviousState,

    /// <summary>v = √ᾱ ε − √(1−ᾱ) x_0 (Salimans and Ho 2022); the only one besides data that a zero terminal SNR allows.</summary>
    Velocity,
}

/// <summary>Where the variance of a reverse step comes from.</summary>
public enum VarianceKind
{
    /// <summary>The posterior's, β̃.</summary>
    FixedSmall,

    /// <summary>β, with β̃ of the second step at the first.</summary>
    FixedLarge,

    /// <summary>The second half of the output is log σ².</summary>
    Learned,

    /// <summary>The second half of the output, in [−1, 1], interpolates log σ² between β̃ and β (Nichol and Dhariwal 2021, eq. 15).</summary>
    LearnedRange,
}

/// <summary>What is minimised.</summary>
internal enum DiffusionLossKind
{
    /// <summary>Squared error, plus the variational term where a variance is learned.</summary>
    MeanSquared,

    /// <summary>The same with the variational term times steps / 1000.</summary>
    RescaledMeanSquared,

    /// <summary>The variational term, in bits.</summary>
    Variational,

    /// <summary>The variational term times the number of steps: an estimate of the whole bound.</summary>
    RescaledVariational,
}

/// <summary>How squared errors of different noise levels are weighted; the variational term never is.</summary>
public enum ErrorWeighting
{
    /// <summary>Alike.</summary>
    None,

    /// <summary>Min-SNR-γ with γ = 5 (Hang et al. 2023).</summary>
    MinSnr,

    /// <summary>1 / (1 + SNR) (Choi et al. 2022, k = γ = 1).</summary>
    P2,

    /// <summary>1 / the running error at the same log SNR, so that every noise level counts alike (Stable Cascade): see <see cref="AdaptiveBucketWeight"/>.</summary>
    Adaptive,
}

/// <summary>Reading of the network's output and the loss; the defaults are DiT's and Latte's.</summary>
internal sealed record DiffusionOptions
{
    /// <summary>Meaning of the output.</summary>
    public MeanKind Mean { get; init; } = MeanKind.Noise;

    /// <summary>Variance of a reverse step.</summary>
    public VarianceKind Variance { get; init; } = VarianceKind.LearnedRange;

    /// <summary>The loss.</summary>
    public DiffusionLossKind Loss { get; init; } = DiffusionLossKind.MeanSquared;

    /// <summary>Weights of squared errors.</summary>
    public ErrorWeighting Weighting { get; init; } = ErrorWeighting.None;

    /// <summary>The network is told t · 1000 / original steps, as a float, instead of the index.</summary>
    public bool RescaleTimes { get; init; }

    /// <summary>
    /// Axis that holds the channels, along which an output with a learned variance is split. Default: 2 for clips [B, F, C, H, W], else 1.
    /// </summary>
    public int? ChannelAxis { get; init; }

    /// <summary>Whether the output has twice the channels of x.</summary>
    public bool LearnsVariance => Variance is VarianceKind.Learned or VarianceKind.LearnedRange;
}
