using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// What modulates the blocks: SiLU of the condition vectors [B, U, D], each distinct one once, so that no modulation is computed twice,
/// and which of them each group of tokens takes (int64 [G]), or null when there is only one.
/// </summary>
internal readonly record struct Conditions(Tensor Rows, Tensor? Groups)
{
    /// <summary>One condition for everything: c [B, D].</summary>
    public static Conditions One(Tensor c) => new(nn.functional.silu(c).unsqueeze(1), null);

    /// <summary>Its tensors, for <see cref="Of"/>.</summary>
    public Tensor[] Tensors => Groups is null ? [Rows] : [Rows, Groups];

    /// <summary>Undoes <see cref="Tensors"/>.</summary>
    public static Conditions Of(ReadOnlySpan<Tensor> tensors) => new(tensors[0], tensors.Length > 1 ? tensors[1] : null);

    /// <summary>
    /// <paramref name="count"/> vectors from a projection of the conditions, each [B, G or 1, 1, D]. Those at <paramref name="scales"/>
    /// come with 1 added.
    /// </summary>
    public Tensor[] Vectors(ParameterViews w, Dense projection, int count, params ReadOnlySpan<int> scales)
    {
        var rows = projection.Forward(w, Rows); // [B, U, count*D]
        if (Groups is not null)
            rows = rows.index_select(1, Groups);
        var vectors = rows.view(rows.shape[0], rows.shape[1], 1, count, rows.shape[2] / count).unbind(3);
        foreach (var scale in scales)
            vectors[scale] = vectors[scale].PlusOne();
        return vectors;
    }
}
