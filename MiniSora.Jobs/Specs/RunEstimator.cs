using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Sampling;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Specs;

/// <summary>
/// Time, memory and arithmetic of a run from its spec alone (models.md §6.1). Needs no libtorch, so the portal calls it while a form is filled in.
/// Numbers out of range give a senseless but harmless estimate; the validator names them.
/// </summary>
public static class RunEstimator
{
    /// <summary>Process start, loading libtorch, arithmetic self-check, opening data.</summary>
    private const double StartSeconds = 6;

    /// <summary>One video and its poster through ffmpeg.</summary>
    private const double VideoSeconds = 0.5;

    /// <summary>Sampling runs the network without gradients, in larger products: it is this much faster per operation than a training step.</summary>
    private const double SamplingSpeedup = 1.2;

    /// <summary>Clips of a usual set, for what encoding them with an imported codec takes.</summary>
    private const long UsualClips = 2000;

    /// <summary>Operations per pixel of the published KL encoder, 34 million parameters at several resolutions.</summary>
    private const double EncodingFlops = 4.2e6;

    /// <summary>
    /// The estimate of any spec. <paramref name="source"/>: the training spec inside the checkpoint of a sampling spec; the default network when null.
    /// <paramref name="sourceStep"/>: the step of the checkpoint that a training run goes on from.
    /// </summary>
    public static RunEstimate Estimate(RunSpec spec, Calibration calibration, TrainingSpec? source = null, long? sourceStep = null) => spec switch
    {
        TrainingSpec training => EstimateTraining(StartRules.Remaining(training, sourceStep), calibration),
        SamplingSpec sampling => EstimateSampling(sampling, source ?? new TrainingSpec(), calibration),
        EvaluationSpec evaluation => EstimateEvaluation(evaluation, source ?? new TrainingSpec(), calibration),
        EncoderSpec encoder => EstimateEncoder(encoder, calibration),
        ReplaySpec replay => EstimateTraining((source ?? new TrainingSpec()) with
        {
            Device = replay.Device,
            Training = (source ?? new TrainingSpec()).Training with { Steps = replay.ReplaySteps },
            Preview = new PreviewSpec { EverySeconds = 0 },
        }, calibration),
        _ => throw new ArgumentException($"{spec.GetType()} has no cost model.", nameof(spec)),
    };

    /// <summary>The estimate of a training run.</summary>
    public static RunEstimate EstimateTraining(TrainingSpec spec, Calibration calibration)
    {
        var cost = new NetworkCost(spec);
        var device = DeviceKind(spec.Device);
        var rate = RateOf(spec, device, calibration);
        // Forward and twice that backward; recomputing is a second forward. Dropped tokens save what the blocks after the mixer would do with them.
        var passes = spec.Training.Activations == Activations.Recompute && spec.Model.Network != NetworkKind.Cascade ? 4 : 3;
        var mixer = Math.Min(1, spec.Training.MaskMixerBlocks / (double)Math.Max(1, spec.Model.Depth));
        var masked = 1 - (1 - mixer) * (1 - cost.KeptShare(spec));
        var perStep = 2 * passes * cost.MacsPerClip * spec.Training.Batch * (spec.Training.UnmaskedShare + (1 - spec.Training.UnmaskedShare) * masked);
        var flops = perStep * spec.Training.Steps;
        var seconds = flops / (rate.GflopPerSecond * 1e9) + StartSeconds + CodecSeconds(spec);
        seconds += PreviewSeconds(spec, cost, rate, seconds);
        var bytes = rate.Precision == Precision.Bf16 ? 2 : 4;
        var memory = MemoryModel.Training(spec, cost, bytes);
        return Result(seconds, memory, flops, perStep, cost, rate);
    }

    /// <summary>The estimate of a sampling run from a checkpoint of <paramref name="source"/>.</summary>
    public static RunEstimate EstimateSampling(SamplingSpec spec, TrainingSpec source, Calibration calibration)
    {
        source = Sized(spec, source);
        var cost = new NetworkCost(source);
        var device = DeviceKind(spec.Device);
        var rate = RateOf(source, device, calibration);
        var perClip = 2 * cost.MacsPerEvaluation * Evaluations(spec.Sampler) * Windows(spec);
        var flops = perClip * spec.Clips;
        var seconds = flops / (SamplingSpeedup * rate.GflopPerSecond * 1e9) + StartSeconds + spec.Clips * VideoSeconds;
        var bytes = rate.Precision == Precision.Bf16 ? 2 : 4;
        return Result(seconds, MemoryModel.Sampling(spec, source, cost, bytes), flops, perClip, cost, rate);
    }

    /// <summary>The source as if it had been trained on the wanted size; the cost model knows squares, so one of the same area.</summary>
    private static TrainingSpec Sized(SamplingSpec spec, TrainingSpec source)
    {
        var (height, width) = (spec.Size.Height > 0 ? spec.Size.Height : source.Data.Size, spec.Size.Width > 0 ? spec.Size.Width : source.Data.Size);
        var frames = spec.Task == SamplingTask.Image ? 2 : spec.Size.Frames > 0 ? spec.Size.Frames : source.Data.Frames;
        return source with { Data = source.Data with { Frames = frames, Size = (int)Math.Round(Math.Sqrt((double)height * width)) } };
    }

    /// <summary>Trajectories from noise to data that a clip takes.</summary>
    private static double Windows(SamplingSpec spec) => spec.Task switch
    {
        SamplingTask.ExtendForward or SamplingTask.ExtendBackward => spec.Input.Windows,
        SamplingTask.Edit => spec.Input.Strength * (spec.Input.Departure == Departure.Inversion ? 2.5 : 1),
        _ => 1,
    };

    /// <summary>The estimate of an evaluation: its clips, one after another, and half as long again for reading and comparing them.</summary>
    private static RunEstimate EstimateEvaluation(EvaluationSpec spec, TrainingSpec source, Calibration calibration)
    {
        var held = source.Data.Dataset == Model.Datasets.DatasetCatalog.Shapes ? 2 * spec.HeldOutClips : 0;
        var clips = spec.SeenClips + held;
        var one = EstimateSampling(new SamplingSpec { Clips = 1, Sampler = spec.Sampler, Device = spec.Device }, source, calibration);
        var factor = 1.5 * clips;
        double Seconds(double alone) => StartSeconds + Math.Max(0, alone - StartSeconds - VideoSeconds) * factor + (clips + spec.References) * 0.05 + spec.KeepClips * 2 * VideoSeconds;
        return one with
        {
            SecondsLow = Seconds(one.SecondsLow),
            SecondsMid = Seconds(one.SecondsMid),
            SecondsHigh = Seconds(one.SecondsHigh),
            Flops = one.FlopsPerStep * clips,
            MemoryBytes = one.MemoryBytes + (long)(clips + 2 * spec.References) * source.Data.Frames * source.Data.Size * source.Data.Size * 3,
        };
    }

    /// <summary>The estimate of an encoder: twelve matrices of the width squared in each of its blocks, for 128 tokens.</summary>
    private static RunEstimate EstimateEncoder(EncoderSpec spec, Calibration calibration)
    {
        var (size, width) = (spec.Encoder, (double)spec.Encoder.Width);
        var parameters = size.Depth * 12 * width * width + 384 * width + 54 * width;
        var macs = 128 * (size.Depth * 12 * width * width + 384 * width);
        var rate = calibration.Rate("cpu", Precision.Fp32, size.Width);
        var perStep = 6 * macs * size.Batch;
        var seconds = StartSeconds + perStep * size.Steps / (rate.GflopPerSecond * 1e9);
        return new(seconds * 0.6, seconds, seconds * 2, (long)(MemoryModel.ProcessBytes + 16 * parameters + 400e3 * size.Batch), perStep * size.Steps, perStep, (long)parameters, 128, rate.Source != RateSource.Default);
    }

    private static double PreviewSeconds(TrainingSpec spec, NetworkCost cost, CalibrationRate rate, double trainingSeconds)
    {
        var clips = spec.Preview.Prompts.Count;
        if (clips == 0 || spec.Preview.EverySeconds <= 0)
            return 0;
        var one = clips * (2 * cost.MacsPerEvaluation * Evaluations(spec.Preview.Sampler) / (SamplingSpeedup * rate.GflopPerSecond * 1e9) + VideoSeconds);
        return one * (1 + trainingSeconds / spec.Preview.EverySeconds);
    }

    private static double CodecSeconds(TrainingSpec spec)
    {
        if (spec.Model.Network == NetworkKind.Cascade)
            return 0;
        switch (spec.Codec.Kind)
        {
            case CodecKind.Linear:
                return 4;
            case CodecKind.Kl or CodecKind.StageA:
                // Each clip of the set is encoded once; how many there are is not known here, nor are they more than the run sees.
                var frames = (double)Math.Min((long)spec.Training.Steps * spec.Training.Batch, UsualClips) * spec.Data.Frames;
                return 4 + frames * spec.Data.Size * spec.Data.Size * EncodingFlops / 40e9;
        }

        // Measured form: three-dimensional convolutions at full resolution dominate; per step of 8 clips.
        var voxels = 8.0 * spec.Data.Frames * spec.Data.Size * spec.Data.Size;
        return spec.Codec.VaeSteps * voxels * spec.Codec.VaeWidth * spec.Codec.VaeWidth * 27 * 6 / 16 / 40e9;
    }

    /// <summary>Network evaluations per clip: guidance doubles those inside its interval.</summary>
    private static double Evaluations(SamplerOptions sampler)
    {
        var calls = sampler.Solver switch
        {
            SolverKind.Heun => 2 * sampler.Steps - 1,
            // It chooses its steps by itself; about so many at the tolerance in use.
            SolverKind.Dopri5 => 100,
            _ => sampler.Steps,
        };
        return sampler.Guidance == 1 ? calls : calls * (1 + Math.Clamp(sampler.GuidanceHigh - sampler.GuidanceLow, 0, 1));
    }

    private static CalibrationRate RateOf(TrainingSpec spec, string device, Calibration calibration)
    {
        var precision = spec.Training.Precision == Precision.Auto ? calibration.Fastest(device, spec.Model.Width) : spec.Training.Precision;
        return calibration.Rate(device, precision, spec.Model.Width);
    }

    /// <summary>Automatic is taken for the processor here: the estimator cannot ask for a GPU without loading libtorch, and a run that finds one is only faster.</summary>
    private static string DeviceKind(string device) => device.StartsWith("cuda", StringComparison.Ordinal) ? "cuda" : "cpu";

    private static RunEstimate Result(double seconds, double memory, double flops, double perStep, NetworkCost cost, CalibrationRate rate)
    {
        var (low, high) = rate.Source switch
        {
            RateSource.Run => (0.85, 1.3),
            RateSource.Benchmark => (0.7, 1.7),
            _ => (0.4, 3.0),
        };
        return new(seconds * low, seconds, seconds * high, (long)Math.Min(memory, long.MaxValue / 2), flops, perStep, cost.Parameters, cost.Tokens, rate.Source != RateSource.Default);
    }
}
