using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Text.T5;

/// <summary>wo(act(wi x)) or, gated, wo(act(wi_0 x) ⊙ wi_1 x), without biases. Keys <c>{name}.wi</c> or <c>{name}.wi_0</c>, <c>{name}.wi_1</c>; <c>{name}.wo</c>.</summary>
internal sealed class T5FeedForward
{
    private readonly T5Activation activation;
    private readonly int inner;
    private readonly int? gate;
    private readonly int output;

    public T5FeedForward(ParameterLayout layout, string name, long width, long hidden, T5Activation activation, bool gated)
    {
        this.activation = activation;
        inner = layout.Add($"{name}.{(gated ? "wi_0" : "wi")}.weight", [hidden, width], Start.Xavier, decay: true);
        gate = gated ? layout.Add($"{name}.wi_1.weight", [hidden, width], Start.Xavier, decay: true) : null;
        output = layout.Add($"{name}.wo.weight", [width, hidden], Start.Xavier, decay: true);
    }

    /// <summary>[…, D] to the same.</summary>
    public Tensor Forward(ParameterViews w, Tensor x)
    {
        using var scope = NewDisposeScope();
        var hidden = Activate(nn.functional.linear(x, w[inner]));
        if (gate is { } index)
            hidden = hidden.mul(nn.functional.linear(x, w[index]));
        return nn.functional.linear(hidden, w[output]).MoveToOuterDisposeScope();
    }

    private Tensor Activate(Tensor x) => activation switch
    {
        T5Activation.Relu => nn.functional.relu(x),
        T5Activation.GeluTanh => GeluTanh(x),
        T5Activation.Silu => nn.functional.silu(x),
        _ => throw new InvalidOperationException($"Unknown activation {activation}."),
    };

    private static Tensor GeluTanh(Tensor x)
    {
        var inside = x.addcmul(x.mul(x), x, HeldScalar.Of(0.044715)).mul(HeldScalar.Of(Math.Sqrt(2 / Math.PI)));
        return x.mul(HeldScalar.Of(0.5)).mul(inside.tanh().PlusOne());
    }
}
