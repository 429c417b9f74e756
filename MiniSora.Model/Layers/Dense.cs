using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>Affine map of the last axis: x Wᵀ + b, keys <c>{name}.weight</c> [out, in] and <c>{name}.bias</c> [out].</summary>
internal sealed class Dense
{
    private readonly int weight;
    private readonly int bias;

    public Dense(ParameterLayout layout, string name, long inputs, long outputs, Start start = Start.Xavier, double scale = 1)
    {
        weight = layout.Add($"{name}.weight", [outputs, inputs], start, decay: true, scale: scale);
        bias = layout.Add($"{name}.bias", [outputs], Start.Zero);
    }

    /// <summary>[…, in] to […, out].</summary>
    public Tensor Forward(ParameterViews w, Tensor x) => nn.functional.linear(x, w[weight], w[bias]);
}
