using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Backbones;

/// <summary>
/// The fine level of MiniSora's hourglass: blocks over single latent cells before and after the transformer. Keys <c>cell_embedder</c>,
/// <c>local_in.i</c>, <c>local_out.i</c>, <c>local_modulation</c>, <c>cell_final</c>.
/// </summary>
internal sealed class LocalLevel
{
    private readonly int patch;
    private readonly int width;
    private readonly int channels;
    private readonly Dense embedder;
    private readonly List<LocalBlock> before = [];
    private readonly List<LocalBlock> after = [];
    private readonly Dense modulation;
    private readonly Dense final;

    public LocalLevel(ParameterLayout layout, BackboneOptions options, int channels)
    {
        (patch, width, this.channels) = (options.Patch, options.LocalWidth, channels);
        embedder = new Dense(layout, "cell_embedder", channels, width, hidden: false);
        for (var i = 0; i < options.LocalDepth; i++)
            before.Add(new LocalBlock(layout, $"local_in.{i}", width));
        for (var i = 0; i < options.LocalDepth; i++)
            after.Add(new LocalBlock(layout, $"local_out.{i}", width));
        // Shift and scale of every block and of the last norm.
        modulation = new Dense(layout, "local_modulation", options.Width, (4L * options.LocalDepth + 2) * width, Start.Zero, hidden: false);
        final = new Dense(layout, "cell_final", width, channels, Start.Zero, hidden: false);
    }

    /// <summary>
    /// What modulates every block: shift and scale in turn, each [B, F or 1, 1, 1, E], scales with 1 added. <paramref name="condition"/> [B, U, D];
    /// <paramref name="selection"/> [B, F, U] or null.
    /// </summary>
    public Tensor[] Vectors(ParameterViews w, Tensor condition, Tensor? selection)
    {
        var all = modulation.Forward(w, nn.functional.silu(condition));
        if (selection is not null)
            all = selection.bmm(all);
        var vectors = all.view(all.shape[0], all.shape[1], 1, 1, -1, width).unbind(4);
        for (var i = 1; i < vectors.Length; i += 2)
            vectors[i] = vectors[i].PlusOne();
        return vectors;
    }

    /// <summary>Which cells neighbour which, for patches [B, F, S, …] of a grid of so many rows and columns; see <see cref="LocalBlock.Index"/>.</summary>
    public Tensor? Neighbours(Tensor patches, int rows, int columns) =>
        LocalBlock.Index(patches.device, patches.shape[0], patches.shape[1], (long)rows * patch, (long)columns * patch);

    /// <summary>Patches of latents [B, F, S, p·p·c] to patches of features [B, F, S, p·p·E]; <paramref name="m"/> from <see cref="Vectors"/>, <paramref name="neighbours"/> from <see cref="Neighbours"/>.</summary>
    public Tensor In(ParameterViews w, Tensor patches, Tensor[] m, Tensor? neighbours, int rows, int columns)
    {
        var x = embedder.Forward(w, Cells(patches, channels, rows, columns));
        for (var i = 0; i < before.Count; i++)
            x = before[i].Forward(w, x, m[2 * i], m[2 * i + 1], neighbours);
        return Patched(x, rows, columns);
    }

    /// <summary>Patches of features [B, F, S, p·p·E] to patches of latents.</summary>
    public Tensor Out(ParameterViews w, Tensor patches, Tensor[] m, Tensor? neighbours, int rows, int columns)
    {
        var x = Cells(patches, width, rows, columns);
        for (var i = 0; i < after.Count; i++)
            x = after[i].Forward(w, x, m[2 * (before.Count + i)], m[2 * (before.Count + i) + 1], neighbours);
        return Patched(final.Forward(w, Modulation.Apply(x, m[^2], m[^1])), rows, columns);
    }

    /// <summary>[B, F, S, n·p·p] in the order of <see cref="Patches"/> to [B, F, h, w, n].</summary>
    private Tensor Cells(Tensor patches, int numbers, int rows, int columns) => patch == 1
        ? patches.view(patches.shape[0], patches.shape[1], rows, columns, numbers)
        : patches.view(patches.shape[0], patches.shape[1], rows, columns, numbers, patch, patch).permute(0, 1, 2, 5, 3, 6, 4)
            .reshape(patches.shape[0], patches.shape[1], rows * patch, columns * patch, numbers);

    /// <summary>Undoes <see cref="Cells"/>.</summary>
    private Tensor Patched(Tensor cells, int rows, int columns) => patch == 1
        ? cells.flatten(2, 3)
        : cells.view(cells.shape[0], cells.shape[1], rows, patch, columns, patch, cells.shape[4]).permute(0, 1, 2, 4, 6, 3, 5)
            .reshape(cells.shape[0], cells.shape[1], rows * columns, cells.shape[4] * patch * patch);
}
