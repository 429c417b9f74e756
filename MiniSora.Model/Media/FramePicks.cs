namespace MiniSora.Model.Media;

/// <summary>Which frames of a longer video make a clip.</summary>
internal static class FramePicks
{
    /// <summary>Uniform from the first to the last frame: round(k·(n − 1)/(T − 1)), halves up.</summary>
    /// <param name="available">n, at least 1.</param>
    /// <param name="wanted">T, at least 1; frames repeat where T is above n.</param>
    internal static long[] Uniform(long available, int wanted)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(available, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(wanted, 1);
        var picks = new long[wanted];
        for (var k = 1; k < wanted; k++)
            picks[k] = (2 * k * (available - 1) + wanted - 1) / (2 * (wanted - 1));
        return picks;
    }

    /// <summary>Frames of a video of <paramref name="rate"/> shown at <paramref name="wanted"/> a second: all where that is no fewer or the rate is unknown (0).</summary>
    internal static long[] AtRate(long available, double rate, double wanted)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(available, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(wanted, 0);
        // A hair of tolerance: 23.976 and 24 are the same intention.
        var step = rate > wanted * 1.01 ? rate / wanted : 1;
        var count = Math.Max(1, (long)Math.Floor((available - 1) / step) + 1);
        return [.. Enumerable.Range(0, (int)Math.Min(count, int.MaxValue)).Select(k => Math.Min(available - 1, (long)Math.Round(k * step, MidpointRounding.AwayFromZero)))];
    }
}
