namespace MiniSora.Model.Weights;

/// <summary>Sizes of tensors whose shapes come from strangers: nothing overflows.</summary>
internal static class TensorExtent
{
    /// <summary>Most dimensions of a tensor; libtorch's own limit for most operations.</summary>
    internal const int MostDimensions = 64;

    /// <summary>
    /// Bytes of a tensor of non-negative <paramref name="shape"/>, or null when they do not fit 63 bits. A zero does not excuse
    /// huge other sizes: libtorch multiplies those for the strides.
    /// </summary>
    internal static long? Bytes(IReadOnlyList<long> shape, int elementBytes)
    {
        Int128 room = elementBytes;
        var empty = false;
        foreach (var size in shape)
        {
            empty |= size == 0;
            room *= Math.Max(1, size);
            if (room > long.MaxValue) return null;
        }

        return empty ? 0 : (long)room;
    }

    /// <summary>
    /// Number of elements from the first to the last one a strided tensor touches (0 when it is empty), or null when that does
    /// not fit 63 bits. Sizes and strides are not negative.
    /// </summary>
    internal static long? Span(IReadOnlyList<long> shape, IReadOnlyList<long> strides)
    {
        Int128 last = 0;
        for (var i = 0; i < shape.Count; i++)
        {
            if (shape[i] == 0) return 0;
            last += (Int128)(shape[i] - 1) * strides[i];
            if (last >= long.MaxValue) return null;
        }

        return (long)last + 1;
    }

    /// <summary>Whether the elements lie one behind the other in row-major order; strides of dimensions of size 1 do not matter.</summary>
    internal static bool IsContiguous(IReadOnlyList<long> shape, IReadOnlyList<long> strides)
    {
        long expected = 1;
        for (var i = shape.Count - 1; i >= 0; i--)
        {
            if (shape[i] == 1) continue;
            if (strides[i] != expected) return false;
            expected *= shape[i];
        }

        return true;
    }
}
