namespace MiniSora.Web.Queue;

/// <summary>
/// Device time that is forgotten by halves: a second used a half-life ago counts one half. Time that was spread over an interval is
/// counted second by second: ∫ 2^(−(now−t)/H) dt over [start, end] = H/ln 2 · (2^(−(now−end)/H) − 2^(−(now−start)/H)).
/// </summary>
internal static class FadingUse
{
    /// <summary>What is remembered now of what was remembered then.</summary>
    public static double Later(double seconds, DateTimeOffset then, DateTimeOffset now, TimeSpan halfLife) =>
        seconds * Math.Pow(2, -Math.Max(0, (now - then).TotalSeconds) / halfLife.TotalSeconds);

    /// <summary>What is remembered now of a device held from start to end; both may lie in the future, which counts nothing.</summary>
    public static double Held(DateTimeOffset start, DateTimeOffset end, DateTimeOffset now, TimeSpan halfLife)
    {
        var last = end < now ? end : now;
        if (last <= start)
            return 0;
        var half = halfLife.TotalSeconds;
        return half / Math.Log(2) * (Math.Pow(2, -(now - last).TotalSeconds / half) - Math.Pow(2, -(now - start).TotalSeconds / half));
    }
}
