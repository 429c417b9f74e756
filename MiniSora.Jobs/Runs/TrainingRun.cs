using System.Globalization;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;
using MiniSora.Model.Training;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Jobs.Runs;

/// <summary>Trains from the newest usable checkpoint of the folder, or from the start.</summary>
internal sealed class TrainingRun(TrainingSpec spec) : IRunHandler
{
    private long firstStep;

    public RunFinished? Run(RunContext context)
    {
        var start = context.Time.GetTimestamp();
        var energy = EnergyMeter.Start();
        var (placement, arithmetic) = SelfCheck.Require(context, spec, spec.Training.Precision);
        context.Phase("phase.open_data");
        var dataset = DatasetCatalog.Open(spec.Data.Dataset, context.DataFolder, spec.Data.Frames, spec.Data.Size, (ulong)spec.Seed);
        using var opened = dataset as IDisposable;
        // Before hours of training, not at the first preview.
        if (spec.Model is { Network: not NetworkKind.MiniSora, Conditioning: ConditioningKind.Label } && dataset.Classes.Count > 0)
        {
            var classes = new ClassNames(dataset.Classes);
            foreach (var prompt in spec.Preview.Prompts)
                classes.Require(prompt);
        }

        var setup = new TrainerSetup((ulong)spec.Seed, dataset, spec.Codec, spec.Model, spec.Objective, spec.Training, placement,
            SpecYaml.Write(spec), SoftwareVersion.Current)
        {
            Cascade = spec.Cascade,
            Weights = new WeightsPlace(context.DataFolder),
            Buckets = [.. spec.Data.Buckets.Select(text => Open(BucketText.Parse(text)!, context))],
        };
        var shelf = new CheckpointShelf(context.Folder.Checkpoints);
        shelf.Tidy();
        using var trainer = Open(context, setup, shelf);
        // What the run took over was another one's expense.
        firstStep = trainer.StepNumber - trainer.StartStep;
        context.Reporter.Report(new RunStarted(placement.Device.ToString(), trainer.PrecisionName, torch.get_num_threads(), SoftwareVersion.Current,
            arithmetic.Summary, spec.Training.Steps, trainer.StepNumber)
        { Machine = MachineName.Of(placement.Device) });
        string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
        context.Info("log.training", ("parameters", Number(trainer.ParameterCount)), ("dataset", dataset.Id), ("clips", Number(dataset.Count)), ("fingerprint", dataset.Fingerprint[..12]));

        var journal = new PointJournal(context.Folder.Root);
        foreach (var said in journal.KeepUpTo(trainer.StepNumber).Chunk(1000))
            context.Reporter.Report(new RunStep(trainer.StepNumber, 0, 0, said));
        var meter = new TrainingMeter(context, journal, spec.Training.Steps, spec.Training.Batch);
        using var previews = new TrainingPreviews(spec, context);
        using var validation = new TrainingValidation(spec, trainer);
        if (!Train(context, trainer, shelf, meter, previews, validation))
            return null;
        previews.WaitForFiles();
        var flops = RunEstimator.EstimateTraining(spec, Calibration.Uncalibrated).FlopsPerStep * meter.Steps;
        Learn(context, trainer, placement.Device, flops, meter);
        var overBudget = IsSpent(meter);
        if (overBudget && trainer.StepNumber < spec.Training.Steps)
            context.Info("log.budget_spent", ("step", Number(trainer.StepNumber)));
        var reason = context.Control.Request switch { StopRequest.StopAndKeep => "stopped", StopRequest.Interrupt => "interrupted", _ => "completed" };
        return new RunFinished(trainer.StepNumber >= spec.Training.Steps || overBudget ? "completed" : reason, trainer.StepNumber,
            context.Time.GetElapsedTime(start).TotalSeconds, TrainingMeter.PeakMemoryBytes(), flops)
        { Joules = energy?.Joules() };
    }

    private Bucket Open(BucketText bucket, RunContext context)
    {
        var dataset = DatasetCatalog.Open(spec.Data.Dataset, context.DataFolder, bucket.Size, (ulong)spec.Seed);
        return new(spec.Data.Framing == Framing.SquareCrop && bucket.Size.Height != bucket.Size.Width ? new SquareCrop(dataset) : dataset, bucket.Share);
    }

    /// <summary>False when it was cancelled.</summary>
    private bool Train(RunContext context, ITrainer trainer, CheckpointShelf shelf, TrainingMeter meter, TrainingPreviews previews, TrainingValidation validation)
    {
        context.Phase("phase.train");
        var saved = shelf.NewestFirst().Any(path => path == shelf.PathOf(trainer.StepNumber)) ? trainer.StepNumber : -1;
        // The attempt that wrote it may have died before anybody heard of it; saying it twice is harmless.
        if (saved >= 0)
            context.Artifact("checkpoint", shelf.PathOf(saved), saved);
        while (trainer.StepNumber < spec.Training.Steps && context.Control.Request is null && !IsSpent(meter))
        {
            var result = meter.Measure(trainer.Step);
            if (result.RolledBack)
                context.Warning("log.rolled_back", ("step", result.Step.ToString(CultureInfo.InvariantCulture)));
            meter.Add(validation.WhenDue());
            if (trainer.StepNumber % spec.Training.CheckpointSteps == 0 && trainer.StepNumber < spec.Training.Steps)
            {
                // First: a checkpoint whose steps nobody heard of would leave a gap in the curve.
                meter.Flush();
                saved = Save(context, trainer, shelf);
            }

            previews.MakeWhenDue(trainer);
        }

        if (context.Control.Request is null)
            meter.Add(validation.Now());
        meter.Flush();
        if (context.Control.Request == StopRequest.Cancel)
            return false;
        if (saved != trainer.StepNumber)
            Save(context, trainer, shelf);
        // After the checkpoint: whoever waits for the process to leave waits no longer than that takes.
        if (context.Control.Request is null)
            previews.Make(trainer);
        return context.Control.Request != StopRequest.Cancel;
    }

    /// <summary>Whether the run has spent its budget, earlier attempts included as far as their steps are kept.</summary>
    private bool IsSpent(TrainingMeter meter)
    {
        var perStep = RunEstimator.EstimateTraining(spec, Calibration.Uncalibrated).FlopsPerStep;
        var steps = firstStep + meter.Steps;
        return (spec.Budget.Flops > 0 && steps * perStep >= spec.Budget.Flops)
            || (spec.Budget.Seconds > 0 && meter.StepSeconds * steps / Math.Max(1.0, meter.Steps) >= spec.Budget.Seconds && meter.Steps > 0);
    }

    private static long Save(RunContext context, ITrainer trainer, CheckpointShelf shelf)
    {
        var step = trainer.StepNumber;
        // If the process dies or the disk is full anywhere in here, the checkpoints of before are untouched: the new one gets its name
        // only when it is complete, and the oldest is deleted only after that.
        var path = shelf.PathOf(step);
        trainer.Save(path);
        var artifact = context.Artifact("checkpoint", path, step);
        context.Info("log.checkpoint", ("step", step.ToString("N0", CultureInfo.InvariantCulture)), ("size", (artifact.Bytes / 1048576.0).ToString("0.0", CultureInfo.InvariantCulture)));
        shelf.Prune();
        return step;
    }

    private ITrainer Open(RunContext context, TrainerSetup setup, CheckpointShelf shelf)
    {
        var progress = new Progressing(context);
        foreach (var path in shelf.NewestFirst())
        {
            try
            {
                context.Phase("phase.load_checkpoint");
                var trainer = Trainers.Resume(path, setup, progress, context.Control.Leaving);
                context.Info("log.continues", ("step", trainer.StepNumber.ToString(CultureInfo.InvariantCulture)), ("file", Path.GetFileName(path)));
                return trainer;
            }
            catch (Exception error) when (error is SafeTensorsException or CheckpointException { Code: "checkpoint_format" or "checkpoint_version" or "checkpoint_ema_missing" })
            {
                CheckpointShelf.SetAside(path);
                context.Warning("log.checkpoint_set_aside", ("file", Path.GetFileName(path)), ("detail", error.Message));
            }
        }

        return spec.Start.Checkpoint.Length > 0 ? Fork(context, setup, progress) : Trainers.Create(setup, progress, context.Control.Leaving);
    }

    private ITrainer Fork(RunContext context, TrainerSetup setup, Progressing progress)
    {
        var path = RunFailureException.RequireCheckpoint(context, spec.Start.Checkpoint);
        try
        {
            var trainer = Trainers.Fork(path, spec.Start.Carry, setup, progress, context.Control.Leaving);
            context.Info("log.starts_from", ("checkpoint", FileHash.Sha256(path)[..12]), ("step", trainer.StartStep.ToString(CultureInfo.InvariantCulture)));
            return trainer;
        }
        catch (CheckpointException unfit) when (unfit.Code == "checkpoint_mismatch")
        {
            throw new RunFailureException("start_unfit", unfit.Message, ("detail", unfit.Message));
        }
    }

    /// <summary>What this run achieved makes the next estimate better. Short runs are mostly warm-up and say nothing.</summary>
    private void Learn(RunContext context, ITrainer trainer, torch.Device device, double flops, TrainingMeter meter)
    {
        // Convolutions run at another rate than the products of a transformer, which the table is of.
        if (meter.Steps < 25 || meter.StepSeconds < 20 || spec.Model.Network == NetworkKind.Cascade)
            return;
        var precision = trainer.PrecisionName == "bf16" ? Precision.Bf16 : Precision.Fp32;
        var kind = device.type == DeviceType.CUDA ? "cuda" : "cpu";
        var rate = new CalibrationRate(kind, precision, spec.Model.Width, flops / meter.StepSeconds / 1e9, RateSource.Run);
        try
        {
            Calibration.Load(context.DataFolder).With(rate).Save(context.DataFolder);
        }
        catch (IOException error)
        {
            context.Warning("log.speed_not_stored", ("detail", error.Message));
        }
    }

    private sealed class Progressing(RunContext context) : IProgress<TrainerPhase>
    {
        public void Report(TrainerPhase value) => context.Phase(value.Key, value.Progress);
    }
}
