using System.Globalization;

namespace MiniSora.Jobs.Specs;

/// <summary>How much memory a run on this machine may have.</summary>
public static class MachineMemory
{
    /// <summary>The smaller of the machine's memory and the limit of its control group (a container's), in bytes.</summary>
    public static long TotalBytes()
    {
        // The runtime knows both; it reads them once at start.
        var known = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return Math.Min(known, MemInfo() ?? known);
    }

    private static long? MemInfo()
    {
        const string file = "/proc/meminfo";
        if (!File.Exists(file))
            return null;
        var line = File.ReadLines(file).FirstOrDefault(text => text.StartsWith("MemTotal:", StringComparison.Ordinal));
        var number = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1);
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes) ? kibibytes * 1024 : null;
    }
}
