using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Backbones;

/// <summary>Norm, shift and scale, dense to the numbers of a patch: keys <c>{name}.linear</c>, <c>{name}.adaLN_modulation.1</c>, both zero at the start.</summary>
internal sealed class DiTFinalLayer
{
    private readonly Dense linear;
    private readonly Dense modulation;

    public DiTFinalLayer(ParameterLayout layout, string name, int width, long outputs)
    {
        linear = new Dense(layout, $"{name}.linear", width, outputs, Start.Zero, hidden: false);
        modulation = new Dense(layout, $"{name}.adaLN_modulation.1", width, 2L * width, Start.Zero);
    }

    /// <summary>[B, F, S, D] to [B·F, S, outputs], float32 unless the arithmetic is float64.</summary>
    public Tensor Forward(ParameterViews w, Tensor x, Conditions conditions)
    {
        using var scope = NewDisposeScope();
        var m = conditions.Vectors(w, modulation, 2, 1);
        var tokens = linear.Forward(w, Modulation.Apply(x, m[0], m[1]).view(-1, x.shape[3]));
        return tokens.view(x.shape[0] * x.shape[1], x.shape[2], -1)
            .to_type(w.Compute == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32).MoveToOuterDisposeScope();
    }
}
