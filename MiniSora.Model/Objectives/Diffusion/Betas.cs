namespace MiniSora.Model.Objectives;

/// <summary>Variances β of the forward process, in double: index 0 is the step that adds the least noise.</summary>
internal static class Betas
{
    /// <summary>A schedule at a number of steps.</summary>
    public static IReadOnlyList<double> Of(NoiseSchedule schedule, int steps) => schedule switch
    {
        NoiseSchedule.Linear => Of(BetaShape.Linear, 1000.0 / steps * 1e-4, 1000.0 / steps * 0.02, steps),
        NoiseSchedule.SquaredCosine => FromAlphaBar(steps, t => Math.Pow(Math.Cos((t + 0.008) / 1.008 * Math.PI / 2), 2), 0.999),
        NoiseSchedule.ZeroTerminal => ZeroTerminalSnr(Of(NoiseSchedule.Linear, steps)),
        _ => throw new ArgumentOutOfRangeException(nameof(schedule), schedule, "unknown noise schedule"),
    };

    /// <summary>A shape between <paramref name="first"/> and <paramref name="last"/>.</summary>
    public static IReadOnlyList<double> Of(BetaShape shape, double first, double last, int steps) => shape switch
    {
        BetaShape.Linear => Even(first, last, steps),
        BetaShape.Quadratic => [.. Even(Math.Sqrt(first), Math.Sqrt(last), steps).Select(root => root * root)],
        BetaShape.WarmUpTenth => WarmUp(first, last, steps, 0.1),
        BetaShape.WarmUpHalf => WarmUp(first, last, steps, 0.5),
        BetaShape.Constant => [.. Enumerable.Repeat(last, steps)],
        BetaShape.Harmonic => [.. Even(steps, 1, steps).Select(remaining => 1 / remaining)],
        _ => throw new ArgumentOutOfRangeException(nameof(shape), shape, "unknown shape of betas"),
    };

    /// <summary>β_i = 1 − ᾱ((i+1)/T) / ᾱ(i/T), at most <paramref name="largest"/>.</summary>
    public static IReadOnlyList<double> FromAlphaBar(int steps, Func<double, double> alphaBar, double largest) =>
        [.. Enumerable.Range(0, steps).Select(i => Math.Min(1 - alphaBar((i + 1.0) / steps) / alphaBar((double)i / steps), largest))];

    /// <summary>
    /// The same schedule moved so that the last step leaves no signal, √ᾱ_T = 0, and the first keeps its own (Lin et al. 2024, algorithm 1).
    /// The last β is 1: only data or velocity can be predicted there, not noise.
    /// </summary>
    public static IReadOnlyList<double> ZeroTerminalSnr(IReadOnlyList<double> betas)
    {
        var roots = new double[betas.Count];
        var product = 1.0;
        for (var i = 0; i < roots.Length; i++)
        {
            product *= 1 - betas[i];
            roots[i] = Math.Sqrt(product);
        }

        var (first, last) = (roots[0], roots[^1]);
        if (first == last)
            throw new ArgumentException("a schedule of one step has no terminal step to move", nameof(betas));
        var rescaled = new double[roots.Length];
        var previous = 1.0;
        for (var i = 0; i < roots.Length; i++)
        {
            var root = (roots[i] - last) * (first / (first - last));
            rescaled[i] = 1 - root * root / previous;
            previous = root * root;
        }

        return rescaled;
    }

    private static double[] WarmUp(double first, double last, int steps, double share)
    {
        var rising = (int)(steps * share);
        return [.. Even(first, last, rising), .. Enumerable.Repeat(last, steps - rising)];
    }

    private static double[] Even(double first, double last, int count)
    {
        var step = (last - first) / Math.Max(1, count - 1);
        return [.. Enumerable.Range(0, count).Select(i => i > 0 && i == count - 1 ? last : i * step + first)];
    }
}
