using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Objectives;

/// <summary>
/// Rectified flow (Liu et al. 2023, Esser et al. 2024) with t = 1 for noise: x_t = (1 − t) x + t n, velocity v = n − x.
/// </summary>
internal static class RectifiedFlow
{
    /// <summary>x_t for a time that broadcasts over <paramref name="data"/>.</summary>
    public static Tensor Mix(Tensor data, Tensor noise, Tensor time) => data.lerp(noise, time.expand_as(data));

    /// <summary>v = n − x.</summary>
    public static Tensor Velocity(Tensor data, Tensor noise) => noise.Minus(data);

    /// <summary>The velocity that predicted data means: v = (x_t − x) / t.</summary>
    public static Tensor VelocityFromData(Tensor mixed, Tensor data, double time)
    {
        using var scope = NewDisposeScope();
        using var scale = (1 / time).ToScalar();
        return mixed.Minus(data).mul(scale).MoveToOuterDisposeScope();
    }

    /// <summary>What a squared error of the prediction weighs at a time: in the velocity loss, but for <see cref="ObjectiveOptions.WeightFloor"/>.</summary>
    public static float ErrorWeight(ObjectiveOptions options, float time)
    {
        var floored = Math.Max(time, (float)options.WeightFloor);
        return options.Prediction == Prediction.Data ? 1 / (floored * floored) : 1;
    }

    /// <summary>The data that a velocity at (x_t, t) points to: x = x_t − t v.</summary>
    public static Tensor DataFromVelocity(Tensor mixed, Tensor velocity, double time)
    {
        using var scope = NewDisposeScope();
        using var factor = time.ToScalar();
        return mixed.Minus(velocity.mul(factor)).MoveToOuterDisposeScope();
    }

    /// <summary>The noise it comes from: n = x_t + (1 − t) v.</summary>
    public static Tensor NoiseFromVelocity(Tensor mixed, Tensor velocity, double time)
    {
        using var scope = NewDisposeScope();
        using var factor = (1 - time).ToScalar();
        return mixed.Plus(velocity.mul(factor)).MoveToOuterDisposeScope();
    }

    /// <summary>t' = s t / (1 + (s − 1) t): keeps 0 and 1, moves what lies between towards noise for s > 1.</summary>
    public static double Shift(double time, double shift) => shift * time / (1 + (shift - 1) * time);

    /// <summary>
    /// A time in (0, 1): sigmoid of a standard normal, or uniform for <see cref="ObjectiveOptions.UniformFraction"/> of the draws;
    /// then shifted.
    /// </summary>
    public static float DrawTime(ref SplitMix64 random, ObjectiveOptions options)
    {
        var uniform = random.NextDouble() < options.UniformFraction || options.TimeSampling == TimeSampling.Uniform;
        var u = Math.Max(random.NextDouble(), 1e-12);
        var angle = random.NextDouble();
        if (uniform)
            return (float)Shift(Math.Clamp(u, 1e-4, 1 - 1e-4), options.TimeShift);
        var normal = Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * angle);
        return (float)Shift(1 / (1 + Math.Exp(-normal)), options.TimeShift);
    }
}
