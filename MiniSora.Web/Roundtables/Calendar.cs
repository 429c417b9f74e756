using System.Globalization;
using System.Text;
using MiniSora.Web.Prose;

namespace MiniSora.Web.Roundtables;

/// <summary>Roundtables as a calendar that other programs read (RFC 5545). Times are in UTC, so every program shows its reader's own.</summary>
internal static class Calendar
{
    public const string MediaType = "text/calendar; charset=utf-8";

    /// <summary>A line may have 75 octets.</summary>
    private const int LineOctets = 75;

    public static string Of(IEnumerable<RoundtableDetails> roundtables, string baseUrl, DateTimeOffset now)
    {
        var text = new StringBuilder();
        Line(text, "BEGIN:VCALENDAR");
        Line(text, "VERSION:2.0");
        Line(text, "PRODID:-//MiniSora//Roundtables//EN");
        Line(text, "CALSCALE:GREGORIAN");
        Line(text, "X-WR-CALNAME:MiniSora");
        foreach (var details in roundtables)
        {
            var roundtable = details.Roundtable;
            if (roundtable.StartsAt is not { } starts)
                continue;
            var page = $"{baseUrl}/roundtables/{roundtable.Slug}";
            Line(text, "BEGIN:VEVENT");
            Line(text, $"UID:{roundtable.Id:N}@minisora");
            Line(text, $"DTSTAMP:{Utc(now)}");
            Line(text, $"DTSTART:{Utc(starts)}");
            Line(text, $"DTEND:{Utc(starts.AddMinutes(roundtable.Minutes))}");
            Line(text, "SUMMARY:" + Escaped(details.Row.Shown));
            Line(text, "DESCRIPTION:" + Escaped(ProseText.Plain(details.Abstract, 500)));
            Line(text, "LOCATION:" + Escaped(roundtable.JoinUrl.Length > 0 ? roundtable.JoinUrl : page));
            Line(text, "URL:" + page);
            Line(text, "STATUS:" + (roundtable.State == RoundtableState.Cancelled ? "CANCELLED" : "CONFIRMED"));
            Line(text, "END:VEVENT");
        }

        Line(text, "END:VCALENDAR");
        return text.ToString();
    }

    private static string Utc(DateTimeOffset at) => at.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private static string Escaped(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(";", "\\;", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal)
            .Replace("\r", "", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    // Folded between characters, never inside one: a space begins the line that goes on.
    private static void Line(StringBuilder text, string line)
    {
        var octets = 0;
        foreach (var rune in line.EnumerateRunes())
        {
            if (octets + rune.Utf8SequenceLength > LineOctets)
            {
                text.Append("\r\n ");
                octets = 1;
            }

            text.Append(rune);
            octets += rune.Utf8SequenceLength;
        }

        text.Append("\r\n");
    }
}
