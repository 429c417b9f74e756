using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Text.T5;

/// <summary>x / √(mean x² + ε) · gain, without mean and bias (Zhang and Sennrich 2019); statistics in fp32. Key <c>{name}.weight</c>.</summary>
internal sealed class T5Norm
{
    private readonly int weight;
    private readonly Scalar epsilon;

    public T5Norm(ParameterLayout layout, string name, long width, double epsilon)
    {
        weight = layout.Add($"{name}.weight", [width], Start.One);
        this.epsilon = HeldScalar.Of(epsilon);
    }

    /// <summary>[…, D] to the same.</summary>
    public Tensor Forward(ParameterViews w, Tensor x)
    {
        using var scope = NewDisposeScope();
        var wide = x.to_type(ScalarType.Float32);
        var unit = wide.mul(wide.mul(wide).mean([-1], true).add(epsilon, HeldScalar.One).rsqrt());
        return unit.to_type(x.dtype).mul(w[weight]).MoveToOuterDisposeScope();
    }
}
