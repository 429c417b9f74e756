using System.Globalization;

namespace MiniSora.Soak;

/// <summary>What was measured against what was promised. Prints each line as it is known; the program ends with 0 only if all hold.</summary>
internal sealed class Bounds
{
    private readonly Lock gate = new();
    private int broken;

    /// <summary>0 when every bound held.</summary>
    public int ExitCode
    {
        get
        {
            lock (gate)
                return broken == 0 ? 0 : 1;
        }
    }

    /// <summary>A figure without a bound.</summary>
    public void Note(string what, string figure)
    {
        lock (gate)
            Console.WriteLine($"      {what}: {figure}");
    }

    /// <summary>A promise.</summary>
    public void Require(bool holds, string what, string figure = "")
    {
        lock (gate)
        {
            broken += holds ? 0 : 1;
            Console.WriteLine($"{(holds ? "ok    " : "BROKEN")} {what}{(figure.Length > 0 ? ": " + figure : "")}");
        }
    }

    /// <summary>A number that may be at most so large.</summary>
    public void AtMost(double value, double most, string what, string unit) =>
        Require(value <= most, what, string.Create(CultureInfo.InvariantCulture, $"{value:0.##} {unit} (at most {most:0.##}; ratio {value / most:0.00})"));

    /// <summary>The value below which a share of the numbers lies; 0 for none.</summary>
    public static double Percentile(IReadOnlyCollection<double> values, double share)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)Math.Ceiling(share * sorted.Count) - 1)];
    }
}
