using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>
/// Tables of a variance-preserving process over trained steps: x_t = √ᾱ_t x₀ + √(1 − ᾱ_t) n. β and ᾱ are rounded to float32, as
/// checkpoints of this family were trained with; everything derived from them is computed in double.
/// </summary>
internal sealed class NoiseSchedule
{
    public NoiseSchedule(NoiseScheduleOptions options)
    {
        Options = options;
        using var scope = NewDisposeScope();
        var betas = options.TrainedBetas is { } given ? tensor([.. given.Select(beta => (float)beta)]) : BetaTable(options);
        if (options.ZeroTerminalSnr)
            betas = WithoutTerminalSignal(betas);
        var cumulative = (1 - betas).cumprod(0);
        Betas = [.. betas.data<float>().Select(beta => (double)beta)];
        Cumulative = [.. cumulative.data<float>().Select(alpha => (double)alpha)];
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

    private static Tensor BetaTable(NoiseScheduleOptions options)
    {
        var count = options.TrainSteps;
        return options.Curve switch
        {
            BetaCurve.Linear => Even(options.BetaStart, options.BetaEnd, count),
            BetaCurve.ScaledLinear => Even(Math.Sqrt(options.BetaStart), Math.Sqrt(options.BetaEnd), count).square(),
            BetaCurve.SquaredCosine => FromCumulative(count, t => Math.Pow(Math.Cos((t + 0.008) / 1.008 * Math.PI / 2), 2)),
            BetaCurve.Exponential => FromCumulative(count, t => Math.Exp(-12 * t)),
            BetaCurve.Sigmoid => Even(-6, 6, count).sigmoid() * (options.BetaEnd - options.BetaStart) + options.BetaStart,
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Curve, "unknown curve"),
        };
    }

    /// <summary>
    /// Even float32 values, from both ends towards the middle in groups of eight as the libraries that trained the published checkpoints
    /// form them: the last bit of β decides about ᾱ where a schedule ends without signal.
    /// </summary>
    private static Tensor Even(double from, double to, int count)
    {
        const int Group = 8;
        var (start, end) = ((float)from, (float)to);
        var step = (end - start) / (count - 1);
        float At(int i) => i < count / 2 ? (float)(start + (double)step * i) : (float)(end - (double)step * (count - i - 1));
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            var first = i - i % Group;
            values[i] = first + Group <= count ? At(first) + step * (i - first) : At(i);
        }

        return tensor(values);
    }

    private static Tensor FromCumulative(int count, Func<double, double> cumulative) => tensor(
        [.. Enumerable.Range(0, count).Select(i => (float)Math.Min(1 - cumulative((i + 1.0) / count) / cumulative((double)i / count), 0.999))]);

    private static Tensor WithoutTerminalSignal(Tensor betas)
    {
        var root = (1 - betas).cumprod(0).sqrt();
        var (first, last) = (root[0], root[^1]);
        var bar = ((root - last) * (first / (first - last))).square();
        var alphas = cat([bar.narrow(0, 0, 1), bar.narrow(0, 1, bar.shape[0] - 1) / bar.narrow(0, 0, bar.shape[0] - 1)]);
        return 1 - alphas;
    }
}
