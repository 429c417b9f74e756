using MiniSora.Model.Layers;
using MiniSora.Model.Solvers.Discrete;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Objectives;

/// <summary>Distribution of the state one step before, and the data it points to; all of x's shape.</summary>
internal sealed record ReverseDistribution(Tensor Mean, Tensor Variance, Tensor LogVariance, Tensor Data);

/// <summary>How predicted data is treated before it is used.</summary>
/// <param name="Clip">Clamp to [−1, 1]; for pixels, not for latents.</param>
/// <param name="Process">Applied before clamping.</param>
internal sealed record Denoising(bool Clip, Func<Tensor, Tensor>? Process = null);

/// <summary>
/// A discrete diffusion process and what its network's output means (Ho et al. 2020; Nichol and Dhariwal 2021), with the arithmetic of the
/// code that DiT and Latte were trained with: coefficients in double, gathered, then in x's type. x is [B, C, H, W] or [B, F, C, H, W], t [B] int64
/// counts this process's steps from 0, the least noisy; the network receives the original process's time.
/// </summary>
internal sealed class GaussianDiffusion : IDisposable
{
    private readonly CoefficientTable originalTimes;

    public GaussianDiffusion(DiffusionProcess process, DiffusionOptions options)
    {
        Process = process;
        Options = options;
        Tables = new DiffusionTables(process.Betas);
        var scale = options.RescaleTimes ? 1000.0 / process.OriginalSteps : 1;
        originalTimes = new CoefficientTable(process.OriginalTimes.Select(time => time * scale));
    }

    /// <summary>The steps.</summary>
    public DiffusionProcess Process { get; }

    /// <summary>Meaning of the output, loss.</summary>
    public DiffusionOptions Options { get; }

    /// <summary>Coefficients by time.</summary>
    public DiffusionTables Tables { get; }

    /// <summary>Steps of this process.</summary>
    public int Steps => Process.Steps;

    /// <summary>√ᾱ and √(1−ᾱ) at one of this process's times.</summary>
    public NoiseLevel Level(int t) => new(Tables.SqrtAlphaBar.Values[t], Tables.SqrtOneMinusAlphaBar.Values[t]);

    /// <summary>What the network is told for t [B]: int64, or float32 if times are rescaled.</summary>
    public Tensor ModelTimes(Tensor t)
    {
        using var scope = NewDisposeScope();
        using var like = zeros(1, ScalarType.Float64, t.device);
        var times = originalTimes.At(t, like);
        return times.to_type(Options.RescaleTimes ? ScalarType.Float32 : ScalarType.Int64).MoveToOuterDisposeScope();
    }

    /// <summary>The same function over this process's times.</summary>
    public Predict InOriginalTime(Predict predict) => (x, t) =>
    {
        using var times = ModelTimes(t);
        return predict(x, times);
    };

    /// <summary>Mean, variance and log variance of q(x_t | x_0).</summary>
    public (Tensor Mean, Tensor Variance, Tensor LogVariance) Forward(Tensor data, Tensor t)
    {
        using var scope = NewDisposeScope();
        var mean = Tables.SqrtAlphaBar.At(t, data) * data;
        var variance = Tables.OneMinusAlphaBar.At(t, data).expand_as(data);
        return scope.MoveToOuter(mean, variance, Tables.LogOneMinusAlphaBar.At(t, data).expand_as(data));
    }

    /// <summary>x_t = √ᾱ x_0 + √(1−ᾱ) ε.</summary>
    public Tensor Noised(Tensor data, Tensor t, Tensor noise)
    {
        using var scope = NewDisposeScope();
        return (Tables.SqrtAlphaBar.At(t, data) * data).Plus(Tables.SqrtOneMinusAlphaBar.At(t, data) * noise).MoveToOuterDisposeScope();
    }

    /// <summary>Mean, variance and clipped log variance of q(x_(t−1) | x_t, x_0).</summary>
    public (Tensor Mean, Tensor Variance, Tensor LogVariance) Posterior(Tensor data, Tensor state, Tensor t)
    {
        using var scope = NewDisposeScope();
        var mean = (Tables.PosteriorDataFactor.At(t, state) * data).Plus(Tables.PosteriorStateFactor.At(t, state) * state);
        var variance = Tables.PosteriorVariance.At(t, state).expand_as(state);
        return scope.MoveToOuter(mean, variance, Tables.PosteriorLogVariance.At(t, state).expand_as(state));
    }

    /// <summary>x_0 that noise ε at (x_t, t) means: √(1/ᾱ) x_t − √(1/ᾱ − 1) ε.</summary>
    public Tensor DataFromNoise(Tensor state, Tensor t, Tensor noise)
    {
        using var scope = NewDisposeScope();
        return (Tables.SqrtReciprocalAlphaBar.At(t, state) * state).Minus(Tables.SqrtReciprocalAlphaBarMinusOne.At(t, state) * noise).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// ε that x_0 at (x_t, t) means: (x_t − √ᾱ x_0) / √(1−ᾱ). The original multiplies both by √(1/ᾱ), which says the same but
    /// has no value at a zero terminal SNR.
    /// </summary>
    public Tensor NoiseFromData(Tensor state, Tensor t, Tensor data)
    {
        using var scope = NewDisposeScope();
        return state.Minus(Tables.SqrtAlphaBar.At(t, state) * data).div(Tables.SqrtOneMinusAlphaBar.At(t, state)).MoveToOuterDisposeScope();
    }

    /// <summary>The output's halves; the second is null unless a variance is learned. Views of the output.</summary>
    public (Tensor Mean, Tensor? Variance) Split(Tensor output, Tensor x)
    {
        if (!Options.LearnsVariance)
            return (output, null);
        var axis = Options.ChannelAxis ?? (x.dim() == 5 ? 2 : 1);
        var channels = x.shape[axis];
        if (output.shape[axis] != 2 * channels)
            throw new ArgumentException($"a network that learns the variance has {2 * channels} output channels, this has {output.shape[axis]}", nameof(output));
        return (output.narrow(axis, 0, channels), output.narrow(axis, channels, channels));
    }

    /// <summary>p(x_(t−1) | x_t) by the network, which is asked once.</summary>
    public ReverseDistribution Reverse(Predict predict, Tensor x, Tensor t, Denoising denoising)
    {
        using var scope = NewDisposeScope();
        var (output, variance) = Split(InOriginalTime(predict)(x, t), x);
        var result = Reverse(output, variance, x, t, denoising);
        scope.MoveToOuter(result.Mean, result.Variance, result.LogVariance);
        scope.MoveToOuter(result.Data);
        return result;
    }

    /// <summary>p(x_(t−1) | x_t) from an output that is already there.</summary>
    public ReverseDistribution Reverse(Tensor output, Tensor? variance, Tensor x, Tensor t, Denoising denoising)
    {
        using var scope = NewDisposeScope();
        var logVariance = LogVariance(variance, x, t).expand_as(x);
        var plain = Options.Variance switch
        {
            VarianceKind.FixedSmall => Tables.PosteriorVariance.At(t, x).expand_as(x),
            VarianceKind.FixedLarge => Tables.LargeVariance.At(t, x).expand_as(x),
            _ => logVariance.exp(),
        };
        var data = Data(output, x, t);
        if (denoising.Process is { } process)
            data = process(data);
        if (denoising.Clip)
            data = data.clamp(HeldScalar.Of(-1), HeldScalar.One);
        var mean = Options.Mean == MeanKind.PreviousState ? output.alias() : Posterior(data, x, t).Mean;
        // An alias each: what is moved out must not be the caller's own tensor.
        data = data.alias();
        scope.MoveToOuter(mean, plain, logVariance);
        return new ReverseDistribution(mean, plain, logVariance, data.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Tables.Dispose();
        originalTimes.Dispose();
    }

    private Tensor Data(Tensor output, Tensor x, Tensor t) => Options.Mean switch
    {
        MeanKind.Noise => DataFromNoise(x, t, output),
        MeanKind.Data => output,
        MeanKind.PreviousState => (Tables.PreviousToData.At(t, x) * output).Minus(Tables.StateToData.At(t, x) * x),
        MeanKind.Velocity => VelocityTarget.Data(x, output, Tables.SqrtAlphaBar.At(t, x), Tables.SqrtOneMinusAlphaBar.At(t, x)),
        _ => throw new InvalidOperationException($"unknown meaning {Options.Mean}"),
    };

    private Tensor LogVariance(Tensor? learned, Tensor x, Tensor t)
    {
        switch (Options.Variance)
        {
            case VarianceKind.FixedSmall:
                return Tables.PosteriorLogVariance.At(t, x);
            case VarianceKind.FixedLarge:
                return Tables.LargeLogVariance.At(t, x);
            case VarianceKind.Learned:
                return learned!.alias();
            case VarianceKind.LearnedRange:
                var share = learned!.PlusOne().mul(HeldScalar.Of(0.5));
                return (share * Tables.LogBetas.At(t, x)).Plus(share.neg().PlusOne() * Tables.PosteriorLogVariance.At(t, x));
            default:
                throw new InvalidOperationException($"unknown variance {Options.Variance}");
        }
    }
}
