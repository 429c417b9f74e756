using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>The stand-in for a network in recorded flows: f(x, t)_c = tanh(Σ_d A_cd x_d + b_c t + a_c) + 0.3 x_c, the same at every pixel.</summary>
internal sealed class ToyField(Fixture fixture)
{
    private readonly Tensor mix = fixture["in.toy.A"]; // [C, C]
    private readonly Tensor rate = fixture["in.toy.b"]; // [C]
    private readonly Tensor offset = fixture["in.toy.a0"]; // [C]

    /// <summary>Evaluations so far.</summary>
    public int Evaluations { get; private set; }

    /// <summary>As a network of x [N, C, …] and t [N].</summary>
    public Predict Predict => (x, t) =>
    {
        Evaluations++;
        using var scope = NewDisposeScope();
        var mixed = matmul(mix, x.flatten(2)).view(x.shape);
        var moved = (t.unsqueeze(1) * rate).Plus(offset).view([x.shape[0], rate.shape[0], .. Enumerable.Repeat(1L, (int)x.dim() - 2)]);
        return mixed.Plus(moved).tanh().Plus(x.mul(HeldScalar.Of(0.3))).MoveToOuterDisposeScope();
    };
}
