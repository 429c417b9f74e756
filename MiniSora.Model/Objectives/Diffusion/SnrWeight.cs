namespace MiniSora.Model.Objectives;

/// <summary>Weights of a squared error by the signal-to-noise ratio ᾱ / (1 − ᾱ) of its time.</summary>
internal static class SnrWeight
{
    /// <summary>
    /// Min-SNR-γ (Hang et al. 2023, §3.4): the loss on data counts min(SNR, γ), so one on noise min(SNR, γ) / SNR and one on velocity
    /// min(SNR, γ) / (SNR + 1). At SNR = 0 the weight of noise is its limit, 1.
    /// </summary>
    public static double MinSnr(double snr, double gamma, MeanKind kind) => kind switch
    {
        MeanKind.Data => Math.Min(snr, gamma),
        MeanKind.Noise => snr <= gamma ? 1 : gamma / snr,
        MeanKind.Velocity => Math.Min(snr, gamma) / (snr + 1),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "min-SNR weights are for data, noise and velocity"),
    };

    /// <summary>P2 (Choi et al. 2022, eq. 9): 1 / (k + SNR)^γ.</summary>
    public static double P2(double snr, double k = 1, double gamma = 1) => Math.Pow(k + snr, -gamma);

    /// <summary>Weights of all times of a process; null where none are.</summary>
    public static CoefficientTable? Table(IReadOnlyList<double> snr, ErrorWeighting weighting, MeanKind kind) => weighting switch
    {
        // Adaptive weights change from step to step; whoever trains gives them.
        ErrorWeighting.None or ErrorWeighting.Adaptive => null,
        ErrorWeighting.MinSnr => new CoefficientTable(snr.Select(value => MinSnr(value, 5, kind))),
        ErrorWeighting.P2 => new CoefficientTable(snr.Select(value => P2(value))),
        _ => throw new ArgumentOutOfRangeException(nameof(weighting), weighting, "unknown weighting"),
    };
}
