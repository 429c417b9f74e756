namespace MiniSora.Model.Solvers.Discrete;

/// <summary>How the steps of a sampler lie among the trained ones (Lin et al. 2024, table 2).</summary>
internal enum TimestepSpacing
{
    /// <summary>Multiples of ⌊N/n⌋ from 0: never reaches the last trained step.</summary>
    Leading,

    /// <summary>Multiples of N/n counted down from N, less 1: never reaches the first.</summary>
    Trailing,

    /// <summary>Evenly from the first to the last trained step.</summary>
    Linspace,
}

/// <summary>
/// Grids of times, noise first. Roundings are to even and sums are formed as the array library behind the published samplers forms
/// them, because a grid that is off by one step is another sampler.
/// </summary>
internal static class TimestepGrid
{
    /// <summary><paramref name="steps"/> times; <paramref name="offset"/> is added to leading ones. Whole unless <paramref name="whole"/> is false (linspace only).</summary>
    public static double[] Times(TimestepSpacing spacing, int trainSteps, int steps, int offset, bool whole)
    {
        if (steps < 1 || steps > trainSteps)
            throw new ArgumentOutOfRangeException(nameof(steps), steps, $"steps must be 1 to {trainSteps}");
        return spacing switch
        {
            TimestepSpacing.Linspace => [.. Even(0, trainSteps - 1, steps).Select(t => whole ? Round(t) : (float)t).Reverse()],
            TimestepSpacing.Leading => [.. Enumerable.Range(0, steps).Select(i => (double)(i * (trainSteps / steps) + offset)).Reverse()],
            TimestepSpacing.Trailing => [.. Down(trainSteps, (double)trainSteps / steps).Select(t => Round(t) - 1)],
            _ => throw new ArgumentOutOfRangeException(nameof(spacing), spacing, "unknown spacing"),
        };
    }

    /// <summary>
    /// As the multistep solvers place them: one more time than steps, of which the cleanest is left out; only the first
    /// <paramref name="last"/> trained steps are used.
    /// </summary>
    public static double[] MultistepTimes(TimestepSpacing spacing, int trainSteps, int last, int steps, int offset)
    {
        if (steps < 1 || steps > trainSteps)
            throw new ArgumentOutOfRangeException(nameof(steps), steps, $"steps must be 1 to {trainSteps}");
        return spacing switch
        {
            TimestepSpacing.Linspace => [.. Even(0, last - 1, steps + 1).Select(Round).Skip(1).Reverse()],
            TimestepSpacing.Leading => [.. Enumerable.Range(1, steps).Select(i => (double)(i * (last / (steps + 1)) + offset)).Reverse()],
            TimestepSpacing.Trailing => [.. Down(last, (double)trainSteps / steps).Select(t => Round(t) - 1)],
            _ => throw new ArgumentOutOfRangeException(nameof(spacing), spacing, "unknown spacing"),
        };
    }

    /// <summary><paramref name="count"/> even values, both ends included.</summary>
    public static double[] Even(double from, double to, int count)
    {
        var step = (to - from) / (count - 1);
        return [.. Enumerable.Range(0, count).Select(i => i == 0 ? from : i == count - 1 ? to : i * step + from)];
    }

    /// <summary>from, from − step, … while above 0.</summary>
    private static double[] Down(double from, double step)
    {
        var count = (int)Math.Ceiling(from / step);
        var delta = from - step - from;
        return [.. Enumerable.Range(0, count).Select(i => from + i * delta)];
    }

    private static double Round(double t) => Math.Round(t, MidpointRounding.ToEven);
}
