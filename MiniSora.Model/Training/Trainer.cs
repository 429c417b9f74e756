using MiniSora.Model.Autoencoders;
using MiniSora.Model.Datasets;
using MiniSora.Model.Evaluation;
using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Sampling;
using MiniSora.Model.Systems;
using MiniSora.Model.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>
/// One training run: prepares codec, vocabulary and network, then takes optimizer steps. Not thread-safe, and all its
/// calls belong on one thread (grad mode and dispose scopes are per thread).
/// </summary>
public sealed class Trainer : ITrainer
{
    /// <summary>The state after every so many steps is kept in memory, once the next step has shown that it is good.</summary>
    internal const int SnapshotSteps = 50;

    private const int MostRollbacks = 10;
    private const int BatchesAhead = 4;

    private readonly TrainerSetup setup;
    private readonly IVideoCodec codec;
    private readonly LatentCache? latents;
    private readonly Vocabulary vocabulary;
    private readonly IVideoSystem system;
    private readonly TrainingState state;
    private readonly TrainingSnapshot snapshot;
    private readonly ScalarType compute;
    private readonly BatchQueue queue;
    private readonly Replicas replicas;
    private int rollbacksInARow;

    /// <summary>A new run over parts that are ready; takes over <paramref name="codec"/>.</summary>
    /// <param name="source">What it starts from, unless it starts from nothing.</param>
    /// <param name="carry">What it takes from there when <paramref name="source"/> is another run's; null: it goes on with its own.</param>
    internal Trainer(TrainerSetup setup, IVideoCodec codec, Vocabulary vocabulary, IProgress<TrainerPhase>? progress, Checkpoint? source, Carry? carry = null)
    {
        this.setup = setup;
        this.codec = codec;
        this.vocabulary = vocabulary;
        system = VideoSystem.Of(setup.Model, setup.Objective, Size.Latents(codec), vocabulary, RequireClasses(setup), VideoSystem.OpenText(setup.Model, setup.Weights, setup.Placement));
        state = new TrainingState(system.Layout, setup.Training, setup.Seed, setup.Placement.Device);
        source?.ReadInto(state, system.Layout, carry ?? Carry.Everything);
        if (source is not null && carry is null or Carry.Everything)
        {
            StepNumber = source.Description.Step;
            if (source.ReadStepState() is { Count: > 0 } numbers)
                system.RestoreStepState(numbers);
        }

        StartStep = carry is null ? source?.Description.StartStep ?? 0 : StepNumber;
        replicas = new Replicas(system, Replicas.Devices(setup.Placement.Device, setup.Training.Devices), setup.Training.Activations);
        // A large frozen codec would else take most of every step.
        latents = setup.Codec.Kind is CodecKind.Kl or CodecKind.StageA ? new LatentCache(codec) : null;
        var builder = new BatchBuilder(setup, latents ?? codec, system);
        compute = carry is null && source is not null ? source.Description.Compute : ChooseCompute(builder, progress);
        snapshot = new TrainingSnapshot(state);
        queue = new BatchQueue(builder.Build, StepNumber + 1, BatchesAhead, setup.Dataset.Id);
    }

    /// <summary>Steps taken so far.</summary>
    public long StepNumber { get; private set; }

    /// <inheritdoc/>
    public long StartStep { get; }

    /// <summary>Arithmetic in use: <c>fp32</c> or <c>bf16</c>.</summary>
    public string PrecisionName => CheckpointDescription.NameOf(compute);

    /// <summary>Trainable numbers.</summary>
    public long ParameterCount => system.Layout.ParameterCount;

    /// <summary>Batches that wait, read ahead; 0 again and again means that data is the bottleneck.</summary>
    public int BatchesWaiting => queue.Waiting;

    /// <inheritdoc/>
    public bool CanSample => true;

    /// <summary>Buffers as they are, for tests.</summary>
    internal TrainingState State => state;

    /// <summary>Parameters by name, for tests.</summary>
    internal ParameterLayout Layout => system.Layout;

    /// <summary>Its codec, for tests.</summary>
    internal IVideoCodec Codec => codec;

    private ClipSize Size => new(setup.Dataset.Frames, setup.Dataset.Height, setup.Dataset.Width);

    /// <summary>Makes the present state the one to go back to.</summary>
    internal void KeepSnapshot() => snapshot.Take(state);

    /// <summary>A new run.</summary>
    public static Trainer Create(TrainerSetup setup, IProgress<TrainerPhase>? progress, CancellationToken cancellationToken)
    {
        TorchRuntime.EnsureLoaded();
        progress?.Report(new TrainerPhase("phase.fit_codec", null));
        var codec = CodecFactory.Fit(setup, progress, cancellationToken);
        try
        {
            var vocabulary = VideoSystem.ReadsCaptions(setup.Model) ? VocabularyReader.Read(setup.Dataset, setup.Seed, progress, cancellationToken) : new Vocabulary([]);
            return new Trainer(setup, codec, vocabulary, progress, null);
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Goes on from a checkpoint, bit-exactly on the same machine with the same number of threads: codec, vocabulary and
    /// precision are the checkpoint's. Throws <see cref="CheckpointException"/> when it does not belong to this setup.
    /// </summary>
    public static Trainer Resume(string checkpointPath, TrainerSetup setup, IProgress<TrainerPhase>? progress, CancellationToken cancellationToken)
    {
        TorchRuntime.EnsureLoaded();
        progress?.Report(new TrainerPhase("phase.load_checkpoint", null));
        using var checkpoint = Checkpoint.Open(checkpointPath);
        checkpoint.Description.RequireSame(setup);
        return From(checkpoint, setup, null, progress, cancellationToken);
    }

    /// <summary>
    /// A new run that starts from the checkpoint of another one. Codec and vocabulary stay the checkpoint's, since the weights speak in them; everything else
    /// is the setup's. Throws <see cref="CheckpointException"/> when the weights do not fit it.
    /// </summary>
    public static Trainer Fork(string checkpointPath, Carry carry, TrainerSetup setup, IProgress<TrainerPhase>? progress, CancellationToken cancellationToken)
    {
        TorchRuntime.EnsureLoaded();
        progress?.Report(new TrainerPhase("phase.load_checkpoint", null));
        using var checkpoint = Checkpoint.Open(checkpointPath);
        checkpoint.Description.RequireFit(setup, carry);
        return From(checkpoint, setup, carry, progress, cancellationToken);
    }

    private static Trainer From(Checkpoint checkpoint, TrainerSetup setup, Carry? carry, IProgress<TrainerPhase>? progress, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var codec = checkpoint.ReadCodec(setup.Placement);
        try
        {
            return new Trainer(setup, codec, checkpoint.Description.ReadVocabulary(), progress, checkpoint, carry);
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }

    /// <summary>One optimizer step. Throws <see cref="DivergedException"/> when roll-backs no longer help.</summary>
    public StepResult Step()
    {
        using var scope = NewDisposeScope();
        using var batch = queue.Take();
        if (batch.Step != StepNumber + 1)
            throw new InvalidOperationException($"got the batch of step {batch.Step}, expected {StepNumber + 1}");
        StepNumber = batch.Step;
        var rate = LearningRate.At(setup.Training, StepNumber);
        var (loss, norm, gradient) = Gradient(batch);
        var good = double.IsFinite(loss) && double.IsFinite(norm);
        system.EndStep(good);
        if (!good)
            return RollBack(rate);

        // These weights have just proved to be good.
        if (StepNumber % SnapshotSteps == 1)
            KeepSnapshot();
        if (AverageSnapshots.IsDue(setup.Training, StepNumber - 1))
            state.Averages.Take(state.Emas, state.EmaGammas, state.Updates);
        if (StepNumber >= setup.Training.ClipFrom)
            GradientClip.Apply(gradient, norm, setup.Training.GradientClip);
        state.Update(gradient, rate);
        rollbacksInARow = 0;
        return new StepResult(StepNumber, loss, norm, rate, false);
    }

    /// <summary>Writes a checkpoint: to a temporary name, flushed, renamed.</summary>
    public void Save(string path)
    {
        var description = CheckpointDescription.Of(setup, vocabulary, StepNumber, state.Updates, compute) with { OptimizerUpdates = state.Optimizer.Updates, StartStep = StartStep };
        Checkpoint.Write(path, description, system.Layout, state, codec, system.StepState);
    }

    /// <summary>
    /// A sampler over the current weights (<paramref name="ema"/> = 0: raw; else the EMA copy of the nearest width).
    /// It must be disposed before the next <see cref="Step"/>. <paramref name="emaWidth"/>: a width to reconstruct instead, 0 for none.
    /// </summary>
    public VideoSampler BorrowSampler(double ema, double emaWidth = 0)
    {
        if (emaWidth > 0)
        {
            var (made, said) = AverageMix.Make(state.Sources(), emaWidth, state.Updates, state.Parameters);
            return new VideoSampler(system, made, codec, compute, Size, said, ownsAll: false);
        }

        var (index, warning) = EmaChoice.Pick(setup.Training.Averages, ema);
        var flat = index < 0 ? state.Parameters : state.Emas[index];
        return new VideoSampler(system, flat.detach().DetachFromDisposeScope(), codec, compute, Size, warning, ownsAll: false);
    }

    /// <summary>The loss on fixed clips; the caller disposes it before this trainer.</summary>
    public ValidationLoss OpenValidation(int clips) => ValidationLoss.Of(setup, codec, system, clips);

    /// <summary>Its values for the present weights: raw for an <paramref name="ema"/> of 0, else the copy of the nearest width. Changes nothing.</summary>
    public IReadOnlyList<double> Validate(ValidationLoss loss, double ema)
    {
        var (index, _) = EmaChoice.Pick(setup.Training.Averages, ema);
        return loss.At(index < 0 ? state.Parameters : state.Emas[index], compute);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        queue.Dispose();
        latents?.Dispose();
        replicas.Dispose();
        snapshot.Dispose();
        state.Dispose();
        system.Dispose();
        codec.Dispose();
    }

    private static IReadOnlyList<Caption> RequireClasses(TrainerSetup setup)
    {
        if (VideoSystem.ReadsClasses(setup.Model) && setup.Dataset.Classes.Count == 0)
            throw new DatasetException(DatasetErrors.NoClasses, $"The dataset {setup.Dataset.Id} has no classes.", [setup.Dataset.Id]);
        return setup.Dataset.Classes;
    }

    /// <summary>Loss, norm and gradient of a whole batch, part after part if the run accumulates.</summary>
    private (double Loss, double Norm, Tensor Gradient) Gradient(TrainingBatch batch)
    {
        if (setup.Training.Accumulation == 1)
            return replicas.Run(state.Parameters, compute, batch);
        var parts = batch.Split(setup.Training.Accumulation);
        try
        {
            var (loss, sum) = (0.0, (Tensor?)null);
            foreach (var part in parts)
            {
                var (partLoss, _, gradient) = replicas.Run(state.Parameters, compute, part);
                loss += partLoss;
                if (sum is null)
                {
                    sum = gradient;
                    continue;
                }

                sum.add_(gradient, HeldScalar.One);
                gradient.Dispose();
            }

            return (loss, sum!.norm().ToDouble(), sum);
        }
        finally
        {
            if (parts.Count > 1)
                parts.ForEach(part => part.Dispose());
        }
    }

    private StepResult RollBack(double rate)
    {
        rollbacksInARow++;
        if (rollbacksInARow > MostRollbacks)
            throw new DivergedException(StepNumber, rollbacksInARow);
        snapshot.Restore(state);
        return new StepResult(StepNumber, double.NaN, double.NaN, rate, true);
    }

    private ScalarType ChooseCompute(BatchBuilder builder, IProgress<TrainerPhase>? progress)
    {
        switch (setup.Training.Precision)
        {
            case Precision.Fp32:
                return ScalarType.Float32;
            case Precision.Bf16:
                return ScalarType.BFloat16;
            default:
                if (setup.Placement.Device.type != DeviceType.CPU)
                    return setup.Placement.Compute;
                progress?.Report(new TrainerPhase("phase.calibrate", null));
                using (var batch = FirstClipBatch(builder))
                    return Calibrated(batch);
        }
    }

    private ScalarType Calibrated(TrainingBatch batch)
    {
        var chosen = Calibration.Choose(replicas, state.Parameters, batch);
        system.EndStep(good: false);
        return chosen;
    }

    /// <summary>A batch of clips rather than of images, which would say little about the run's cost.</summary>
    private static TrainingBatch FirstClipBatch(BatchBuilder builder)
    {
        for (var step = 1; ; step++)
        {
            var batch = builder.Build(step);
            if (batch.IsTypical || step == 20)
                return batch;
            batch.Dispose();
        }
    }
}
