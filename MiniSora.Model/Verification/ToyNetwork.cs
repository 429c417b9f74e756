using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>The stand-in network of the sampler fixtures: f(x, c) = tanh(A x + b c + a₀) + 0.3 x over the channels.</summary>
internal sealed class ToyNetwork(Fixture fixture)
{
    private readonly Tensor mix = fixture["in.toy.A"];
    private readonly Tensor slope = fixture["in.toy.b"];
    private readonly Tensor offset = fixture["in.toy.a0"];

    /// <summary>x [B, C, …] float32 and conditioning [B] or [1] to the same shape as x; <paramref name="withVariance"/>: with tanh(0.7 f)
    /// as a second half of the channels.</summary>
    public Tensor Forward(Tensor x, Tensor condition, bool withVariance = false)
    {
        using var scope = NewDisposeScope();
        var flat = x.flatten(2); // [B, C, S]
        var bias = condition.view(-1, 1).mul(slope).Plus(offset).unsqueeze(-1); // [B, C, 1]
        var result = matmul(mix, flat).Plus(bias).tanh().view_as(x).add(x, HeldScalar.Of(0.3));
        return (withVariance ? cat([result, result.mul(HeldScalar.Of(0.7)).tanh()], 1) : result).MoveToOuterDisposeScope();
    }
}
