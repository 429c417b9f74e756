using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>
/// Tables of a variance-preserving process over trained steps: x_t = √ᾱ_t x₀ + √(1 − ᾱ_t) n. β and ᾱ are rounded to float32, as
/// checkpoints of this family were trained with; everything derived from them is computed in double. The float32 numbers are formed one by one, in
/// the order in which the published trainers round: the same on every machine.
/// </summary>
internal sealed class NoiseSchedule
{
    public NoiseSchedule(NoiseScheduleOptions options)
    {
        Options = options;
        float[] betas = options.TrainedBetas is { } given ? [.. given.Select(beta => (float)beta)] : BetaTable(options);
        if (options.ZeroTerminalSnr)
            betas = WithoutTerminalSignal(betas);
        Betas = [.. betas.Select(beta => (double)beta)];
        Cumulative = [.. Remaining(betas).Select(alpha => (double)alpha)];
        Sigmas = [.. Cumulative.Select((_, step) => Ratio(step))];
    }

    /// <summary>What it was made from.</summary>
    public NoiseScheduleOptions Options { get; }

    /// <summary>Trained steps, N.</summary>
    public int TrainSteps => Betas.Count;

    /// <summary>β per step.</summary>
    public IReadOnlyList<double> Betas { get; }

    /// <summary>ᾱ per step: the product of 1 − β up to it.</summary>
    public IReadOnlyList<double> Cumulative { get; }

    /// <summary>√((1 − ᾱ)/ᾱ) per step, the noise level of the variance-exploding form; finite also where ᾱ is 0 (2⁻²⁴ stands in).</summary>
    public IReadOnlyList<double> Sigmas { get; }

    /// <summary>√ᾱ and √(1 − ᾱ) of a step.</summary>
    public NoiseLevel At(int step) => NoiseLevel.FromCumulative(Cumulative[step]);

    /// <summary>√ᾱ_t x + √(1 − ᾱ_t) noise for x, noise [B, …] and whole steps t [B].</summary>
    public Tensor AddNoise(Tensor x, Tensor noise, Tensor t)
    {
        using var scope = NewDisposeScope();
        var (alpha, sigma) = Coefficients(x, t);
        return alpha.mul(x).Plus(sigma.mul(noise)).MoveToOuterDisposeScope();
    }

    /// <summary>The target √ᾱ_t noise − √(1 − ᾱ_t) x of v-prediction (Salimans and Ho 2022).</summary>
    public Tensor Velocity(Tensor x, Tensor noise, Tensor t)
    {
        using var scope = NewDisposeScope();
        var (alpha, sigma) = Coefficients(x, t);
        return alpha.mul(noise).Minus(sigma.mul(x)).MoveToOuterDisposeScope();
    }

    private (Tensor Alpha, Tensor Sigma) Coefficients(Tensor x, Tensor t)
    {
        var levels = t.cpu().to_type(ScalarType.Int64).data<long>().Select(step => At((int)step)).ToArray();
        Tensor Column(IEnumerable<double> values) =>
            tensor(values.ToArray(), [levels.Length, .. Enumerable.Repeat(1L, (int)x.dim() - 1)], dtype: x.dtype, device: x.device);
        return (Column(levels.Select(level => level.Alpha)), Column(levels.Select(level => level.Sigma)));
    }

    /// <summary>In float32 like the tables it is taken from, since it becomes one itself.</summary>
    private double Ratio(int step)
    {
        var cumulative = (float)Cumulative[step];
        if (Options.ZeroTerminalSnr && step == TrainSteps - 1)
            cumulative = 1f / (1 << 24);
        return MathF.Sqrt((1 - cumulative) / cumulative);
    }

    private static float[] BetaTable(NoiseScheduleOptions options)
    {
        var count = options.TrainSteps;
        return options.Curve switch
        {
            BetaCurve.Linear => Even(options.BetaStart, options.BetaEnd, count, beta => beta),
            BetaCurve.ScaledLinear => Even(Math.Sqrt(options.BetaStart), Math.Sqrt(options.BetaEnd), count, root => root * root),
            BetaCurve.SquaredCosine => FromCumulative(count, t => Math.Pow(Math.Cos((t + 0.008) / 1.008 * Math.PI / 2), 2)),
            BetaCurve.Exponential => FromCumulative(count, t => Math.Exp(-12 * t)),
            BetaCurve.Sigmoid => Even(-6, 6, count, x => 1 / (1 + MathF.Exp(-x)) * (float)(options.BetaEnd - options.BetaStart) + (float)options.BetaStart),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Curve, "unknown curve"),
        };
    }

    /// <summary>
    /// A function of even float32 values, formed from both ends towards the middle in pairs of groups of eight, and singly after the last pair, as the
    /// libraries that trained the published checkpoints form them: the last bit of β decides about ᾱ where a schedule ends without signal.
    /// </summary>
    private static float[] Even(double from, double to, int count, Func<float, float> of)
    {
        const int Group = 8;
        var (start, end) = ((float)from, (float)to);
        var step = (end - start) / (count - 1);
        float At(int i) => i < count / 2 ? (float)(start + (double)step * i) : (float)(end - (double)step * (count - i - 1));
        var grouped = count - count % (2 * Group);
        return [.. Enumerable.Range(0, count).Select(i => of(i < grouped ? At(i - i % Group) + step * (i % Group) : At(i)))];
    }

    private static float[] FromCumulative(int count, Func<double, double> cumulative) =>
        [.. Enumerable.Range(0, count).Select(i => (float)Math.Min(1 - cumulative((i + 1.0) / count) / cumulative((double)i / count), 0.999))];

    /// <summary>Products of 1 − β up to each step: multiplied in double, each rounded.</summary>
    private static float[] Remaining(float[] betas)
    {
        var product = 1.0;
        return [.. betas.Select(beta => (float)(product *= 1 - beta))];
    }

    private static float[] WithoutTerminalSignal(float[] betas)
    {
        float[] roots = [.. Remaining(betas).Select(MathF.Sqrt)];
        var (first, last) = (roots[0], roots[^1]);
        var scale = first / (first - last);
        float[] bar = [.. roots.Select(root => (root - last) * scale).Select(root => root * root)];
        return [.. bar.Select((value, step) => 1 - (step == 0 ? value : value / bar[step - 1]))];
    }
}
