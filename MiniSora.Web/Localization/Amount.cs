using System.Globalization;
using System.Resources;

namespace MiniSora.Web.Localization;

/// <summary>Numbers as people read them, always with their unit, in the visitor's language.</summary>
internal static class Amount
{
    static readonly ResourceManager Words = new("MiniSora.Web.Localization.Texts", typeof(Amount).Assembly);

    /// <summary>Seconds as <c>4.2 s</c>, <c>3 min 05 s</c> or <c>2 h 10 min</c>.</summary>
    public static string Duration(double seconds)
    {
        if (!double.IsFinite(seconds) || seconds < 0)
            return "–";

        if (seconds < 59.95)
            return Fill("Amount.Seconds", seconds.ToString(seconds < 9.95 ? "0.0" : "0", CultureInfo.CurrentCulture));

        // Round once, at the smallest unit shown, so that 3599.9 s is not "59 min 60 s".
        var whole = (long)Math.Round(seconds);
        return whole < 3600
            ? Fill("Amount.MinutesSeconds", whole / 60, (whole % 60).ToString("00", CultureInfo.InvariantCulture))
            : Fill("Amount.HoursMinutes", whole / 3600, (whole % 3600 / 60).ToString("00", CultureInfo.InvariantCulture));
    }

    /// <summary>Floating-point operations as <c>3.1 TFLOP</c>.</summary>
    public static string Flops(double operations) => Scaled(operations, 1000, "FLOP", ["", "k", "M", "G", "T", "P", "E"]);

    /// <summary>Bytes in powers of 1024 as <c>12.3 MiB</c>.</summary>
    public static string Bytes(double bytes) => Scaled(bytes, 1024, "B", ["", "Ki", "Mi", "Gi", "Ti"]);

    /// <summary>A whole number with the language's grouping.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.CurrentCulture);

    /// <summary>A part of one as <c>37 %</c>; rounded down, so that 100 % means done.</summary>
    public static string Percent(double part) => Math.Floor(Math.Clamp(part, 0, 1) * 100).ToString("0", CultureInfo.CurrentCulture) + " %";

    static string Scaled(double value, double step, string unit, string[] prefixes)
    {
        if (!double.IsFinite(value) || value < 0)
            return "–";

        var at = 0;
        while (value >= step * 0.99995 && at < prefixes.Length - 1)
        {
            value /= step;
            at++;
        }

        var format = at == 0 || value >= 99.95 ? "0" : value >= 9.995 ? "0.0" : "0.00";
        return value.ToString(format, CultureInfo.CurrentCulture) + "\u00a0" + prefixes[at] + unit;
    }

    static string Fill(string key, params object[] values) =>
        string.Format(CultureInfo.CurrentCulture, Words.GetString(key, CultureInfo.CurrentUICulture) ?? key, values);
}
