using MiniSora.Model.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// Residual block over single latent cells: each sees itself and its six neighbours in time, height and width, then a feed-forward layer, as a
/// convolution whose kernel is a cross in three dimensions (zero beyond the edges). x + fc2(gelu(fc1(neighbours(norm(x) · scale + shift)))), the identity at the
/// start. One matrix product, since libtorch's convolutions are neither right nor fast everywhere. Keys <c>{name}.fc1</c>, <c>{name}.fc2</c>.
/// </summary>
internal sealed class LocalBlock
{
    private readonly Dense fc1;
    private readonly Dense fc2;

    public LocalBlock(ParameterLayout layout, string name, long width)
    {
        fc1 = new Dense(layout, $"{name}.fc1", BackboneOptions.LocalCells * width, width);
        fc2 = new Dense(layout, $"{name}.fc2", width, width, Start.Zero);
    }

    /// <summary>x [B, F, h, w, E] to the same; shift and scale [B, F or 1, 1, 1, E].</summary>
    public Tensor Forward(ParameterViews w, Tensor x, Tensor shift, Tensor scale)
    {
        using var scope = NewDisposeScope();
        var inner = Neighbours(Modulation.Apply(x, shift, scale));
        return x.Plus(fc2.Forward(w, GeluForm.Exact.Apply(fc1.Forward(w, inner)))).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// [B, F, h, w, E] to [B, F, h, w, 7·E]: the cell, then those before and after it in time, height, width. Shifted axis by axis, whose gradient is
    /// half as dear as that of slices of one padded copy.
    /// </summary>
    private static Tensor Neighbours(Tensor x)
    {
        var parts = new List<Tensor> { x };
        for (var axis = 1; axis <= 3; axis++)
        {
            var (edge, inner) = (zeros_like(x.narrow(axis, 0, 1)), x.shape[axis] - 1);
            parts.Add(cat([edge, x.narrow(axis, 0, inner)], axis));
            parts.Add(cat([x.narrow(axis, 1, inner), edge], axis));
        }

        return cat(parts, -1);
    }
}
