using MiniSora.Jobs.Specs;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Tests.Specs;

public sealed class RunEstimatorTests
{
    private static readonly TrainingSpec T1 = new();

    [Fact]
    public void The_first_rung_costs_what_the_ladder_says()
    {
        // models.md §6.3, rung T1: 18.4 GFLOP per step of 16 clips with 8 text tokens and once-per-clip modulation.
        var estimate = RunEstimator.EstimateTraining(T1, Calibration.Uncalibrated);

        Assert.InRange(estimate.FlopsPerStep, 18e9, 25e9);
        Assert.InRange(estimate.Parameters, 1.7e6, 2.7e6);
        Assert.Equal(8 * 4 * 4 + T1.Model.TextLength, estimate.TokensPerClip);
        Assert.False(estimate.Calibrated);
    }

    [Fact]
    public void More_of_anything_costs_more()
    {
        var one = RunEstimator.EstimateTraining(T1, Calibration.Uncalibrated);
        var batch = RunEstimator.EstimateTraining(T1 with { Training = T1.Training with { Batch = 32 } }, Calibration.Uncalibrated);
        var size = RunEstimator.EstimateTraining(T1 with { Data = T1.Data with { Size = 64 } }, Calibration.Uncalibrated);

        Assert.True(batch.SecondsMid > one.SecondsMid && batch.MemoryBytes > one.MemoryBytes);
        Assert.True(size.FlopsPerStep > 4 * one.FlopsPerStep);
        Assert.True(one.SecondsLow < one.SecondsMid && one.SecondsMid < one.SecondsHigh);
    }

    [Fact]
    public void What_saves_memory_or_operations_shows()
    {
        RunEstimate Of(Func<TrainingOptions, TrainingOptions> change)
        {
            var spec = T1 with { Training = change(T1.Training with { Batch = 64 }) };
            return RunEstimator.EstimateTraining(spec, Calibration.Uncalibrated);
        }

        var plain = Of(training => training);
        var recomputed = Of(training => training with { Activations = Activations.Recompute });
        var masked = Of(training => training with { MaskRatio = 0.5 });
        Assert.InRange((double)recomputed.MemoryBytes / plain.MemoryBytes, 0.2, 0.8);
        Assert.Equal(4.0 / 3, recomputed.Flops / plain.Flops, 1e-6);
        Assert.True(masked.Flops < 0.8 * plain.Flops);
        Assert.Equal(plain.MemoryBytes, masked.MemoryBytes); // its last steps see everything
        Assert.True(Of(training => training with { MaskRatio = 0.5, UnmaskedShare = 0 }).MemoryBytes < plain.MemoryBytes);
        Assert.True(Of(training => training with { Accumulation = 4 }).MemoryBytes < plain.MemoryBytes);
        Assert.True(Of(training => training with { EmaSnapshots = 8 }).MemoryBytes > plain.MemoryBytes);
    }

    [Fact]
    public void Guidance_doubles_the_evaluations_of_its_interval()
    {
        var spec = new SamplingSpec { Clips = 1 };
        var off = RunEstimator.EstimateSampling(spec with { Sampler = spec.Sampler with { Guidance = 1 } }, T1, Calibration.Uncalibrated);
        var on = RunEstimator.EstimateSampling(spec with { Sampler = spec.Sampler with { GuidanceLow = 0, GuidanceHigh = 1 } }, T1, Calibration.Uncalibrated);

        Assert.Equal(2 * off.Flops, on.Flops);
    }

    [Fact]
    public void A_measured_rate_replaces_the_shipped_one_and_narrows_the_range()
    {
        var measured = Calibration.Uncalibrated
            .With(new CalibrationRate("cpu", Precision.Fp32, 128, 10, RateSource.Run))
            .With(new CalibrationRate("cpu", Precision.Bf16, 128, 5, RateSource.Run));
        var before = RunEstimator.EstimateTraining(T1, Calibration.Uncalibrated);
        var after = RunEstimator.EstimateTraining(T1, measured);

        Assert.True(after.Calibrated);
        Assert.True(after.SecondsMid > before.SecondsMid);
        Assert.True(after.SecondsHigh / after.SecondsLow < before.SecondsHigh / before.SecondsLow);
    }

    [Fact]
    public void Rates_between_measured_widths_are_interpolated()
    {
        var rate = Calibration.Uncalibrated.Rate("cpu", Precision.Fp32, 192).GflopPerSecond;

        Assert.InRange(rate, 55.01, 94.99);
        Assert.Equal(25, Calibration.Uncalibrated.Rate("cpu", Precision.Fp32, 32).GflopPerSecond);
    }

    [Fact]
    public void Rates_survive_the_file_and_a_broken_file_gives_the_shipped_ones()
    {
        using var folder = new TemporaryFolder();
        var measured = Calibration.Uncalibrated.With(new CalibrationRate("cpu", Precision.Fp32, 128, 77, RateSource.Benchmark));
        measured.Save(folder.Path);

        Assert.Equal(measured.Rates, Calibration.Load(folder.Path).Rates);
        File.WriteAllText(Path.Combine(folder.Path, "calibration.json"), "{");
        Assert.Same(Calibration.Uncalibrated, Calibration.Load(folder.Path));
        Assert.Same(Calibration.Uncalibrated, Calibration.Load(Path.Combine(folder.Path, "none")));
    }

    [Fact]
    public void One_measurement_scales_the_shipped_rates_of_other_widths()
    {
        var shipped = Calibration.Uncalibrated;
        var slow = shipped.With(new CalibrationRate("cpu", Precision.Fp32, 128, shipped.Rate("cpu", Precision.Fp32, 128).GflopPerSecond / 2, RateSource.Benchmark));

        Assert.Equal(shipped.Rate("cpu", Precision.Fp32, 32).GflopPerSecond / 2, slow.Rate("cpu", Precision.Fp32, 32).GflopPerSecond, 6);
        Assert.Equal(RateSource.Benchmark, slow.Rate("cpu", Precision.Fp32, 32).Source);
        Assert.Equal(shipped.Rate("cpu", Precision.Bf16, 32), slow.Rate("cpu", Precision.Bf16, 32));
    }

    [Fact]
    public void A_network_too_small_to_keep_the_machine_busy_says_nothing_of_larger_ones()
    {
        var shipped = Calibration.Uncalibrated;
        var toy = shipped.With(new CalibrationRate("cpu", Precision.Fp32, 32, 1.5, RateSource.Run));

        Assert.Equal(shipped.Rate("cpu", Precision.Fp32, 128), toy.Rate("cpu", Precision.Fp32, 128));
        Assert.Equal(1.5, toy.Rate("cpu", Precision.Fp32, 64).GflopPerSecond, 6);
    }
}
