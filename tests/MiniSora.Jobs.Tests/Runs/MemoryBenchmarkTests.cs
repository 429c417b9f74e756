using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Training;
using Xunit.Abstractions;

namespace MiniSora.Jobs.Tests.Runs;

public sealed class MemoryBenchmarkTests(ITestOutputHelper output)
{
    /// <summary>Real child processes of three small specs; larger ones are <c>minisora bench --memory</c>'s.</summary>
    [Fact]
    public async Task Predicted_peaks_are_near_the_measured_ones()
    {
        using var folder = new TemporaryFolder();
        var tiny = MemoryBenchmark.Specs[0];
        TrainingSpec[] specs =
        [
            tiny with { Training = tiny.Training with { Batch = 4 } },
            tiny with { Training = tiny.Training with { Batch = 64 } },
            tiny with { Training = tiny.Training with { Batch = 64, Activations = Activations.Recompute } },
        ];
        var options = new RunProcessOptions { DataFolder = folder.Path, Threads = 2 };
        await foreach (var row in MemoryBenchmark.RunAsync(specs, options, TimeProvider.System, CancellationToken.None))
        {
            output.WriteLine(FormattableString.Invariant($"{row.Kind}: {row.PredictedBytes >> 20} MiB predicted, {row.MeasuredBytes >> 20} measured, {row.ErrorPercent:0.0} %"));
            Assert.Null(row.Failure);
            Assert.InRange(row.ErrorPercent, -15, 15);
        }
    }
}
