using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Tests.Runs;

public sealed class SpeedMeasurementTests
{
    [Fact]
    public async Task A_measured_machine_gets_a_narrower_estimate_of_the_recipes()
    {
        using var folder = new TemporaryFolder();
        var spec = (TrainingSpec)Recipes.Find("tiny-shapes")!.Spec;
        var guess = RunEstimator.EstimateTraining(spec, Calibration.Load(folder.Path));
        Assert.False(guess.Calibrated);

        Assert.Null(await SpeedMeasurement.MeasureAsync(Options(folder), CancellationToken.None));

        var calibration = Calibration.Load(folder.Path);
        Assert.All((Precision[])[Precision.Fp32, Precision.Bf16], precision => Assert.Equal(RateSource.Benchmark, calibration.Rate("cpu", precision, 128).Source));
        // Other widths follow in proportion: a machine is known by one measurement.
        double Ratio(int width) => calibration.Rate("cpu", Precision.Fp32, width).GflopPerSecond / Calibration.Uncalibrated.Rate("cpu", Precision.Fp32, width).GflopPerSecond;
        Assert.Equal(Ratio(128), Ratio(256), 1e-9);
        var measured = RunEstimator.EstimateTraining(spec, calibration);
        Assert.True(measured.Calibrated);
        Assert.True(measured.SecondsHigh / measured.SecondsLow < guess.SecondsHigh / guess.SecondsLow);
    }

    [Fact]
    public async Task A_measurement_that_makes_way_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        using var runComes = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SpeedMeasurement.MeasureAsync(Options(folder), runComes.Token));
        Assert.Empty(Directory.GetFiles(folder.Path, "calibration.json*"));
    }

    [Fact]
    public async Task A_child_that_fails_says_why()
    {
        using var folder = new TemporaryFolder();
        var options = Options(folder);
        options.DataFolder = folder.Combine("file/below");
        await File.WriteAllTextAsync(folder.Combine("file"), "");
        Assert.Contains("exit 1", await SpeedMeasurement.MeasureAsync(options, CancellationToken.None), StringComparison.Ordinal);
    }

    private static RunProcessOptions Options(TemporaryFolder folder) => new() { DataFolder = folder.Path, Threads = 1 };
}
