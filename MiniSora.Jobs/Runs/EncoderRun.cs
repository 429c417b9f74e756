using System.Globalization;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Evaluation;
using MiniSora.Model.Native;
using MiniSora.Model.Training;
using TorchSharp;

namespace MiniSora.Jobs.Runs;

/// <summary>Trains the feature network of our own distances. Minutes long, so it begins anew when it was interrupted: the same file comes out.</summary>
internal sealed class EncoderRun(EncoderSpec spec) : IRunHandler
{
    private const int AccuracyClips = 1024;

    public RunFinished? Run(RunContext context)
    {
        var start = context.Time.GetTimestamp();
        var energy = EnergyMeter.Start();
        // On the processor wherever it runs: the file's hash is its name.
        var (_, arithmetic) = SelfCheck.Require(context, spec with { Device = "cpu" }, Precision.Fp32);
        var options = spec.Encoder;
        using var training = new EncoderTraining(new EncoderSize(options.Width, options.Depth, options.Heads), (ulong)spec.Seed, options.Batch, options.Steps, options.LearningRate);
        context.Reporter.Report(new RunStarted("cpu", "fp32", torch.get_num_threads(), SoftwareVersion.Current, arithmetic.Summary, options.Steps, 0) { Machine = MachineName.Of(torch.CPU) });
        context.Phase("phase.train");
        var points = new List<MetricPoint>();
        var (last, begin) = (context.Time.GetTimestamp(), context.Time.GetTimestamp());
        for (var step = 1; step <= options.Steps; step++)
        {
            points.Add(new("loss", step, training.Step(step)));
            if (context.Control.Request is { } request)
                return request == StopRequest.Cancel ? null : new RunFinished("interrupted", step, context.Time.GetElapsedTime(start).TotalSeconds, TrainingMeter.PeakMemoryBytes(), 0);
            if (step < options.Steps && context.Time.GetElapsedTime(last).TotalSeconds < 0.5)
                continue;
            last = context.Time.GetTimestamp();
            var perSecond = step / context.Time.GetElapsedTime(begin).TotalSeconds;
            context.Reporter.Report(new RunStep(step, perSecond, (options.Steps - step) / perSecond, [.. points]));
            points.Clear();
        }

        var accuracy = training.Accuracy(AccuracyClips);
        string Share(int head) => accuracy[head].ToString("0.000", CultureInfo.InvariantCulture);
        context.Info("log.encoder_accuracy", ("shape", Share(0)), ("colour", Share(1)), ("size", Share(2)), ("motion", Share(3)));
        var path = Path.Combine(context.Folder.Root, EncoderFeatures.FileName);
        training.Save(path);
        context.Artifact("encoder", path, options.Steps);
        return new RunFinished("completed", options.Steps, context.Time.GetElapsedTime(start).TotalSeconds, TrainingMeter.PeakMemoryBytes(),
            RunEstimator.Estimate(spec, Calibration.Uncalibrated).Flops)
        { Joules = energy?.Joules() };
    }
}
