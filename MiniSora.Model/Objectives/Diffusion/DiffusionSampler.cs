using MiniSora.Model.Layers;
using MiniSora.Model.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Objectives;

/// <summary>How one step follows another.</summary>
internal enum ReverseKind
{
    /// <summary>Ancestral: a draw from p(x_(t−1) | x_t) (Ho et al. 2020, algorithm 2).</summary>
    Ddpm,

    /// <summary>DDIM (Song et al. 2021, eq. 12); with η = 1 as noisy as DDPM, with 0 without noise.</summary>
    Ddim,

    /// <summary>DDIM with η = 0 the other way, from data to noise.</summary>
    DdimInverse,
}

/// <summary>How to sample.</summary>
/// <param name="Kind">The rule of a step.</param>
/// <param name="Denoising">Treatment of the predicted data.</param>
/// <param name="Eta">Noise of DDIM, in [0, 1].</param>
internal sealed record ReverseOptions(ReverseKind Kind, Denoising Denoising, double Eta = 0);

/// <summary>One step's results.</summary>
/// <param name="State">The next state.</param>
/// <param name="Data">The data it was heading for.</param>
internal sealed record ReverseStep(Tensor State, Tensor Data);

/// <summary>
/// Samples a <see cref="GaussianDiffusion"/>, one step or all. A guide is the gradient of log p(condition | x_t) and gets the same times as
/// the network (Dhariwal and Nichol 2021): in DDPM it moves the mean by the variance (algorithm 1), in DDIM the noise (algorithm 2).
/// </summary>
internal sealed class DiffusionSampler(GaussianDiffusion diffusion, ReverseOptions options)
{
    /// <summary>One step from x at t [B] (this process's times). DDPM draws noise also at t = 0, where it is not used.</summary>
    public ReverseStep Step(Predict predict, Tensor x, Tensor t, NoiseDraw draw, Predict? guide = null)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var reverse = diffusion.Reverse(predict, x, t, options.Denoising);
        var (state, data) = options.Kind == ReverseKind.Ddpm
            ? (Ancestral(reverse, x, t, draw, guide), reverse.Data)
            : Implicit(reverse, x, t, draw, guide);
        scope.MoveToOuter(state, data);
        return new ReverseStep(state, data);
    }

    /// <summary>
    /// All steps from <paramref name="start"/> [B, …], which the caller keeps; the caller owns the result. After each step
    /// <paramref name="seen"/> gets its number from 0 and its results, which are freed when it returns; <paramref name="watch"/> is told the data that it was heading for.
    /// </summary>
    public Tensor Run(Predict predict, Tensor start, NoiseDraw draw, Predict? guide = null, Action<int, ReverseStep>? seen = null, StepWatch? watch = null)
    {
        using var _ = no_grad();
        var x = start.clone();
        for (var i = 0; i < diffusion.Steps; i++)
        {
            using var scope = NewDisposeScope();
            var at = options.Kind == ReverseKind.DdimInverse ? i : diffusion.Steps - 1 - i;
            using var time = ((long)at).ToScalar();
            var t = full([x.shape[0]], time, ScalarType.Int64, x.device);
            var step = Step(predict, x, t, draw, guide);
            seen?.Invoke(i, step);
            watch?.Invoke(i + 1, diffusion.Steps, diffusion.Level(at).Share, step.Data.alias);
            x.Dispose();
            x = step.State.MoveToOuterDisposeScope();
        }

        return x;
    }

    private Tensor Ancestral(ReverseDistribution reverse, Tensor x, Tensor t, NoiseDraw draw, Predict? guide)
    {
        var mean = reverse.Mean;
        if (guide is not null)
            mean = mean.Plus(reverse.Variance * diffusion.InOriginalTime(guide)(x, t));
        var deviation = reverse.LogVariance.mul(HeldScalar.Of(0.5)).exp();
        return mean.Plus(deviation * draw(x) * Noisy(x, t));
    }

    private (Tensor State, Tensor Data) Implicit(ReverseDistribution reverse, Tensor x, Tensor t, NoiseDraw draw, Predict? guide)
    {
        var tables = diffusion.Tables;
        var data = reverse.Data;
        var noise = diffusion.NoiseFromData(x, t, data);
        if (guide is not null)
        {
            noise = noise.Minus(tables.SqrtOneMinusAlphaBar.At(t, x) * diffusion.InOriginalTime(guide)(x, t));
            data = diffusion.DataFromNoise(x, t, noise);
        }

        if (options.Kind == ReverseKind.DdimInverse)
        {
            var next = tables.AlphaBarNext.At(t, x);
            return ((data * next.sqrt()).Plus(next.neg().PlusOne().sqrt() * noise), data);
        }

        var alphaBar = tables.AlphaBar.At(t, x);
        var previous = tables.AlphaBarPrevious.At(t, x);
        var left = previous.neg().PlusOne();
        if (options.Eta == 0)
            return ((data * previous.sqrt()).Plus(left.sqrt() * noise), data);
        var sigma = ((left / alphaBar.neg().PlusOne()).sqrt() * (alphaBar / previous).neg().PlusOne().sqrt()).mul(HeldScalar.Of(options.Eta));
        var mean = (data * previous.sqrt()).Plus(left.Minus(sigma * sigma).sqrt() * noise);
        return (mean.Plus(sigma * draw(x) * Noisy(x, t)), data);
    }

    /// <summary>0 where t = 0, else 1, [B, 1, …].</summary>
    private static Tensor Noisy(Tensor x, Tensor t)
    {
        var shape = Enumerable.Repeat(1L, (int)x.dim()).ToArray();
        shape[0] = t.shape[0];
        return t.to(x.device).ne(HeldScalar.Of(0)).to_type(x.dtype).view(shape);
    }
}
