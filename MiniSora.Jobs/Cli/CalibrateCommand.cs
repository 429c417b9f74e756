using System.CommandLine;
using System.Globalization;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Datasets;
using MiniSora.Model.Native;
using MiniSora.Model.Training;
using TorchSharp;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora calibrate</c>: real training steps of a few sizes, timed, into <c>{data}/calibration.json</c>.</summary>
internal static class CalibrateCommand
{
    private const int WarmUpSteps = 2;
    private const double SecondsPerCell = 4;

    public static Command Build(TimeProvider time)
    {
        var widths = new Option<int[]>("--widths")
        {
            Description = SpecTexts.Get("cli.calibrate.widths"),
            HelpName = "D",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [64, 128, 256],
        };
        var command = new Command("calibrate", SpecTexts.Get("cli.calibrate")) { widths };
        command.SetAction(parsed =>
        {
            var folder = DataFolder.Of(parsed);
            var measured = TorchThread.Run(control => Measure(parsed.GetRequiredValue(widths), control, time));
            measured.Aggregate(Calibration.Load(folder), (calibration, rate) => calibration.With(rate)).Save(folder);
            return 0;
        });
        return command;
    }

    private static List<CalibrationRate> Measure(int[] widths, RunControl control, TimeProvider time)
    {
        TorchRuntime.EnsureLoaded();
        var rates = new List<CalibrationRate>();
        foreach (var width in widths)
        {
            foreach (var precision in (Precision[])[Precision.Fp32, Precision.Bf16])
            {
                var spec = Spec(width, precision);
                SpecInput.Validate(spec, SpecContext.Nothing);
                var rate = Measure(spec, Placement.Parse("auto", precision), control, time);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rate.Device}  width {width,-5} {SnakeCase.From(precision)}  {rate.GflopPerSecond,8:0.0} GFLOP/s"));
                rates.Add(rate);
            }
        }

        return rates;
    }

    /// <summary>The recipes' shape of network at another width.</summary>
    private static TrainingSpec Spec(int width, Precision precision)
    {
        var spec = new TrainingSpec { Name = "calibration" };
        return spec with
        {
            Model = spec.Model with { Width = width, Heads = Math.Max(1, width / 32) },
            Training = spec.Training with { Precision = precision },
        };
    }

    private static CalibrationRate Measure(TrainingSpec spec, Placement placement, RunControl control, TimeProvider time)
    {
        var dataset = new MovingShapes(spec.Data.Frames, spec.Data.Size, 1);
        var setup = new TrainerSetup(1, dataset, spec.Codec, spec.Model, spec.Objective, spec.Training, placement, SpecYaml.Write(spec), SoftwareVersion.Current);
        using var trainer = Trainer.Create(setup, null, control.Leaving);
        for (var i = 0; i < WarmUpSteps; i++)
            trainer.Step();
        var start = time.GetTimestamp();
        var steps = 0;
        do
        {
            control.Leaving.ThrowIfCancellationRequested();
            trainer.Step();
            steps++;
        }
        while (time.GetElapsedTime(start).TotalSeconds < SecondsPerCell);
        var flops = RunEstimator.EstimateTraining(spec, Calibration.Uncalibrated).FlopsPerStep * steps;
        var device = placement.Device.type == DeviceType.CUDA ? "cuda" : "cpu";
        return new(device, spec.Training.Precision, spec.Model.Width, flops / time.GetElapsedTime(start).TotalSeconds / 1e9, RateSource.Benchmark);
    }
}
