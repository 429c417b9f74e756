using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Text.T5;

/// <summary>
/// T5's relative positions (Raffel et al. 2020, section 2.1): near offsets have a bucket each, farther ones share buckets that widen with the logarithm of the
/// distance, all beyond <see cref="T5Options.MaxDistance"/> the last one.
/// </summary>
internal static class RelativePositions
{
    /// <summary>
    /// Buckets of offsets (position of the key − position of the query), any shape, int64. Bidirectional: the lower half of the buckets for keys before or at the
    /// query, the upper half for keys behind it. Causal: all buckets for the past, keys behind the query count as offset 0.
    /// Logarithms are taken in float32, as in transformers: at the borders between buckets the rounding decides.
    /// </summary>
    public static Tensor Buckets(Tensor offsets, bool bidirectional, long buckets, long maxDistance)
    {
        using var scope = NewDisposeScope();
        // Whole numbers stay exact in float32, and held scalars are floating-point.
        var offset = offsets.to_type(ScalarType.Float32);
        var zero = zeros_like(offset);
        var side = zero;
        Tensor distance;
        if (bidirectional)
        {
            buckets /= 2;
            side = offset.gt(zero).to_type(ScalarType.Float32).mul(HeldScalar.Of(buckets));
            distance = offset.abs();
        }
        else
        {
            distance = minimum(offset, zero).neg();
        }

        var exact = buckets / 2;
        var far = maximum(distance, ones_like(distance)).div(HeldScalar.Of(exact)).log()
            .div(HeldScalar.Of(Math.Log((double)maxDistance / exact))).mul(HeldScalar.Of(buckets - exact)).trunc();
        far = minimum(far.add(HeldScalar.Of(exact), HeldScalar.One), full_like(far, buckets - 1));
        return where(distance.lt(HeldScalar.Of(exact)), distance, far).Plus(side).to_type(ScalarType.Int64).MoveToOuterDisposeScope();
    }

    /// <summary>Buckets of every pair of query (row) and key (column) of a text of <paramref name="length"/> tokens, int64 [L, L].</summary>
    public static Tensor Square(long length, bool bidirectional, long buckets, long maxDistance, Device device)
    {
        using var scope = NewDisposeScope();
        var positions = arange(length, ScalarType.Float32, device);
        return Buckets(positions.unsqueeze(0).Minus(positions.unsqueeze(1)), bidirectional, buckets, maxDistance).MoveToOuterDisposeScope();
    }
}
