namespace MiniSora.Model.Solvers.Discrete;

/// <summary>Which trained step a sampler takes itself to reach next.</summary>
internal enum TimeStride
{
    /// <summary>The next time of its grid.</summary>
    Grid,

    /// <summary>
    /// ⌊N/n⌋ below the present one, whatever the grid. As diffusers has it: the same for leading grids, and slightly or grossly
    /// another step for the others.
    /// </summary>
    Constant,
}

/// <summary>Next steps of a grid.</summary>
internal static class TimeStrides
{
    /// <summary>Trained step after evaluation <paramref name="i"/>; negative: none, the data.</summary>
    public static int Next(this TimeStride stride, IReadOnlyList<double> times, int i, int trainSteps, int steps) => stride switch
    {
        TimeStride.Constant => (int)times[i] - trainSteps / steps,
        TimeStride.Grid => i + 1 < times.Count ? (int)times[i + 1] : -1,
        _ => throw new ArgumentOutOfRangeException(nameof(stride), stride, "unknown stride"),
    };
}
