using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Paths;

/// <summary>
/// Training loss, probability-flow drift and score of a network on an interpolant path, with SiT's conventions: noise at t = 0, data at t = 1,
/// and the network is told t itself.
/// </summary>
internal sealed class Transport(TransportOptions options)
{
    /// <summary>What it was made of.</summary>
    public TransportOptions Options { get; } = options;

    /// <summary>The interpolant.</summary>
    public InterpolantPath Path { get; } = InterpolantPath.Of(options.Path);

    /// <summary>Times of training.</summary>
    public (double From, double To) TrainingInterval => Interval(Options.Margin(sampling: false), sde: false, DiffusionForm.ScoreBased, 0);

    /// <summary>Times of an ODE, in the direction of integration: to data, or <paramref name="reverse"/>d to noise.</summary>
    public (double From, double To) OdeInterval(bool reverse) => Reversed(Interval(Options.Margin(sampling: true), sde: false, DiffusionForm.ScoreBased, 0), reverse);

    /// <summary>Times of an SDE, which leaves <paramref name="lastStep"/> of time to a last step of another kind.</summary>
    public (double From, double To) SdeInterval(DiffusionForm form, double lastStep) => Interval(Options.Margin(sampling: true), sde: true, form, lastStep);

    /// <summary>Either interval by SiT's own switches.</summary>
    public (double From, double To) Interval(bool sampling, bool sde, bool reverse, DiffusionForm form, double lastStep) =>
        Reversed(Interval(Options.Margin(sampling), sde, form, lastStep), reverse);

    /// <summary>Training times [B] of uniform numbers in [0, 1).</summary>
    public Tensor Times(Tensor uniform)
    {
        using var scope = NewDisposeScope();
        var (from, to) = TrainingInterval;
        return uniform.mul(HeldScalar.Of(to - from)).add(HeldScalar.Of(from), HeldScalar.One).MoveToOuterDisposeScope();
    }

    /// <summary>Loss per sample, [B], of data [B, …] mixed with noise at t [B]. <paramref name="cellWeight"/> broadcasts over the data; null: all counts alike.</summary>
    public Tensor Loss(Predict predict, Tensor data, Tensor noise, Tensor t, Tensor? cellWeight = null)
    {
        using var scope = NewDisposeScope();
        using var state = Path.Mix(data, noise, t);
        return Loss(predict(state, t), data, noise, state, t, cellWeight).MoveToOuterDisposeScope();
    }

    /// <summary>Loss per sample, [B], of an output at x_t that is already there.</summary>
    public Tensor Loss(Tensor output, Tensor data, Tensor noise, Tensor state, Tensor t, Tensor? cellWeight = null)
    {
        using var scope = NewDisposeScope();
        if (Options.Prediction == PathPrediction.Velocity)
            return PerSample(output.Minus(Path.Velocity(data, noise, t)), cellWeight).MoveToOuterDisposeScope();
        var sigma = Path.Sigma(InterpolantPath.Column(t, state));
        var error = Options.Prediction == PathPrediction.Noise ? output.Minus(noise) : (output * sigma).Plus(noise);
        var weight = Options.Weight switch
        {
            PathWeight.None => null,
            PathWeight.Velocity => (Path.Drift(state, t).Variance / sigma).square(),
            PathWeight.Likelihood => Path.Drift(state, t).Variance / sigma.square(),
            _ => throw new InvalidOperationException($"unknown weight {Options.Weight}"),
        };
        return PerSample(error, weight is null || cellWeight is null ? weight ?? cellWeight : weight * cellWeight).MoveToOuterDisposeScope();
    }

    /// <summary>The velocity of the probability-flow ODE that an output at (x, t [B]) means.</summary>
    public Tensor Drift(Tensor output, Tensor x, Tensor t)
    {
        using var scope = NewDisposeScope();
        return (Options.Prediction switch
        {
            PathPrediction.Velocity => output.alias(),
            PathPrediction.Noise => Path.VelocityFromScore(Path.ScoreFromNoise(output, x, t), x, t),
            PathPrediction.Score => Path.VelocityFromScore(output, x, t),
            _ => throw new InvalidOperationException($"unknown prediction {Options.Prediction}"),
        }).MoveToOuterDisposeScope();
    }

    /// <summary>∇ log p_t(x) that an output at (x, t [B]) means.</summary>
    public Tensor Score(Tensor output, Tensor x, Tensor t)
    {
        using var scope = NewDisposeScope();
        return (Options.Prediction switch
        {
            PathPrediction.Velocity => Path.ScoreFromVelocity(output, x, t),
            PathPrediction.Noise => Path.ScoreFromNoise(output, x, t),
            PathPrediction.Score => output.alias(),
            _ => throw new InvalidOperationException($"unknown prediction {Options.Prediction}"),
        }).MoveToOuterDisposeScope();
    }

    private static (double From, double To) Reversed((double From, double To) interval, bool reverse) =>
        reverse ? (1 - interval.From, 1 - interval.To) : interval;

    private static Tensor PerSample(Tensor error, Tensor? weight = null)
    {
        var squared = error * error;
        return (weight is null ? squared : weight * squared).flatten(1).mean([1L]);
    }

    /// <summary>SiT's check_interval: VP has no noise-free end, the others no signal at t = 0 and no noise at t = 1.</summary>
    private (double From, double To) Interval(double margin, bool sde, DiffusionForm form, double lastStep)
    {
        var velocity = Options.Prediction == PathPrediction.Velocity;
        var end = sde && lastStep != 0 ? 1 - lastStep : 1 - margin;
        if (Options.Path == PathKind.Vp)
            return (0, end);
        if (velocity && !sde)
            return (0, 1);
        return (!velocity || form == DiffusionForm.ScoreBased ? margin : 0, end);
    }
}
