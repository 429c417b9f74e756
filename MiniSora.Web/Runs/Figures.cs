using System.Globalization;
using Microsoft.Extensions.Localization;

namespace MiniSora.Web.Runs;

/// <summary>Quantities as people read them, with their units, in the current language.</summary>
internal static class Figures
{
    private static readonly string[] ByteUnits = ["B", "KiB", "MiB", "GiB", "TiB"];

    public static string Integer(long value) => value.ToString("N0", CultureInfo.CurrentCulture);

    /// <summary>Powers of 1024 with one decimal.</summary>
    public static string Bytes(double value)
    {
        var unit = 0;
        while (value >= 1024 && unit < ByteUnits.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return $"{value.ToString(value >= 100 || unit == 0 ? "N0" : "0.#", CultureInfo.CurrentCulture)} {ByteUnits[unit]}";
    }

    /// <summary>Floating-point operations with a decimal prefix, e.g. <c>3.4 PFLOP</c>.</summary>
    public static string Flops(double value) => Prefixed(value, " ", "FLOP");

    /// <summary>A large number, e.g. <c>1.9 M</c>.</summary>
    public static string Count(double value) => Prefixed(value, " ", "").Replace("G", "B", StringComparison.Ordinal).TrimEnd();

    /// <summary>Seconds as at most two units, e.g. <c>1 h 5 min</c>.</summary>
    public static string Duration(IStringLocalizer<RunTexts> texts, double seconds)
    {
        if (!double.IsFinite(seconds) || seconds < 0)
            return "–";
        var span = TimeSpan.FromSeconds(Math.Min(Math.Round(seconds), 1e9));
        string Part(int number, string unit) => $"{number} {texts["Unit." + unit]}";
        return span switch
        {
            { TotalMinutes: < 1 } => Part(span.Seconds, "Seconds"),
            { TotalMinutes: < 10, Seconds: > 0 } => $"{Part(span.Minutes, "Minutes")} {Part(span.Seconds, "Seconds")}",
            { TotalHours: < 1 } => Part((int)Math.Round(span.TotalMinutes), "Minutes"),
            { TotalDays: < 1 } => $"{Part(span.Hours, "Hours")} {Part(span.Minutes, "Minutes")}",
            _ => $"{Part((int)span.TotalDays, "Days")} {Part(span.Hours, "Hours")}",
        };
    }

    /// <summary>A span between two durations, in the unit of the longer one.</summary>
    public static string Range(IStringLocalizer<RunTexts> texts, double low, double high)
    {
        var (unit, size) = high switch { < 100 => ("Seconds", 1.0), < 5400 => ("Minutes", 60.0), < 172_800 => ("Hours", 3600.0), _ => ("Days", 86_400.0) };
        string Number(double seconds) => Math.Max(0, seconds / size).ToString(high / size < 10 && size > 1 ? "0.#" : "N0", CultureInfo.CurrentCulture);
        var (from, to) = (Number(low), Number(high));
        return from == to ? $"{to} {texts["Unit." + unit]}" : $"{from}–{to} {texts["Unit." + unit]}";
    }

    /// <summary>How long ago, e.g. <c>5 min ago</c>; "just now" below five seconds.</summary>
    public static string Ago(IStringLocalizer<RunTexts> texts, DateTimeOffset at, DateTimeOffset now)
    {
        var seconds = (now - at).TotalSeconds;
        if (seconds < 5)
            return texts["Ago.Now"];
        var span = TimeSpan.FromSeconds(seconds);
        var words = span switch
        {
            { TotalMinutes: < 1 } => $"{span.Seconds} {texts["Unit.Seconds"]}",
            { TotalHours: < 1 } => $"{span.Minutes} {texts["Unit.Minutes"]}",
            { TotalDays: < 1 } => $"{span.Hours} {texts["Unit.Hours"]}",
            _ => $"{(int)span.TotalDays} {texts["Unit.Days"]}",
        };
        return texts["Ago.Past", words];
    }

    /// <summary>Steps a second, or seconds a step where it is slower than one a second.</summary>
    public static string Pace(IStringLocalizer<RunTexts> texts, double stepsPerSecond) => stepsPerSecond switch
    {
        <= 0 => "–",
        >= 1 => $"{stepsPerSecond.ToString(stepsPerSecond >= 10 ? "0.#" : "0.##", CultureInfo.CurrentCulture)} {texts["Unit.StepsPerSecond"]}",
        _ => $"{(1 / stepsPerSecond).ToString("0.#", CultureInfo.CurrentCulture)} {texts["Unit.SecondsPerStep"]}",
    };

    private static string Prefixed(double value, string gap, string unit)
    {
        var prefixes = new[] { "", "k", "M", "G", "T", "P", "E", "Z" };
        var at = 0;
        while (value >= 1000 && at < prefixes.Length - 1)
        {
            value /= 1000;
            at++;
        }

        return $"{value.ToString(value >= 100 ? "0" : value >= 10 ? "0.#" : "0.##", CultureInfo.CurrentCulture)}{gap}{prefixes[at]}{unit}";
    }
}
