using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>Affine map of the last axis that starts by one of the <see cref="Initial"/> rules: keys <c>{name}.weight</c> [out, in], <c>{name}.bias</c>.</summary>
internal sealed class Linear
{
    private readonly int weight;
    private readonly int bias;

    public Linear(ParameterLayout layout, string name, long inputs, long outputs, Initial initial = Initial.Xavier, double gain = 1)
    {
        long[] shape = [outputs, inputs];
        weight = layout.AddWeight($"{name}.weight", shape, initial, gain);
        bias = layout.AddBias($"{name}.bias", outputs, shape, initial);
    }

    /// <summary>[…, in] to […, out].</summary>
    public Tensor Forward(ParameterViews w, Tensor x) => nn.functional.linear(x, w[weight], w[bias]);
}
