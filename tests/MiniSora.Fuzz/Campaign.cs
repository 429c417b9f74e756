using System.Diagnostics;
using MiniSora.Model;

namespace MiniSora.Fuzz;

/// <summary>What a number of damaged files did to one reader.</summary>
internal sealed class Campaign(Target target, string folder)
{
    private const int MostFindings = 20;
    private readonly SortedDictionary<string, long> outcomes = new(StringComparer.Ordinal);
    private long largest;
    private TimeSpan slowest;
    private long slowestInput;

    /// <summary>Inputs that ended in an exception nobody expects, took ten seconds or half a gigabyte.</summary>
    public List<string> Findings { get; } = [];

    /// <summary>Runs inputs 0 … <paramref name="inputs"/> − 1 of a seed.</summary>
    public void Run(ulong seed, long inputs)
    {
        var path = Path.Combine(folder, "config.json");
        var clock = Stopwatch.StartNew();
        var done = 0L;
        for (var i = 0L; i < inputs && Findings.Count < MostFindings; i++, done++)
        {
            var random = SplitMix64.For(seed, (ulong)i);
            var bytes = Mutation.Of(ref random, target.Corpus);
            if (target.WantsFile)
                File.WriteAllBytes(path, bytes);
            One(i, bytes, path);
        }

        var rate = done / Math.Max(1e-9, clock.Elapsed.TotalSeconds);
        Console.WriteLine(FormattableString.Invariant(
            $"{target.Name,-15} {done,9:N0} inputs  {outcomes.Count,3} outcomes  slowest {slowest.TotalMilliseconds,8:0.0} ms (input {slowestInput})  most allocated {largest / 1048576.0,6:0.00} MiB  {rate,7:N0}/s  {Findings.Count} findings"));
        foreach (var (outcome, count) in outcomes)
            Console.WriteLine(FormattableString.Invariant($"    {outcome,-40} {count,9:N0}"));
        foreach (var finding in Findings)
            Console.WriteLine("    FINDING " + finding);
    }

    private void One(long input, byte[] bytes, string path)
    {
        var (before, start) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
        string outcome;
        try
        {
            outcome = target.Read(bytes, path);
        }
        // Finding what else a reader throws is what this program is for.
        catch (Exception error)
        {
            outcome = error.GetType().Name;
            Findings.Add(FormattableString.Invariant($"input {input}: {error.GetType().Name}: {error.Message} at {error.StackTrace?.Split('\n')[0].Trim()}"));
        }

        outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        var (taken, allocated) = (Stopwatch.GetElapsedTime(start), GC.GetAllocatedBytesForCurrentThread() - before);
        largest = Math.Max(largest, allocated);
        if (taken > slowest)
            (slowest, slowestInput) = (taken, input);
        if (allocated > 512L << 20)
            Findings.Add(FormattableString.Invariant($"input {input}: {allocated} bytes allocated"));
        if (taken > TimeSpan.FromSeconds(10))
            Findings.Add(FormattableString.Invariant($"input {input}: {taken.TotalSeconds:0.0} s"));
    }
}
