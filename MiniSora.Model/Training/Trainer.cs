using MiniSora.Model.Sampling;

namespace MiniSora.Model.Training;

/// <summary>
/// One training run: prepares codec, vocabulary and network, then takes optimizer steps. Not thread-safe, and all its
/// calls belong on one thread (grad mode and dispose scopes are per thread).
/// </summary>
public sealed class Trainer : IDisposable
{
    /// <summary>A new run.</summary>
    public static Trainer Create(TrainerSetup setup, IProgress<TrainerPhase>? progress, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>
    /// Goes on from a checkpoint, bit-exactly on the same machine with the same number of threads.
    /// Throws <see cref="CheckpointException"/> when it does not belong to this setup.
    /// </summary>
    public static Trainer Resume(string checkpointPath, TrainerSetup setup, IProgress<TrainerPhase>? progress, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Steps taken so far.</summary>
    public long StepNumber => throw new NotImplementedException();

    /// <summary>Arithmetic in use: <c>fp32</c> or <c>bf16</c>.</summary>
    public string PrecisionName => throw new NotImplementedException();

    /// <summary>Trainable numbers.</summary>
    public long ParameterCount => throw new NotImplementedException();

    /// <summary>One optimizer step. Throws <see cref="DivergedException"/> when roll-backs no longer help.</summary>
    public StepResult Step() => throw new NotImplementedException();

    /// <summary>Writes a checkpoint: to a temporary name, flushed, renamed.</summary>
    public void Save(string path) => throw new NotImplementedException();

    /// <summary>
    /// A sampler over the current weights (<paramref name="ema"/> = 0: raw; else the EMA copy of that width).
    /// It must be disposed before the next <see cref="Step"/>.
    /// </summary>
    public VideoSampler BorrowSampler(double ema) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}
