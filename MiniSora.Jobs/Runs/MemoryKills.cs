using System.Globalization;

namespace MiniSora.Jobs.Runs;

/// <summary>How many processes the kernel has killed since it started because memory, the machine's or a container's, ran out.</summary>
internal static class MemoryKills
{
    private const string Counter = "oom_kill ";

    /// <summary>Read from <c>/proc/vmstat</c>; 0 where there is no such file or counter, so that nothing is ever seen there.</summary>
    public static long Count(string file = "/proc/vmstat")
    {
        try
        {
            var line = File.ReadLines(file).FirstOrDefault(line => line.StartsWith(Counter, StringComparison.Ordinal));
            return line is not null && long.TryParse(line.AsSpan(Counter.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
