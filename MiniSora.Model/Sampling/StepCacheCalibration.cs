using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Sampling;

/// <summary>
/// Measures on a few full trajectories of a model how much what its blocks add changes when their modulated input changes: the
/// least-squares factor through the origin over all neighbouring evaluations. Network sizes differ in it several times, so no constant would do.
/// </summary>
internal sealed class StepCacheCalibration : IDisposable
{
    private Tensor? lastInput;
    private Tensor? lastResidual;
    private double products;
    private double squares;

    /// <summary>Pairs of neighbouring evaluations seen.</summary>
    public int Pairs { get; private set; }

    /// <summary>Expected relative change of what the blocks add per relative change of their input; throws before a pair was seen.</summary>
    public double Factor => Pairs > 0 && squares > 0 ? products / squares : throw new InvalidOperationException("no two neighbouring evaluations were seen");

    /// <summary>Forget the last evaluation: the next belongs to another trajectory.</summary>
    public void StartTrajectory()
    {
        lastInput?.Dispose();
        lastResidual?.Dispose();
        lastInput = lastResidual = null;
    }

    /// <summary>As <see cref="StepCache.Through"/>, always computing.</summary>
    public Tensor Through(Tensor x, Tensor indicator, Func<Tensor, Tensor> blocks)
    {
        using var scope = NewDisposeScope();
        var output = blocks(x);
        var residual = output.Minus(x);
        if (lastInput is not null && lastResidual is not null && lastInput.shape.SequenceEqual(indicator.shape))
        {
            var input = StepCache.RelativeChange(lastInput, indicator);
            products += input * StepCache.RelativeChange(lastResidual, residual);
            squares += input * input;
            Pairs++;
        }

        StartTrajectory();
        lastInput = indicator.clone().DetachFromDisposeScope();
        lastResidual = residual.DetachFromDisposeScope();
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => StartTrajectory();
}
