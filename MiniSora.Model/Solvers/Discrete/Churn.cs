namespace MiniSora.Model.Solvers.Discrete;

/// <summary>Noise added before a step and removed by it (Karras et al. 2022, algorithm 2).</summary>
/// <param name="Amount">S_churn over the whole trajectory; 0: none.</param>
/// <param name="Lowest">Only at levels from here …</param>
/// <param name="Highest">… to here.</param>
/// <param name="NoiseScale">S_noise, standard deviation of the added noise.</param>
internal sealed record Churn(double Amount = 0, double Lowest = 0, double Highest = double.PositiveInfinity, double NoiseScale = 1)
{
    /// <summary>Relative growth γ of the level in one of <paramref name="steps"/> steps, at most √2 − 1.</summary>
    public double Growth(double sigma, int steps) =>
        sigma >= Lowest && sigma <= Highest ? Math.Min(Amount / steps, Math.Sqrt(2) - 1) : 0;

    /// <summary>Whether noise is ever wanted.</summary>
    public bool IsActive => Amount > 0;
}
