using System.Globalization;

namespace MiniSora.Web.Mail;

/// <summary>When digests are due.</summary>
internal static class DigestTimes
{
    /// <summary>Zones to choose from: UTC and those named by continent or ocean and city.</summary>
    public static IReadOnlyList<TimeZoneInfo> Zones { get; } =
        [TimeZoneInfo.Utc, .. TimeZoneInfo.GetSystemTimeZones().Where(zone => zone.Id.Contains('/', StringComparison.Ordinal) && !zone.Id.StartsWith("Etc/", StringComparison.Ordinal)).OrderBy(zone => zone.Id, StringComparer.Ordinal)];

    /// <summary>The first moment after <paramref name="after"/> at which it is that hour there, on a Monday if weekly.</summary>
    public static DateTimeOffset Next(DigestRhythm rhythm, int hour, string zoneId, DateTimeOffset after)
    {
        var zone = Zone(zoneId);
        var day = TimeZoneInfo.ConvertTime(after, zone).Date;
        while (true)
        {
            if (rhythm == DigestRhythm.Daily || day.DayOfWeek == DayOfWeek.Monday)
            {
                var local = day.AddHours(hour);
                // An hour that a clock leaves out in spring is over when the clock shows the next.
                while (zone.IsInvalidTime(local))
                    local = local.AddMinutes(30);
                var due = new DateTimeOffset(TimeZoneInfo.ConvertTimeToUtc(local, zone));
                if (due > after)
                    return due;
            }

            day = day.AddDays(1);
        }
    }

    /// <summary>The day it is there, as the key of a letter: one digest a day, whatever is chosen meanwhile.</summary>
    public static string Key(string zoneId, DateTimeOffset due) => TimeZoneInfo.ConvertTime(due, Zone(zoneId)).ToString("'digest 'yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A zone by its name; UTC when this machine does not know it any more.</summary>
    public static TimeZoneInfo Zone(string id) => TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : TimeZoneInfo.Utc;
}
