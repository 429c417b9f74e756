using System.Globalization;
using System.Numerics;
using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;
using MiniSora.Model.Sampling;

namespace MiniSora.Jobs.Specs;

/// <summary>Rules between the fields of a training spec, and between it and the machine.</summary>
internal static class TrainingRules
{
    /// <summary>Share of the machine's memory that one run may plan to use; the rest is the system's and the portal's.</summary>
    private const double UsableMemory = 0.9;

    public static void Check(TrainingSpec spec, SpecContext context, HashSet<string> outOfRange, List<SpecProblem> problems)
    {
        bool InRange(params string[] paths) => !outOfRange.Overlaps(paths);
        var (width, heads, patch, size) = (spec.Model.Width, spec.Model.Heads, spec.Model.Patch, spec.Data.Size);
        var cascade = spec.Model.Network == NetworkKind.Cascade;
        if (!cascade && InRange("model.width", "model.heads") && (width % heads != 0 || width / heads % 2 != 0))
            problems.Add(SpecProblem.At("spec.heads_divide_width", "model.heads", null, ("heads", Show(heads)), ("width", Show(width))));
        if (!cascade)
            WeightsRules.Check(spec, context, problems);
        var geometry = CodecGeometry.Of(spec.Codec, context.Weights?.Invoke(spec.Codec.Weights));
        var cell = geometry.Downsample;
        if (!cascade && InRange("model.patch", "data.size") && size % (cell * patch) != 0)
            problems.Add(SpecProblem.At("spec.patch_divides_latent", "model.patch", null, ("patch", Show(patch)), ("size", Show(size)), ("multiple", Show(cell * patch))));
        if (!cascade && spec.Training.FinalLearningRate > spec.Training.LearningRate)
            problems.Add(SpecProblem.At("spec.final_rate_above_peak", "training.final_learning_rate", null));
        if (!cascade && spec.Training.Accumulation > spec.Training.Batch && InRange("training.batch", "training.accumulation"))
            problems.Add(SpecProblem.At("spec.accumulation_over_batch", "training.accumulation", null, ("parts", Show(spec.Training.Accumulation)), ("batch", Show(spec.Training.Batch))));
        if (spec.Training.Devices > spec.Training.Batch && InRange("training.batch", "training.devices"))
            problems.Add(SpecProblem.At("spec.devices_over_batch", "training.devices", null, ("devices", Show(spec.Training.Devices)), ("batch", Show(spec.Training.Batch))));
        if (spec.Model.Network != NetworkKind.Cascade && spec.Training.MaskRatio > 0 && spec.Training.MaskMixerBlocks >= spec.Model.Depth && InRange("training.mask_ratio", "training.mask_mixer_blocks", "model.depth"))
            problems.Add(SpecProblem.At("spec.mask_mixer_depth", "training.mask_mixer_blocks", null, ("blocks", Show(spec.Training.MaskMixerBlocks)), ("depth", Show(spec.Model.Depth))));
        if (spec.Model is { Network: NetworkKind.MiniSora, LocalWidth: > 0 } && spec.Training.MaskRatio > 0 && InRange("training.mask_ratio", "model.local_width"))
            problems.Add(SpecProblem.At("spec.mask_with_local", "training.mask_ratio", null));
        StartRules.Check(spec, context, problems);
        SystemRules.Check(spec, outOfRange, problems);
        SamplerRules.Check(spec.Preview.Sampler, "preview.sampler", InRange("training.ema_widths") ? spec.Training.Averages : null, problems);
        SystemRules.Solver(spec.Preview.Sampler.Solver, spec, "preview.sampler.solver", problems);
        Dataset(spec.Data.Dataset, context, problems);
        BucketRules.Check(spec, geometry.FramesPerLatent, cell, problems);
        if (DatasetCatalog.IsDrawn(spec.Data.Dataset) && InRange("data.size") && !BitOperations.IsPow2(size))
            problems.Add(SpecProblem.At("spec.dataset_size", "data.size", null, ("size", Show(size))));
        // A missing name or an empty prompt does not hide that the run is too large.
        if (context.MachineMemoryBytes is { } memory && outOfRange.All(path => path == "name" || path.StartsWith("preview.", StringComparison.Ordinal)))
            Memory(spec, memory, context.Calibration, problems);
    }

    private static void Dataset(string id, SpecContext context, List<SpecProblem> problems)
    {
        if (string.IsNullOrWhiteSpace(id))
            return;
        if (context.KnownDatasets is { } known && !known.Contains(id))
            problems.Add(SpecProblem.At("spec.dataset_unknown", "data.dataset", null, ("dataset", id), ("known", string.Join(", ", known.Order()))));
        else if (context.ReadyDatasets is { } ready && !ready.Contains(id))
            problems.Add(SpecProblem.At("spec.dataset_missing", "data.dataset", null, ("dataset", id)));
    }

    private static void Memory(TrainingSpec spec, long memory, Calibration calibration, List<SpecProblem> problems)
    {
        var needed = RunEstimator.EstimateTraining(spec, calibration).MemoryBytes;
        if (needed <= memory * UsableMemory)
            return;
        // The largest batch that fits, so that the sentence says what to do.
        var one = RunEstimator.EstimateTraining(spec with { Training = spec.Training with { Batch = 1 } }, calibration).MemoryBytes;
        var perClip = spec.Training.Batch == 1 ? needed : (needed - one) / (spec.Training.Batch - 1.0);
        var fits = Math.Max(0, Math.Floor((memory * UsableMemory - one) / perClip) + 1);
        problems.Add(SpecProblem.At("spec.batch_too_large_for_machine", "training.batch", null,
            ("batch", Show(spec.Training.Batch)), ("needed", Gibibytes(needed)), ("memory", Gibibytes(memory)), ("fits", Show(fits))));
    }

    private static string Gibibytes(double bytes) => (bytes / (1L << 30)).ToString("0.#", CultureInfo.InvariantCulture);

    private static string Show(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}

/// <summary>Rules of a sampler's settings.</summary>
internal static class SamplerRules
{
    /// <param name="sampler">The settings.</param>
    /// <param name="prefix">Their path.</param>
    /// <param name="trainedWidths">EMA copies that the checkpoint has; null when not known.</param>
    /// <param name="problems">Where problems go.</param>
    public static void Check(SamplerOptions sampler, string prefix, IReadOnlyList<double>? trainedWidths, List<SpecProblem> problems)
    {
        if (sampler.GuidanceLow > sampler.GuidanceHigh)
            problems.Add(SpecProblem.At("spec.guidance_interval", prefix + ".guidance_low", null));
        if (sampler is { StepCache: > 0, Solver: SolverKind.Dopri5 })
            problems.Add(SpecProblem.At("spec.cache_adaptive", prefix + ".step_cache", null, ("solver", SnakeCase.From(sampler.Solver))));
        if (sampler.EmaWidth is > 0 and < 0.01)
            problems.Add(SpecProblem.At("spec.ema_width_small", prefix + ".ema_width", null, ("value", sampler.EmaWidth.ToString("R", CultureInfo.InvariantCulture))));
        if (trainedWidths is not null && sampler.EmaWidth == 0 && sampler.Ema != 0 && !trainedWidths.Contains(sampler.Ema))
        {
            var widths = string.Join(", ", trainedWidths.Prepend(0).Select(width => width.ToString("R", CultureInfo.InvariantCulture)));
            problems.Add(SpecProblem.At("spec.ema_not_trained", prefix + ".ema", null, ("value", sampler.Ema.ToString("R", CultureInfo.InvariantCulture)), ("widths", widths)));
        }
    }
}
