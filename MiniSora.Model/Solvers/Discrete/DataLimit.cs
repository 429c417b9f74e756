using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>Keeps the predicted data in the range of the training data; for pixels, not for latents.</summary>
internal sealed record DataLimit
{
    /// <summary>Leaves the data as it is.</summary>
    public static DataLimit None { get; } = new();

    /// <summary>Clamp to ± this; null: do not. Not used with <see cref="Quantile"/>.</summary>
    public double? Clip { get; init; }

    /// <summary>
    /// Dynamic thresholding (Saharia et al. 2022): s is this quantile of |x₀| per sample, held between 1 and <see cref="LargestQuantile"/>;
    /// x₀ is clamped to ± s and divided by s. Null: do not.
    /// </summary>
    public double? Quantile { get; init; }

    /// <summary>See <see cref="Quantile"/>.</summary>
    public double LargestQuantile { get; init; } = 1;

    /// <summary>x₀ [B, …] to the same shape; belongs to the current dispose scope.</summary>
    public Tensor Apply(Tensor data)
    {
        using var scope = NewDisposeScope();
        if (Quantile is { } quantile)
        {
            var magnitudes = data.abs().flatten(1); // [B, C·…]
            using var level = tensor(quantile, dtype: data.dtype, device: data.device);
            var limit = magnitudes.quantile(level, 1, keepdim: true) // [B, 1]
                .clamp(HeldScalar.One, HeldScalar.Of(LargestQuantile))
                .view([data.shape[0], .. Enumerable.Repeat(1L, (int)data.dim() - 1)]);
            return minimum(maximum(data, limit.neg()), limit).div(limit).MoveToOuterDisposeScope();
        }

        return (Clip is { } range ? data.clamp(HeldScalar.Of(-range), HeldScalar.Of(range)) : data.alias()).MoveToOuterDisposeScope();
    }
}
