using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Sampling;

/// <summary>
/// Skips the transformer blocks in sampling steps where they would add nearly the same as before (TeaCache, Liu et al. 2024): the modulated
/// input of the first block says how much changes; as long as the expected change of what the blocks add, summed since they last ran, stays below a
/// threshold, what they added then is added again. One cache per trajectory. Prompt and null caption share a batch and so a decision.
/// Deviation: the published polynomial per model is a factor measured on the model itself (<see cref="StepCacheCalibration"/>).
/// </summary>
internal sealed class StepCache : IDisposable
{
    private readonly double threshold;
    private readonly double factor;
    private readonly int evaluations;
    private Tensor? lastInput;
    private Tensor? residual;
    private double owed;
    private int seen;

    /// <summary>
    /// <paramref name="threshold"/>: largest accepted relative change of what the blocks add, summed over skipped evaluations; 0 never skips.
    /// <paramref name="factor"/>: from <see cref="StepCacheCalibration.Factor"/>. The first and the last of <paramref name="evaluations"/> are always computed.
    /// </summary>
    public StepCache(double threshold, double factor, int evaluations)
    {
        if (threshold < 0 || factor < 0)
            throw new ArgumentOutOfRangeException(nameof(threshold), $"threshold and factor must not be negative, were {threshold} and {factor}");
        this.threshold = threshold;
        this.factor = factor;
        this.evaluations = evaluations;
    }

    /// <summary>Evaluations in which the blocks ran.</summary>
    public int Computed { get; private set; }

    /// <summary>Evaluations that were answered from the cache.</summary>
    public int Skipped => seen - Computed;

    /// <summary>
    /// Output of the blocks for tokens x [B, G, S, D]: <paramref name="blocks"/>(x), or x and what they last added. <paramref name="indicator"/> is the
    /// modulated input of the first block, like x. Belongs to the current dispose scope. Only without gradients.
    /// </summary>
    public Tensor Through(Tensor x, Tensor indicator, Func<Tensor, Tensor> blocks)
    {
        using var scope = NewDisposeScope();
        seen++;
        // Guidance starts and stops within a trajectory, and with it the batch changes.
        var comparable = lastInput is not null && residual is not null && lastInput.shape.SequenceEqual(indicator.shape);
        if (comparable)
            owed += factor * RelativeChange(lastInput!, indicator);
        Keep(ref lastInput, indicator);
        if (comparable && seen > 1 && seen < evaluations && owed < threshold)
            return x.Plus(residual!).MoveToOuterDisposeScope();

        owed = 0;
        Computed++;
        var output = blocks(x);
        Keep(ref residual, output.Minus(x));
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lastInput?.Dispose();
        residual?.Dispose();
    }

    /// <summary>Σ|b − a| / Σ|a|.</summary>
    internal static double RelativeChange(Tensor from, Tensor to)
    {
        using var scope = NewDisposeScope();
        var before = from.abs().sum(ScalarType.Float64).item<double>();
        return before == 0 ? double.PositiveInfinity : to.Minus(from).abs().sum(ScalarType.Float64).item<double>() / before;
    }

    private static void Keep(ref Tensor? place, Tensor value)
    {
        place?.Dispose();
        place = value.clone().DetachFromDisposeScope();
    }
}
