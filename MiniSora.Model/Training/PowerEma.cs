namespace MiniSora.Model.Training;

/// <summary>
/// Power-function moving average (Karras et al. 2024, EDM2 §3): at update t the copy keeps (1 − 1/t)^(γ+1) of itself. Its
/// width relative to the run's length, σ, fixes γ by σ² = (γ+1) / ((γ+2)² (γ+3)); unlike a constant decay it forgets the
/// start of a run of any length.
/// </summary>
internal static class PowerEma
{
    /// <summary>γ of a relative width in (0, 0.28): the largest real root of γ³ + 7γ² + (16 − σ⁻²)γ + (12 − σ⁻²) = 0.</summary>
    public static double Gamma(double width)
    {
        if (width is not (> 0 and < 0.28))
            throw new ArgumentOutOfRangeException(nameof(width), width, "a relative EMA width lies in (0, 0.28)");
        var inverse = 1 / (width * width);
        // Right of the largest root the cubic is convex and rising, so Newton's method falls onto it.
        var gamma = 1 / width;
        for (var i = 0; i < 100; i++)
        {
            var value = ((gamma + 7) * gamma + (16 - inverse)) * gamma + (12 - inverse);
            var slope = (3 * gamma + 14) * gamma + (16 - inverse);
            var next = gamma - value / slope;
            if (Math.Abs(next - gamma) < 1e-12)
                return next;
            gamma = next;
        }

        return gamma;
    }

    /// <summary>Share of itself the copy keeps at update <paramref name="update"/> = 1, 2, 3 …; 0 at the first.</summary>
    public static double Decay(double gamma, long update) => Math.Pow(1 - 1.0 / update, gamma + 1);
}
