using MiniSora.Model.Sampling;

namespace MiniSora.Model.Training;

/// <summary>What a training run works with: takes steps, writes checkpoints, lends samplers. All calls belong on one thread.</summary>
public interface ITrainer : IDisposable
{
    /// <summary>Steps taken so far.</summary>
    long StepNumber { get; }

    /// <summary>The step at which this run began: 0, unless it took over everything of another run's checkpoint.</summary>
    long StartStep { get; }

    /// <summary>Arithmetic in use: <c>fp32</c> or <c>bf16</c>.</summary>
    string PrecisionName { get; }

    /// <summary>Trainable numbers.</summary>
    long ParameterCount { get; }

    /// <summary>Whether a sample would show anything yet.</summary>
    bool CanSample { get; }

    /// <summary>One optimizer step. Throws <see cref="DivergedException"/>.</summary>
    StepResult Step();

    /// <summary>Writes a checkpoint: to a temporary name, flushed, renamed.</summary>
    void Save(string path);

    /// <summary>A sampler over the current weights, or the averaged copy nearest to <paramref name="ema"/>; dispose it before the next step.</summary>
    VideoSampler BorrowSampler(double ema, double emaWidth = 0);
}

/// <summary>The trainer that a setup needs.</summary>
public static class Trainers
{
    /// <summary>A new run.</summary>
    public static ITrainer Create(TrainerSetup setup, IProgress<TrainerPhase>? progress, CancellationToken cancellationToken) =>
        setup.Model.Network == Backbones.NetworkKind.Cascade ? Cascade.CascadeTrainer.Create(setup, progress, cancellationToken) : Trainer.Create(setup, progress, cancellationToken);

    /// <summary>Goes on from a checkpoint; see <see cref="Trainer.Resume"/>.</summary>
    public static ITrainer Resume(string checkpointPath, TrainerSetup setup, IProgress<TrainerPhase>? progress, CancellationToken cancellationToken) =>
        setup.Model.Network == Backbones.NetworkKind.Cascade ? Cascade.CascadeTrainer.Resume(checkpointPath, setup, progress) : Trainer.Resume(checkpointPath, setup, progress, cancellationToken);

    /// <summary>A new run from the checkpoint of another one; see <see cref="Trainer.Fork"/>.</summary>
    public static ITrainer Fork(string checkpointPath, Carry carry, TrainerSetup setup, IProgress<TrainerPhase>? progress, CancellationToken cancellationToken) =>
        setup.Model.Network == Backbones.NetworkKind.Cascade
            ? Cascade.CascadeTrainer.Fork(checkpointPath, carry, setup, progress)
            : Trainer.Fork(checkpointPath, carry, setup, progress, cancellationToken);
}
