namespace MiniSora.Web.Leaderboards;

/// <summary>Compares the losses that a run reported with those of the same steps taken again.</summary>
public static class LossTrace
{
    /// <summary>Relative difference that a class of devices may have: rounding adds up over the steps, more so on a GPU.</summary>
    public static double Tolerance(string? device) => device?.StartsWith("cuda", StringComparison.Ordinal) == true ? 0.05 : 0.01;

    /// <summary>
    /// The largest relative difference over the steps taken again; infinite when one of them was never reported, or nothing was taken again.
    /// </summary>
    public static double LargestDifference(IReadOnlyDictionary<long, double> reported, IReadOnlyDictionary<long, double> again)
    {
        if (again.Count == 0)
            return double.PositiveInfinity;
        var largest = 0.0;
        foreach (var (step, loss) in again)
        {
            if (!reported.TryGetValue(step, out var said))
                return double.PositiveInfinity;
            // Steps that were rolled back have no loss on either side.
            if (double.IsNaN(said) && double.IsNaN(loss))
                continue;
            var difference = Math.Abs(said - loss) / Math.Max(Math.Abs(loss), 1e-3);
            largest = Math.Max(largest, double.IsNaN(difference) ? double.PositiveInfinity : difference);
        }

        return largest;
    }
}
