using System.Globalization;

namespace MiniSora.Jobs.Runs;

/// <summary>
/// Energy of the processor packages from the counters that Linux publishes (RAPL, <c>/sys/class/powercap</c>). Absent, not guessed, where they
/// cannot be read: on most virtual machines, and where only the administrator may. It counts the whole machine, other programs included.
/// </summary>
internal sealed class EnergyMeter
{
    private readonly List<Counter> counters;
    private readonly Lock gate = new();
    private double joules;

    private EnergyMeter(List<Counter> counters) => this.counters = counters;

    /// <summary>Begins to count; null when there is nothing to read.</summary>
    /// <param name="folder">Where the counters lie.</param>
    public static EnergyMeter? Start(string folder = "/sys/class/powercap")
    {
        if (!Directory.Exists(folder))
            return null;
        // intel-rapl:0 is a package (AMD's too); intel-rapl:0:1 is a part of one and would count twice.
        var counters = Directory.EnumerateDirectories(folder, "intel-rapl:*").Where(path => Path.GetFileName(path).Count(c => c == ':') == 1)
            .Select(Counter.Open).OfType<Counter>().ToList();
        return counters.Count == 0 ? null : new(counters);
    }

    /// <summary>Joules since the start. Ask at least every few minutes: the counters wrap around.</summary>
    public double Joules()
    {
        lock (gate)
        {
            joules += counters.Sum(counter => counter.Advance());
            return joules;
        }
    }

    private sealed class Counter(string file, double range)
    {
        private double last;

        public static Counter? Open(string folder)
        {
            var file = Path.Combine(folder, "energy_uj");
            if (Read(file) is not { } now)
                return null;
            return new Counter(file, Read(Path.Combine(folder, "max_energy_range_uj")) ?? 0) { last = now };
        }

        public double Advance()
        {
            if (Read(file) is not { } now)
                return 0;
            var spent = now >= last ? now - last : now - last + range;
            last = now;
            return Math.Max(0, spent) / 1e6;
        }

        private static double? Read(string file)
        {
            try
            {
                return double.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }
}
