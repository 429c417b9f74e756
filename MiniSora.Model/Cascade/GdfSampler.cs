using MiniSora.Model.Layers;
using MiniSora.Model.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>How a step goes from one noise level to the next (gdf/samplers.py).</summary>
internal enum GdfStepper
{
    /// <summary>With <see cref="GdfSampling.Eta"/> 1 unless said otherwise.</summary>
    Ddpm,

    /// <summary>With <see cref="GdfSampling.Eta"/> 0 unless said otherwise.</summary>
    Ddim,

    /// <summary>The predicted image under fresh noise (Luo et al. 2023).</summary>
    Lcm,
}

/// <summary>Strength of classifier-free guidance, linear in t: <paramref name="AtNoise"/> at t = 1, <paramref name="AtImage"/> at t = 0.</summary>
internal readonly record struct GuidanceRamp(double AtNoise, double AtImage)
{
    /// <summary>The same throughout.</summary>
    public static GuidanceRamp Constant(double value) => new(value, value);
}

/// <summary>Settings of one sampling.</summary>
internal sealed record GdfSampling
{
    /// <summary>Calls of the network (two each under guidance). Default 20.</summary>
    public int Steps { get; init; } = 20;

    /// <summary>Kind of step.</summary>
    public GdfStepper Stepper { get; init; } = GdfStepper.Ddpm;

    /// <summary>Share of fresh noise; null: the stepper's own.</summary>
    public double? Eta { get; init; }

    /// <summary>Guidance; null: none.</summary>
    public GuidanceRamp? Guidance { get; init; } = GuidanceRamp.Constant(3);

    /// <summary>No guidance above this t.</summary>
    public double? GuidanceFrom { get; init; }

    /// <summary>No guidance below this t.</summary>
    public double? GuidanceUntil { get; init; }

    /// <summary>How far the guided answer's deviation is brought back to the conditional one's (Lin et al. 2023): 0 not, 1 wholly.</summary>
    public double Rescale { get; init; } = 0.7;

    /// <summary>Deviations of each sample apart rather than of the batch as the original has it: a sample then does not depend on its neighbours.</summary>
    public bool RescaleEach { get; init; }

    /// <summary>See <see cref="LogSnrSchedule.At"/>.</summary>
    public double Shift { get; init; } = 1;

    /// <summary>Where to start: 1 from noise, less from a noised image.</summary>
    public double Start { get; init; } = 1;

    /// <summary>Where to end.</summary>
    public double End { get; init; }
}

/// <summary>The network as samplers see it: noised batch, what it is told of the noise [B], and whether with its condition.</summary>
internal delegate Tensor Denoiser(Tensor noised, Tensor level, bool conditional);

/// <summary>Sampling by a <see cref="Gdf"/>.</summary>
internal static class GdfSampler
{
    /// <summary>
    /// From <paramref name="start"/> [B, …] (noise, or an image noised to t = <see cref="GdfSampling.Start"/>) to the end of the schedule; the result belongs to
    /// the current scope. <paramref name="noise"/> gives the fresh noise of a step. <paramref name="observe"/> sees after each step the predicted image,
    /// the new state and the (guided) answer, which are freed when it returns; <paramref name="watch"/> is told of every step.
    /// </summary>
    public static Tensor Run(
        Gdf gdf, Denoiser denoiser, Tensor start, GdfSampling sampling, Func<int, Tensor> noise, Action<int, Tensor, Tensor, Tensor>? observe = null, StepWatch? watch = null,
        CancellationToken cancellation = default)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var batch = (int)start.shape[0];
        var times = TimeGrid.Linear((float)sampling.Start, (float)sampling.End, sampling.Steps + 1);
        var levels = times.Select(t => gdf.Schedule.At(t, sampling.Shift)).ToArray();
        var x = start.alias();
        for (var step = 0; step < sampling.Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var level = tensor([.. Enumerable.Repeat(gdf.Condition.At(levels[step]), batch)], device: start.device);
            var answer = Answer(denoiser, x, level, sampling, times[step]);
            var (image, epsilon) = gdf.Undiffuse(x, [.. Enumerable.Repeat(levels[step], batch)], answer);
            watch?.Invoke(step + 1, sampling.Steps, gdf.Level(levels[step]).Share, image.alias);
            var next = Step(gdf.Scaler, sampling, image, epsilon, levels[step], levels[step + 1], () => noise(step));
            observe?.Invoke(step, image, next, answer);
            x.Dispose();
            x = next.MoveToOuterDisposeScope();
        }

        return x.MoveToOuterDisposeScope();
    }

    private static Tensor Answer(Denoiser denoiser, Tensor x, Tensor level, GdfSampling sampling, float t)
    {
        var conditional = denoiser(x, level, true);
        if (sampling.Guidance is not var (atNoise, atImage) || t < sampling.GuidanceUntil || t > sampling.GuidanceFrom)
            return conditional;
        // One less than the strength is what is added to the conditional answer.
        using var more = (atNoise * t + atImage * (1 - t) - 1).ToScalar();
        var guided = conditional.add(conditional.Minus(denoiser(x, level, false)), more);
        if (sampling.Rescale <= 0)
            return guided;
        Tensor Deviation(Tensor value) => sampling.RescaleEach
            ? value.flatten(1).std(1, unbiased: true).view([value.shape[0], .. Enumerable.Repeat(1L, (int)value.dim() - 1)])
            : value.std();
        var rescaled = guided * Deviation(conditional) / Deviation(guided).add(HeldScalar.Of(1e-9), HeldScalar.One);
        return rescaled.mul(HeldScalar.Of(sampling.Rescale)).Plus(guided.mul(HeldScalar.Of(1 - sampling.Rescale)));
    }

    private static Tensor Step(SignalScaler scaler, GdfSampling sampling, Tensor image, Tensor epsilon, float logSnr, float next, Func<Tensor> noise)
    {
        var (a, b) = scaler.At(logSnr);
        var (aNext, bNext) = scaler.At(next);
        if (sampling.Stepper == GdfStepper.Lcm)
            return Times(image, aNext).Plus(Times(noise(), bNext));
        var eta = (float)(sampling.Eta ?? (sampling.Stepper == GdfStepper.Ddpm ? 1 : 0));
        var fresh = eta > 0 ? eta * MathF.Sqrt(bNext * bNext / (b * b)) * MathF.Sqrt(Math.Max(0, 1 - a * a / (aNext * aNext))) : 0;
        var kept = Times(image, aNext).Plus(Times(epsilon, MathF.Sqrt(bNext * bNext - fresh * fresh)));
        return fresh > 0 ? kept.Plus(Times(noise(), fresh)) : kept;
    }

    private static Tensor Times(Tensor x, float factor)
    {
        using var scalar = ((double)factor).ToScalar();
        return x.mul(scalar);
    }
}
