using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>
/// Muon's update (Jordan et al. 2024): the first moment of a hidden matrix, its singular values pushed to 1 by five Newton–Schulz
/// steps. A stack of square maps in one parameter (queries, keys and values; the parts of a feed-forward
/// layer) counts as so many matrices, so that all have the same shape and go through one batched product.
/// Scaled by 0.2 √max(rows, columns) (Liu et al. 2025, "Muon is scalable"), which gives it the typical size of AdamW's update: one
/// learning rate serves both.
/// </summary>
internal sealed class OrthogonalUpdate(ParameterLayout layout)
{
    private const int Iterations = 5;
    private readonly List<IGrouping<(long Rows, long Columns), ParameterSpec>> groups = [.. layout.Specs.Where(spec => spec.Hidden).GroupBy(Block)];

    /// <summary>
    /// Overwrites the hidden matrices' part of <paramref name="update"/> by the orthogonalised <paramref name="moment"/>, both flat, times
    /// <paramref name="factor"/>.
    /// </summary>
    public void Write(Tensor update, Tensor moment, double factor)
    {
        using var scope = NewDisposeScope();
        foreach (var group in groups)
        {
            var (rows, columns) = group.Key;
            var matrices = Orthogonalise(cat([.. group.Select(spec => Blocks(moment, spec))], 0));
            using var scale = (0.2 * Math.Sqrt(Math.Max(rows, columns)) * factor).ToScalar();
            matrices.mul_(scale);
            long at = 0;
            foreach (var spec in group)
            {
                var target = Blocks(update, spec);
                target.copy_(matrices.narrow(0, at, target.shape[0]));
                at += target.shape[0];
            }
        }
    }

    /// <summary>
    /// [n, r, c] to matrices with the same singular vectors and singular values near 1 (0.7 to 1.2): five steps of the quintic
    /// X ← a X + (b A + c A²) X with A = X Xᵀ, whose coefficients favour speed over exactness.
    /// </summary>
    internal static Tensor Orthogonalise(Tensor matrices)
    {
        using var scope = NewDisposeScope();
        var wide = matrices.shape[2] >= matrices.shape[1];
        var x = wide ? matrices : matrices.transpose(1, 2);
        x = x / x.square().sum([1, 2], keepdim: true).sqrt().clamp_min(HeldScalar.Of(1e-30));
        for (var i = 0; i < Iterations; i++)
        {
            // Not baddbmm: TorchSharp 0.107 hands its tensors to libtorch in another order.
            var gram = x.bmm(x.transpose(1, 2));
            var polynomial = gram.bmm(gram).mul_(HeldScalar.Of(2.0315)).add_(gram, HeldScalar.Of(-4.7750));
            x = polynomial.bmm(x).add_(x, HeldScalar.Of(3.4445));
        }

        return (wide ? x : x.transpose(1, 2)).contiguous().MoveToOuterDisposeScope();
    }

    private static (long Rows, long Columns) Block(ParameterSpec spec)
    {
        long rows = spec.Shape[0], columns = spec.Shape[1];
        return rows % columns == 0 ? (columns, columns) : columns % rows == 0 ? (rows, rows) : (rows, columns);
    }

    /// <summary>The matrices [n, r, c] of one parameter, as a view of the flat buffer.</summary>
    private static Tensor Blocks(Tensor flat, ParameterSpec spec)
    {
        var (rows, columns) = Block(spec);
        var whole = flat.narrow(0, spec.Offset, spec.Count).view(spec.Shape[0] / rows, rows, spec.Shape[1] / columns, columns);
        // Only one of the two numbers of blocks is more than one.
        return whole.shape[0] > 1 ? whole.squeeze(2) : whole.squeeze(0).transpose(0, 1);
    }
}
