namespace MiniSora.Model.Solvers.Edm;

/// <summary>σ(t) = √(e^(β_d t²/2 + β_min t) − 1) of the variance-preserving SDE (Song et al. 2021), its slope and inverse.</summary>
internal sealed record VpCurve(double BetaD = 19.9, double BetaMin = 0.1)
{
    /// <summary>σ at t.</summary>
    public double Sigma(double t) => Math.Sqrt(Math.Exp(0.5 * BetaD * t * t + BetaMin * t) - 1);

    /// <summary>dσ/dt.</summary>
    public double Slope(double t) => 0.5 * (BetaMin + BetaD * t) * (Sigma(t) + 1 / Sigma(t));

    /// <summary>t at σ.</summary>
    public double Time(double sigma) => (Math.Sqrt(BetaMin * BetaMin + 2 * BetaD * Math.Log(sigma * sigma + 1)) - BetaMin) / BetaD;

    /// <summary>The curve through σ(<paramref name="epsilon"/>) = <paramref name="sigmaMin"/> and σ(1) = <paramref name="sigmaMax"/>.</summary>
    public static VpCurve Through(double sigmaMin, double sigmaMax, double epsilon)
    {
        var (low, high) = (Math.Log(sigmaMin * sigmaMin + 1), Math.Log(sigmaMax * sigmaMax + 1));
        var betaD = 2 * (low / epsilon - high) / (epsilon - 1);
        return new VpCurve(betaD, high - 0.5 * betaD);
    }
}
