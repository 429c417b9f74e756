using System.Globalization;
using MiniSora.Web.Localization;

namespace MiniSora.Web.Leaderboards;

/// <summary>Numbers of a board as people read them.</summary>
internal static class BoardFormat
{
    /// <summary>A quality in percent; a question mark after a claim.</summary>
    public static string Quality(LeaderboardEntry entry) =>
        entry.Quality is { } quality ? Percent(quality) + (entry.Level == EntryLevel.SelfReported ? " ?" : "") : "–";

    /// <summary>Half the width of the interval, e.g. <c>± 2.1</c>; empty for a claim.</summary>
    public static string Interval(LeaderboardEntry entry) =>
        entry is { QualityLow: { } low, QualityHigh: { } high } ? $"{(100 * low).ToString("0.0", CultureInfo.CurrentCulture)} – {(100 * high).ToString("0.0", CultureInfo.CurrentCulture)}" : "–";

    /// <summary>A share in percent with one decimal.</summary>
    public static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.CurrentCulture) + " %";

    /// <summary>A cost with the unit of its track; a dash where it was not measured.</summary>
    public static string Cost(Track track, double? cost) => cost is not { } value ? "–" : track switch
    {
        Track.GpuFriendly => Amount.Bytes(value),
        Track.TrainingEfficient => Amount.Flops(value),
        _ => value.ToString(value >= 10 ? "0" : "0.00", CultureInfo.CurrentCulture) + " s/s",
    };
}
