using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// Learned vector of each class (models.md §1.0.5), key <c>{name}.embedding_table.weight</c>. With label dropout the table has a last row
/// more, the null class, whose label is the number of classes.
/// </summary>
internal sealed class LabelTable
{
    private readonly int table;
    private readonly int classes;
    private readonly double dropout;

    public LabelTable(ParameterLayout layout, string name, int classes, double dropout, long width)
    {
        this.classes = classes;
        this.dropout = dropout;
        table = layout.Add($"{name}.embedding_table.weight", [classes + (dropout > 0 ? 1 : 0), width], Start.SmallNormal);
    }

    /// <summary>Labels int64 […] to […, D].</summary>
    public Tensor Forward(ParameterViews w, Tensor labels) =>
        w[table].index_select(0, labels.reshape(-1)).view([.. labels.shape, w[table].shape[1]]);

    /// <summary>Labels, with the null class where <paramref name="drop"/> (of their shape, or broadcastable to it) is 1 or true.</summary>
    public Tensor Drop(Tensor labels, Tensor drop)
    {
        if (dropout <= 0)
            throw new InvalidOperationException("a table without label dropout has no null class");
        using var none = full_like(labels, HeldScalar.Of(classes));
        return where(drop.to_type(ScalarType.Bool), none, labels);
    }

    /// <summary>As in training: drops where a uniform draw is below the dropout probability.</summary>
    public Tensor DropBelow(Tensor labels, Tensor uniform)
    {
        if (dropout <= 0)
            return labels.alias();
        using var drop = uniform.lt(HeldScalar.Of(dropout));
        return Drop(labels, drop);
    }
}
