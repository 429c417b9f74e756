using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>
/// One exponential-integrator step of DPM-Solver from a base level to a target: the linear part exactly, the predicted quantity as
/// a Taylor polynomial in λ with derivatives D1, D2. Multistep and singlestep variants differ only in where the derivatives come from.
/// </summary>
internal static class DpmStep
{
    /// <summary>
    /// From <paramref name="x"/> at <paramref name="from"/> with value <paramref name="d0"/> there; the derivatives are scaled by h and h².
    /// With <paramref name="exactFirst"/> D1 enters by its exact integral, otherwise by half the coefficient of D0.
    /// </summary>
    public static Tensor Take(
        DpmAlgorithm algorithm, NoiseLevel from, NoiseLevel to, Tensor x, Tensor d0, Tensor? d1, bool exactFirst, Tensor? d2, Tensor? noise)
    {
        var h = to.Lambda - from.Lambda;
        var (state, value, first, second, noiseScale) = algorithm switch
        {
            DpmAlgorithm.Data => (
                to.Sigma / from.Sigma,
                -to.Alpha * (Math.Exp(-h) - 1),
                to.Alpha * ((Math.Exp(-h) - 1) / h + 1),
                -to.Alpha * ((Math.Exp(-h) - 1 + h) / (h * h) - 0.5),
                0.0),
            DpmAlgorithm.Noise => (
                to.Alpha / from.Alpha,
                -to.Sigma * (Math.Exp(h) - 1),
                -to.Sigma * ((Math.Exp(h) - 1) / h - 1),
                -to.Sigma * ((Math.Exp(h) - 1 - h) / (h * h) - 0.5),
                0.0),
            DpmAlgorithm.DataSde => (
                to.Sigma / from.Sigma * Math.Exp(-h),
                to.Alpha * (1 - Math.Exp(-2 * h)),
                to.Alpha * ((1 - Math.Exp(-2 * h)) / (-2 * h) + 1),
                to.Alpha * ((1 - Math.Exp(-2 * h) - 2 * h) / (4 * h * h) + 0.5),
                to.Sigma * Math.Sqrt(1 - Math.Exp(-2 * h))),
            DpmAlgorithm.NoiseSde => (
                to.Alpha / from.Alpha,
                -2 * to.Sigma * (Math.Exp(h) - 1),
                -2 * to.Sigma * ((Math.Exp(h) - 1) / h - 1),
                double.NaN,
                to.Sigma * Math.Sqrt(Math.Exp(2 * h) - 1)),
            _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "unknown algorithm"),
        };
        if (d2 is not null && algorithm == DpmAlgorithm.NoiseSde)
            throw new NotSupportedException("DPM-Solver of third order has no form for the SDE on predicted noise");
        List<(double, Tensor)> terms = [(state, x), (value, d0)];
        if (d1 is not null)
            terms.Add((exactFirst ? first : 0.5 * value, d1));
        if (d2 is not null)
            terms.Add((second, d2));
        if (noise is not null)
            terms.Add((noiseScale, noise));
        return LinearCombination.Of([.. terms]);
    }

    /// <summary>The quantity the solver integrates: data or noise, kept in range.</summary>
    public static Tensor Integrand(DpmOptions options, NoiseLevel level, Tensor prediction, Tensor x)
    {
        using var scope = NewDisposeScope();
        var mean = LearnedVariance.Split(prediction, x).Mean;
        if (options.UsesData)
            return options.Limit.Apply(level.ToData(options.Output, mean, x)).MoveToOuterDisposeScope();
        var noise = level.ToNoise(options.Output, mean, x);
        if (options.Limit.Quantile is null)
            return noise.MoveToOuterDisposeScope();
        return level.NoiseOf(options.Limit.Apply(level.ToData(NetworkOutput.Epsilon, noise, x)), x).MoveToOuterDisposeScope();
    }
}
