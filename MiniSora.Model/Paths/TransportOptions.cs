namespace MiniSora.Model.Paths;

/// <summary>What a network on a path predicts.</summary>
internal enum PathPrediction
{
    /// <summary>The velocity.</summary>
    Velocity,

    /// <summary>The noise x_0.</summary>
    Noise,

    /// <summary>∇ log p_t(x).</summary>
    Score,
}

/// <summary>Weights of the loss of noise and score networks (Ma et al. 2024, §3.1); without effect on velocity.</summary>
public enum PathWeight
{
    /// <summary>1.</summary>
    None,

    /// <summary>(g/σ)²: that of the velocity's loss.</summary>
    Velocity,

    /// <summary>g/σ²: that of the likelihood bound.</summary>
    Likelihood,
}

/// <summary>A path, what the network means on it, and how near to its ends it is used.</summary>
internal sealed record TransportOptions
{
    /// <summary>The interpolant.</summary>
    public PathKind Path { get; init; } = PathKind.Linear;

    /// <summary>What the network predicts.</summary>
    public PathPrediction Prediction { get; init; } = PathPrediction.Velocity;

    /// <summary>Weights of the loss.</summary>
    public PathWeight Weight { get; init; } = PathWeight.None;

    /// <summary>
    /// Distance kept from the ends in training. Default (null): 1e-5 on VP, 1e-3 for noise and score, 0 for velocity on the other paths, which
    /// is sound everywhere; there any value counts as 0.
    /// </summary>
    public double? TrainingMargin { get; init; }

    /// <summary>The same in sampling; default 1e-3 where one is needed. It is not looked at unless <see cref="TrainingMargin"/> is given too, as in SiT.</summary>
    public double? SamplingMargin { get; init; }

    /// <summary>The margin that holds.</summary>
    public double Margin(bool sampling)
    {
        if (Path != PathKind.Vp && Prediction == PathPrediction.Velocity)
            return 0;
        if (sampling)
            return TrainingMargin is null ? 1e-3 : SamplingMargin ?? 1e-3;
        return TrainingMargin ?? (Path == PathKind.Vp ? 1e-5 : 1e-3);
    }
}
