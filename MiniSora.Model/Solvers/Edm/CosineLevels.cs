namespace MiniSora.Model.Solvers.Edm;

/// <summary>
/// The noise levels u_j of improved DDPM's cosine schedule in the variance-exploding form (Karras et al. 2022, table 1): u_M = 0 and
/// u_(j−1) = √((u_j² + 1) / max(ᾱ_(j−1)/ᾱ_j, C₁) − 1) with ᾱ_j = sin²(π/2 · j / (M (C₂ + 1))). ᾱ is taken in float32.
/// </summary>
internal static class CosineLevels
{
    /// <summary>M + 1 levels, falling to 0; <paramref name="single"/>: the recursion too in float32, as networks store it.</summary>
    public static double[] Of(int trainSteps, double c1, double c2, bool single)
    {
        float Alpha(int j)
        {
            var sine = MathF.Sin((float)(0.5 * Math.PI) * j / trainSteps / (float)(c2 + 1));
            return sine * sine;
        }

        var levels = new double[trainSteps + 1];
        for (var j = trainSteps; j > 0; j--)
        {
            var ratio = MathF.Max(Alpha(j - 1) / Alpha(j), (float)c1);
            levels[j - 1] = single
                ? MathF.Sqrt(((float)levels[j] * (float)levels[j] + 1) / ratio - 1)
                : Math.Sqrt((levels[j] * levels[j] + 1) / ratio - 1);
        }

        return levels;
    }
}
