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

    /// <summary>x [B, F, h, w, E] to the same; shift and scale [B, F or 1, 1, 1, E]; <paramref name="neighbours"/> from <see cref="Index"/> for x's grid.</summary>
    public Tensor Forward(ParameterViews w, Tensor x, Tensor shift, Tensor scale, Tensor? neighbours)
    {
        using var scope = NewDisposeScope();
        var inner = Modulation.Apply(x, shift, scale);
        inner = neighbours is null ? Shifted(inner) : Gathered(inner, neighbours);
        return x.Plus(fc2.Forward(w, GeluForm.Exact.Apply(fc1.Forward(w, inner)))).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Where the rows of <see cref="Gathered"/> come from, int64 [B·F·h·w·7], for a grid of cells [B, F, h, w]. Null on a GPU, which would add the rows' gradients in
    /// an order of its own, another one each time.
    /// </summary>
    public static Tensor? Index(Device device, long batch, long frames, long rows, long columns)
    {
        if (device.type != DeviceType.CPU)
            return null;
        var beyond = batch * frames * rows * columns;
        var index = new long[beyond * BackboneOptions.LocalCells];
        var at = 0;
        for (long b = 0; b < batch; b++)
        {
            long Cell(long f, long r, long c) =>
                f < 0 || f >= frames || r < 0 || r >= rows || c < 0 || c >= columns ? beyond : ((b * frames + f) * rows + r) * columns + c;
            for (long f = 0; f < frames; f++)
            {
                for (long r = 0; r < rows; r++)
                {
                    for (long c = 0; c < columns; c++)
                    {
                        index[at++] = Cell(f, r, c);
                        index[at++] = Cell(f - 1, r, c);
                        index[at++] = Cell(f + 1, r, c);
                        index[at++] = Cell(f, r - 1, c);
                        index[at++] = Cell(f, r + 1, c);
                        index[at++] = Cell(f, r, c - 1);
                        index[at++] = Cell(f, r, c + 1);
                    }
                }
            }
        }

        return tensor(index);
    }

    /// <summary>As <see cref="Shifted"/>: one row for each neighbour of each cell, the last row of all being that of zeros beyond the edges. 2.5 times as fast, forward and backward.</summary>
    private static Tensor Gathered(Tensor x, Tensor index)
    {
        var width = x.shape[^1];
        var rows = cat([x.reshape(-1, width), x.new_zeros(1, width)], 0);
        return rows.index_select(0, index).view(x.shape[0], x.shape[1], x.shape[2], x.shape[3], BackboneOptions.LocalCells * width);
    }

    /// <summary>
    /// [B, F, h, w, E] to [B, F, h, w, 7·E]: the cell, then those before and after it in time, height, width. Shifted axis by axis, whose gradient is
    /// half as dear as that of slices of one padded copy.
    /// </summary>
    private static Tensor Shifted(Tensor x)
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
