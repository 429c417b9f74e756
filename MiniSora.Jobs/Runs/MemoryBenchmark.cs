using MiniSora.Jobs.Specs;
using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;
using MiniSora.Model.Objectives;
using MiniSora.Model.Sampling;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Runs;

/// <summary>Peak memory of one run: predicted from its spec and measured in its process.</summary>
/// <param name="Name">Of the spec.</param>
/// <param name="Kind">Training or sampling.</param>
/// <param name="PredictedBytes">By <see cref="RunEstimator"/>.</param>
/// <param name="MeasuredBytes">Highest resident memory of the child process; 0 when it failed.</param>
/// <param name="Failure">What the child said, or null.</param>
public sealed record MemoryRow(string Name, SpecKind Kind, long PredictedBytes, long MeasuredBytes, string? Failure)
{
    /// <summary>Predicted over measured, less 1, in percent.</summary>
    public double ErrorPercent => MeasuredBytes == 0 ? double.PositiveInfinity : 100.0 * (PredictedBytes - MeasuredBytes) / MeasuredBytes;
}

/// <summary>Runs specs for a few steps in child processes, as the portal would, and compares their peak memory with the prediction.</summary>
public static class MemoryBenchmark
{
    private const int Steps = 3;

    /// <summary>From small to large, each network, with and without what saves memory.</summary>
    public static IReadOnlyList<TrainingSpec> Specs { get; } =
    [
        Of("tiny", spec => spec),
        Of("tiny, batch 64", spec => spec with { Training = spec.Training with { Batch = 64 } }),
        Of("tiny, batch 64, recomputed", spec => spec with { Training = spec.Training with { Batch = 64, Activations = Activations.Recompute } }),
        Of("tiny, batch 64, masked by half", spec => spec with { Training = spec.Training with { Batch = 64, MaskRatio = 0.5, UnmaskedShare = 0 } }),
        Of("width 256, 8 blocks", spec => spec with { Model = spec.Model with { Width = 256, Depth = 8, Heads = 8 } }),
        Of("width 512, 12 blocks, batch 4", spec => spec with { Model = spec.Model with { Width = 512, Depth = 12, Heads = 8 }, Training = spec.Training with { Batch = 4 } }),
        Of("DiT, width 384, 12 blocks", spec => Denoiser(spec, NetworkKind.Dit, 384, 12, 6, 32)),
        Of("Latte, width 256, 8 blocks", spec => Denoiser(spec, NetworkKind.Latte, 256, 8, 4, 8)),
    ];

    /// <summary>
    /// Rows as they come: each spec's training, then clips from its checkpoint. <paramref name="steps"/> of each run; null: three. Its data folder is that of <paramref name="options"/>.
    /// </summary>
    public static async IAsyncEnumerable<MemoryRow> RunAsync(
        IReadOnlyList<TrainingSpec> specs, RunProcessOptions options, TimeProvider time, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var given in specs)
        {
            var folder = Directory.CreateTempSubdirectory("minisora-memory-");
            try
            {
                var spec = given with
                {
                    Preview = given.Preview with { EverySeconds = 0 },
                    Training = given.Training with { Steps = Steps, CheckpointSteps = Steps, WarmupSteps = 0 },
                };
                var training = await MeasureAsync(spec, null, Path.Combine(folder.FullName, "training"), options, time, cancellationToken).ConfigureAwait(false);
                yield return training;
                if (training.Failure is not null || CheckpointShelf.Find(Path.Combine(folder.FullName, "training")) is not { } checkpoint)
                    continue;
                var prompt = VideoPrompt(spec);
                var sampling = new SamplingSpec { Name = spec.Name, Checkpoint = checkpoint, Prompt = prompt, Clips = 1, Device = spec.Device, Sampler = new SamplerOptions { Steps = Steps, EmaWidth = 0 } };
                yield return await MeasureAsync(sampling, spec, Path.Combine(folder.FullName, "sampling"), options, time, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }
    }

    private static string VideoPrompt(TrainingSpec spec) =>
        spec.Model.Network != NetworkKind.MiniSora && spec.Model.Conditioning == ConditioningKind.Label && spec.Data.Dataset == DatasetCatalog.Shapes ? "red circle" : "a red circle";

    private static async Task<MemoryRow> MeasureAsync(RunSpec spec, TrainingSpec? source, string folder, RunProcessOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var predicted = RunEstimator.Estimate(spec, Calibration.Uncalibrated, source).MemoryBytes;
        var run = new RunFolder(folder);
        run.Prepare(SpecYaml.Write(spec), new Dictionary<string, string>());
        var process = RunProcess.Start(run, 1, options, time);
        await using (process.ConfigureAwait(false))
        {
            using var leave = cancellationToken.Register(process.Kill);
            var (peak, failure) = (0L, (string?)null);
            await foreach (var next in process.Events.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                if (next is RunFinished finished)
                    peak = finished.PeakMemoryBytes;
                else if (next is RunFailed failed)
                    failure = failed.Message;
            }

            var exit = await process.Ended.ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (peak == 0)
                failure ??= $"exit {exit}: {process.LastError}";
            return new MemoryRow(spec.Name, SpecSchema.KindOf(spec), predicted, peak, failure);
        }
    }

    private static TrainingSpec Of(string name, Func<TrainingSpec, TrainingSpec> change)
    {
        var spec = new TrainingSpec { Name = name, Device = "cpu", Codec = new CodecOptions { Channels = 32 } };
        return change(spec with { Training = spec.Training with { Precision = Precision.Fp32 } });
    }

    private static TrainingSpec Denoiser(TrainingSpec spec, NetworkKind network, int width, int depth, int heads, int batch) => spec with
    {
        Model = spec.Model with { Network = network, Conditioning = ConditioningKind.Label, Width = width, Depth = depth, Heads = heads },
        Objective = spec.Objective with { Kind = ObjectiveKind.Diffusion, Prediction = Prediction.Noise },
        Data = spec.Data with { Size = 64 },
        Training = spec.Training with { Batch = batch },
    };
}
