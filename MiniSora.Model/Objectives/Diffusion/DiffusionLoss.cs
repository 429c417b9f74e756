using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Objectives;

/// <summary>Losses of a batch, one per sample.</summary>
/// <param name="Total">What is minimised, [B].</param>
/// <param name="SquaredError">Its squared error, where it has one.</param>
/// <param name="Variational">Its variational term in bits, where it has one.</param>
internal sealed record DiffusionLossTerms(Tensor Total, Tensor? SquaredError, Tensor? Variational);

/// <summary>The whole variational bound of a batch, in bits per dimension.</summary>
/// <param name="Total">Sum of all terms, [B].</param>
/// <param name="Prior">KL of the last state to the standard normal, [B].</param>
/// <param name="Terms">Terms from the last step to the first, [B, steps].</param>
/// <param name="DataError">Squared error of the predicted data, [B, steps].</param>
/// <param name="NoiseError">Squared error of the noise, [B, steps].</param>
internal sealed record VariationalBound(Tensor Total, Tensor Prior, Tensor Terms, Tensor DataError, Tensor NoiseError);

/// <summary>Training loss and likelihood bound of a <see cref="GaussianDiffusion"/>.</summary>
internal sealed class DiffusionLoss(GaussianDiffusion diffusion) : IDisposable
{
    private static readonly double Bit = Math.Log(2);
    private static readonly Denoising Unclipped = new(false);
    private readonly CoefficientTable? weights = SnrWeight.Table(diffusion.Tables.Snr.Values, diffusion.Options.Weighting, diffusion.Options.Mean);

    /// <summary>
    /// Loss of data [B, …] noised with <paramref name="noise"/> at t [B]. A learned variance is trained by the variational bound, whose
    /// gradient does not reach the mean (Nichol and Dhariwal 2021, §3.1). <paramref name="cellWeight"/> broadcasts over the data; null: all counts
    /// alike. <paramref name="weightOf"/>: weights [B] of the squared errors [B] at t, on top of the options'.
    /// </summary>
    public DiffusionLossTerms Training(Predict predict, Tensor data, Tensor t, Tensor noise, Tensor? cellWeight = null, Func<Tensor, Tensor>? weightOf = null)
    {
        using var scope = NewDisposeScope();
        var state = diffusion.Noised(data, t, noise);
        var options = diffusion.Options;
        if (options.Loss is DiffusionLossKind.Variational or DiffusionLossKind.RescaledVariational)
        {
            var bound = Term(diffusion.Reverse(predict, state, t, Unclipped), data, state, t, cellWeight);
            if (options.Loss == DiffusionLossKind.RescaledVariational)
                bound = bound.mul(HeldScalar.Of(diffusion.Steps));
            return new DiffusionLossTerms(bound.MoveToOuterDisposeScope(), null, null);
        }

        var (output, variance) = diffusion.Split(diffusion.InOriginalTime(predict)(state, t), state);
        Tensor? variational = null;
        if (variance is not null)
        {
            variational = Term(diffusion.Reverse(output.detach(), variance, state, t, Unclipped), data, state, t, cellWeight);
            if (options.Loss == DiffusionLossKind.RescaledMeanSquared)
                variational = variational.mul(HeldScalar.Of(diffusion.Steps / 1000.0));
        }

        var error = PerSample(Weighted(Squared(Target(data, state, t, noise).Minus(output)), cellWeight));
        if (weights is not null)
            error = error * weights.At(t, error);
        if (weightOf is not null)
            error = error * weightOf(error);
        var total = variational is null ? error.alias() : error.Plus(variational);
        scope.MoveToOuter(total, error);
        return new DiffusionLossTerms(total, error, variational?.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// One term of the variational bound in bits per dimension, [B]: KL of the posterior to the network's step, or at t = 0 the negative log
    /// likelihood of the data's 8-bit bins.
    /// </summary>
    public Tensor Variational(Predict predict, Tensor data, Tensor state, Tensor t, Denoising denoising)
    {
        using var scope = NewDisposeScope();
        return Term(diffusion.Reverse(predict, state, t, denoising), data, state, t).MoveToOuterDisposeScope();
    }

    /// <summary>KL of the last state to the standard normal in bits per dimension, [B]; nothing can be trained on it.</summary>
    public Tensor Prior(Tensor data)
    {
        using var scope = NewDisposeScope();
        var (mean, _, logVariance) = diffusion.Forward(data, Times(data, diffusion.Steps - 1));
        var nothing = zeros_like(mean);
        return Bits(GaussianLikelihood.Divergence(mean, logVariance, nothing, nothing)).MoveToOuterDisposeScope();
    }

    /// <summary>The whole bound: one evaluation per step, from the last, each with its own draw of noise. No gradients.</summary>
    public VariationalBound Bound(Predict predict, Tensor data, NoiseDraw draw, bool clip)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var (terms, dataErrors, noiseErrors) = (new List<Tensor>(), new List<Tensor>(), new List<Tensor>());
        for (var step = diffusion.Steps - 1; step >= 0; step--)
        {
            using var inner = NewDisposeScope();
            var t = Times(data, step);
            var noise = draw(data);
            var state = diffusion.Noised(data, t, noise);
            var reverse = diffusion.Reverse(predict, state, t, new Denoising(clip));
            terms.Add(Term(reverse, data, state, t).MoveToOuterDisposeScope());
            dataErrors.Add(PerSample(Squared(reverse.Data.Minus(data))).MoveToOuterDisposeScope());
            noiseErrors.Add(PerSample(Squared(diffusion.NoiseFromData(state, t, reverse.Data).Minus(noise))).MoveToOuterDisposeScope());
        }

        var all = stack(terms, 1);
        var prior = Prior(data);
        var bound = new VariationalBound(all.sum(1).Plus(prior), prior, all, stack(dataErrors, 1), stack(noiseErrors, 1));
        scope.MoveToOuter(bound.Total, bound.Prior, bound.Terms);
        scope.MoveToOuter(bound.DataError, bound.NoiseError);
        return bound;
    }

    /// <inheritdoc/>
    public void Dispose() => weights?.Dispose();

    private static Tensor Times(Tensor data, int time)
    {
        using var value = ((long)time).ToScalar();
        return full([data.shape[0]], value, ScalarType.Int64, data.device);
    }

    private static Tensor Squared(Tensor x) => x * x;

    private static Tensor PerSample(Tensor x) => x.flatten(1).mean([1L]);

    private static Tensor Weighted(Tensor x, Tensor? weight) => weight is null ? x : x * weight;

    private static Tensor Bits(Tensor nats) => PerSample(nats).div(HeldScalar.Of(Bit));

    private Tensor Term(ReverseDistribution reverse, Tensor data, Tensor state, Tensor t, Tensor? cellWeight = null)
    {
        var (mean, _, logVariance) = diffusion.Posterior(data, state, t);
        var divergence = Bits(Weighted(GaussianLikelihood.Divergence(mean, logVariance, reverse.Mean, reverse.LogVariance), cellWeight));
        var likelihood = Bits(Weighted(GaussianLikelihood.LogBin(data, reverse.Mean, reverse.LogVariance.mul(HeldScalar.Of(0.5))).neg(), cellWeight));
        return where(t.to(data.device).eq(HeldScalar.Of(0)), likelihood, divergence);
    }

    private Tensor Target(Tensor data, Tensor state, Tensor t, Tensor noise) => diffusion.Options.Mean switch
    {
        MeanKind.Noise => noise,
        MeanKind.Data => data,
        MeanKind.PreviousState => diffusion.Posterior(data, state, t).Mean,
        MeanKind.Velocity => VelocityTarget.From(data, noise, diffusion.Tables.SqrtAlphaBar.At(t, data), diffusion.Tables.SqrtOneMinusAlphaBar.At(t, data)),
        _ => throw new InvalidOperationException($"unknown meaning {diffusion.Options.Mean}"),
    };
}
