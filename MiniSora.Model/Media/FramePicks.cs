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
}
