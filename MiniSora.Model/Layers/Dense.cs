using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>Affine map of the last axis: x Wᵀ + b, keys <c>{name}.weight</c> [out, in] and, unless it has none, <c>{name}.bias</c> [out].</summary>
internal sealed class Dense
{
    private readonly int weight;
    private readonly int? bias;

    /// <summary><paramref name="hidden"/>: false for the first and the last layer of a network, see <see cref="ParameterSpec.Hidden"/>.</summary>
    public Dense(ParameterLayout layout, string name, long inputs, long outputs, Start start = Start.Xavier, bool hasBias = true, bool hidden = true, double scale = 1)
    {
        weight = layout.Add($"{name}.weight", [outputs, inputs], start, decay: true, hidden: hidden, scale: scale);
        bias = hasBias ? layout.Add($"{name}.bias", [outputs], Start.Zero) : null;
    }

    /// <summary>[out, in].</summary>
    public Tensor Weight(ParameterViews w) => w[weight];

    /// <summary>[out], or null.</summary>
    public Tensor? Bias(ParameterViews w) => bias is { } index ? w[index] : null;

    /// <summary>[…, in] to […, out].</summary>
    public Tensor Forward(ParameterViews w, Tensor x) => nn.functional.linear(x, w[weight], Bias(w));
}
