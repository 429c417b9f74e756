namespace MiniSora.Model.Solvers.Discrete;

/// <summary>How noise levels between the largest and the smallest are chosen.</summary>
internal enum SigmaCurve
{
    /// <summary>Those of the chosen trained steps.</summary>
    Trained,

    /// <summary>Even in σ^(1/7) (Karras et al. 2022, equation 5).</summary>
    Karras,

    /// <summary>Even in ln σ.</summary>
    Exponential,

    /// <summary>Even in λ = ln(α/σ) (Lu et al. 2022); for the variance-preserving form the same levels as <see cref="Exponential"/>.</summary>
    Lambda,

    /// <summary>Of the straight path, shifted: s σ / (1 + (s − 1) σ).</summary>
    Flow,
}

/// <summary>Where the last step ends.</summary>
internal enum FinalSigma
{
    /// <summary>Without noise.</summary>
    Zero,

    /// <summary>At the level of the first trained step.</summary>
    Smallest,
}

/// <summary>Times of the network evaluations and the noise levels they belong to.</summary>
/// <param name="Times">n, in trained steps.</param>
/// <param name="Sigmas">n levels and the one reached at the end, rounded to float32.</param>
internal sealed record SigmaGrid(double[] Times, double[] Sigmas)
{
    /// <summary>With the final level appended and all rounded to float32.</summary>
    public static SigmaGrid From(IEnumerable<double> times, IEnumerable<double> sigmas, double final) =>
        new([.. times], [.. sigmas.Append(final).Select(sigma => (double)(float)sigma)]);

    /// <summary>Even in σ^(1/7) from <paramref name="largest"/> to <paramref name="smallest"/>.</summary>
    public static double[] Karras(double smallest, double largest, int steps)
    {
        const double Rho = 7;
        double from = Math.Pow(largest, 1 / Rho), to = Math.Pow(smallest, 1 / Rho);
        return [.. TimestepGrid.Even(0, 1, steps).Select(part => Math.Pow(from + part * (to - from), Rho))];
    }

    /// <summary>Even in ln σ.</summary>
    public static double[] Exponential(double smallest, double largest, int steps) =>
        [.. TimestepGrid.Even(Math.Log(largest), Math.Log(smallest), steps).Select(Math.Exp)];

    /// <summary>Level at a fractional trained step, linear between steps.</summary>
    public static double Interpolate(IReadOnlyList<double> table, double time)
    {
        if (time >= table.Count - 1)
            return table[^1];
        var low = (int)Math.Max(0, Math.Floor(time));
        return (table[low + 1] - table[low]) * (time - low) + table[low];
    }

    /// <summary>Fractional trained step of a level, linear in ln σ between steps, held within the table.</summary>
    public static double TimeOf(IReadOnlyList<double> table, double sigma)
    {
        var log = Math.Log(Math.Max(sigma, 1e-10));
        var low = 0;
        while (low < table.Count - 2 && Math.Log(table[low + 1]) <= log)
            low++;
        double from = Math.Log(table[low]), to = Math.Log(table[low + 1]);
        var part = Math.Clamp((from - log) / (from - to), 0, 1);
        return (1 - part) * low + part * (low + 1);
    }
}
