using System.Diagnostics;
using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>How one entry came out.</summary>
/// <param name="File">Name of the file.</param>
/// <param name="Family">Its group.</param>
/// <param name="Failures">What is wrong; empty: passed.</param>
/// <param name="LargestAbsolute">Largest |got − want|.</param>
/// <param name="LargestRelative">Largest |got − want| / |want|.</param>
/// <param name="Atol">Absolute part of the tolerance that mattered.</param>
/// <param name="Rtol">Relative part.</param>
/// <param name="Seconds">Time it took.</param>
public sealed record FixtureResult(
    string File, string Family, IReadOnlyList<string> Failures, double LargestAbsolute, double LargestRelative, double Atol, double Rtol, double Seconds)
{
    /// <summary>Every result of the file was reproduced.</summary>
    public bool Passed => Failures.Count == 0;
}

/// <summary>Runs the product's own types over recorded inputs and holds their outputs against the recorded ones.</summary>
public static class Verifier
{
    /// <summary>One result per entry, in order, as they come. A fault inside one entry is that entry's failure.</summary>
    public static IEnumerable<FixtureResult> Run(FixtureManifest manifest, Placement placement, CancellationToken cancellationToken)
    {
        TorchRuntime.EnsureLoaded();
        foreach (var entry in manifest.Entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return Run(manifest.Folder, entry, placement);
        }
    }

    private static FixtureResult Run(string folder, FixtureEntry entry, Placement placement)
    {
        var start = Stopwatch.GetTimestamp();
        using var scope = NewDisposeScope();
        FixtureResult Failed(string reason) => new(entry.File, entry.Family, [reason], double.NaN, double.NaN, entry.Tolerance.Atol, entry.Tolerance.Rtol, Stopwatch.GetElapsedTime(start).TotalSeconds);
        try
        {
            using var fixture = new Fixture(folder, entry, placement);
            var runner = FixtureRunners.All.FirstOrDefault(candidate => candidate.Handles(fixture));
            if (runner is null)
                return Failed("nothing here knows how to run this entry");
            var comparison = new Comparison(fixture, placement.Compute == ScalarType.BFloat16 ? Roundings(folder, entry, placement, runner) : null);
            runner.Run(fixture, comparison);
            return new FixtureResult(
                entry.File, entry.Family, comparison.Failures, comparison.LargestAbsolute, comparison.LargestRelative,
                comparison.Tolerance.Atol, comparison.Tolerance.Rtol, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        // The boundary of an entry: whatever goes wrong inside is its result, and the others still run.
        catch (Exception error) when (error is not OperationCanceledException and not OutOfMemoryException)
        {
            return Failed(error is FixtureException or StateDictException or SafeTensorsException ? error.Message : $"{error.GetType().Name}: {error.Message}");
        }
    }

    /// <summary>Root mean squares of what changes in every result when the weights alone are rounded to bf16 and everything else stays fp32.</summary>
    private static IReadOnlyDictionary<string, double> Roundings(string folder, FixtureEntry entry, Placement placement, FixtureRunner runner)
    {
        using var scope = NewDisposeScope();
        using var fixture = new Fixture(folder, entry, placement with { Compute = ScalarType.Float32 }, roundWeights: true);
        var comparison = new Comparison(fixture);
        runner.Run(fixture, comparison);
        return comparison.Differences;
    }
}
