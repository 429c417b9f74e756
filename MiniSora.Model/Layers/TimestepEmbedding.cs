using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>256 <see cref="TimestepFeatures"/>, dense, SiLU, dense, as in DiT; the two dense layers have the names given.</summary>
internal sealed class TimestepEmbedding
{
    private const int Features = 256;
    private readonly Dense first;
    private readonly Dense second;

    public TimestepEmbedding(ParameterLayout layout, string first, string second, long width)
    {
        this.first = new Dense(layout, first, Features, width, Start.SmallNormal, hidden: false);
        this.second = new Dense(layout, second, width, width, Start.SmallNormal);
    }

    /// <summary>DiT's names: <c>{name}.mlp.0</c> and <c>{name}.mlp.2</c>.</summary>
    public static TimestepEmbedding OfDiT(ParameterLayout layout, string name, long width) => new(layout, $"{name}.mlp.0", $"{name}.mlp.2", width);

    /// <summary>t [N] of any numeric type to [N, D].</summary>
    public Tensor Forward(ParameterViews w, Tensor t) =>
        second.Forward(w, nn.functional.silu(first.Forward(w, TimestepFeatures.Of(t, Features).to_type(w.Compute))));
}
