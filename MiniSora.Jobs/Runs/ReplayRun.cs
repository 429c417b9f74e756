using MiniSora.Jobs.Specs;
using MiniSora.Model.Datasets;
using MiniSora.Model.Sampling;
using MiniSora.Model.Training;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Jobs.Runs;

/// <summary>Takes steps of a training run again and reports their losses; keeps nothing.</summary>
internal sealed class ReplayRun(ReplaySpec spec) : IRunHandler
{
    public RunFinished? Run(RunContext context)
    {
        var start = context.Time.GetTimestamp();
        var path = RunFailureException.RequireCheckpoint(context, spec.Checkpoint);
        if (SpecYaml.Read(VideoSampler.OriginOf(path).Spec).Spec is not TrainingSpec training)
            throw new RunFailureException("checkpoint_version", "The checkpoint names no specification that this version can read.");
        var (placement, arithmetic) = SelfCheck.Require(context, spec, training.Training.Precision);
        context.Phase("phase.open_data");
        var dataset = DatasetCatalog.Open(training.Data.Dataset, context.DataFolder, training.Data.Frames, training.Data.Size, (ulong)training.Seed);
        using var opened = dataset as IDisposable;
        var setup = new TrainerSetup((ulong)training.Seed, dataset, training.Codec, training.Model, training.Objective, training.Training, placement, SpecYaml.Write(training), SoftwareVersion.Current)
        {
            Cascade = training.Cascade,
            Weights = new WeightsPlace(context.DataFolder),
        };
        using var trainer = Trainers.Resume(path, setup, null, context.Control.Leaving);
        var last = Math.Min(trainer.StepNumber + spec.ReplaySteps, training.Training.Steps);
        context.Reporter.Report(new RunStarted(placement.Device.ToString(), trainer.PrecisionName, torch.get_num_threads(), SoftwareVersion.Current, arithmetic.Summary, last, trainer.StepNumber) { Machine = MachineName.Of(placement.Device) });
        context.Phase("phase.train");
        var (first, points) = (trainer.StepNumber, new List<MetricPoint>());
        while (trainer.StepNumber < last)
        {
            if (context.Control.Request is { } request)
                return request == StopRequest.Cancel ? null : new RunFinished("interrupted", trainer.StepNumber, 0, 0, 0);
            var result = trainer.Step();
            points.Add(new("loss", result.Step, result.Loss));
            points.Add(new("grad_norm", result.Step, result.GradientNorm));
        }

        var seconds = context.Time.GetElapsedTime(start).TotalSeconds;
        context.Reporter.Report(new RunStep(trainer.StepNumber, (last - first) / Math.Max(seconds, 1e-9), 0, points));
        var flops = RunEstimator.EstimateTraining(training, Calibration.Uncalibrated).FlopsPerStep * (last - first);
        return new RunFinished("completed", trainer.StepNumber, seconds, TrainingMeter.PeakMemoryBytes(), flops);
    }
}
