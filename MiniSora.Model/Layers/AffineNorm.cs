using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>Layer norm with gain and bias, ε = 1e-6: keys <c>{name}.weight</c>, <c>{name}.bias</c>.</summary>
internal sealed class AffineNorm
{
    private readonly int weight;
    private readonly int bias;
    private readonly long width;

    public AffineNorm(ParameterLayout layout, string name, long width)
    {
        this.width = width;
        weight = layout.Add($"{name}.weight", [width], Start.One);
        bias = layout.Add($"{name}.bias", [width], Start.Zero);
    }

    /// <summary>[…, D] to the same.</summary>
    public Tensor Forward(ParameterViews w, Tensor x) => nn.functional.layer_norm(x, [width], w[weight], w[bias], 1e-6);
}
