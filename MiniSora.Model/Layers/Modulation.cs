using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// Shift, scale and gate vectors of every block from the condition (adaLN-Zero, Peebles and Xie 2022), for all blocks in
/// one projection: key <c>modulation</c>, started at zero so that every block begins as the identity.
/// Order: for each block shift, scale, gate of attention, then of the feed-forward; last, shift and scale of the final layer.
/// </summary>
internal sealed class Modulation
{
    private readonly Dense projection;
    private readonly int width;

    public Modulation(ParameterLayout layout, string name, int width, int depth)
    {
        this.width = width;
        Vectors = 6 * depth + 2;
        // AdamW's, not Muon's: it holds a third of all square matrices, and orthogonalising them cost more than it was worth.
        projection = new Dense(layout, name, width, (long)Vectors * width, Start.Zero, hidden: false);
    }

    /// <summary>Vectors per condition row.</summary>
    public int Vectors { get; }

    /// <summary>
    /// Conditions [B, U, D] and, when U is more than one, which of them each group of tokens uses
    /// (<paramref name="selection"/> [B, G, U], one-hot) to vectors each [B, G or 1, 1, D]. Scales come with 1 added.
    /// </summary>
    public Tensor[] Forward(ParameterViews w, Tensor condition, Tensor? selection)
    {
        var rows = projection.Forward(w, nn.functional.silu(condition)); // [B, U, V*D]
        if (selection is not null)
            rows = selection.bmm(rows); // [B, G, V*D]
        var vectors = rows.view(rows.shape[0], rows.shape[1], 1, Vectors, width).unbind(3);
        for (var i = 0; i < vectors.Length; i++)
        {
            var isScale = i < Vectors - 2 ? i % 3 == 1 : i == Vectors - 1;
            if (isScale)
                vectors[i] = vectors[i].PlusOne();
        }

        return vectors;
    }

    /// <summary>LN(x) · scale + shift for x [B, G, S, D]; the norm has no parameters of its own.</summary>
    public static Tensor Apply(Tensor x, Tensor shift, Tensor scale, double epsilon = 1e-6) =>
        shift.addcmul(nn.functional.layer_norm(x, [x.shape[^1]], null, null, epsilon), scale, HeldScalar.One);
}
