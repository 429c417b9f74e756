using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Edm;

/// <summary>The common part of the preconditionings: casts, shapes and the sum.</summary>
internal static class PreconditionedNetwork
{
    /// <summary>c_skip x + c_out F(c_in x; label) with coefficients [B, 1, …].</summary>
    public static Tensor Denoise(RawNetwork network, Tensor x, Tensor sigma, Func<Tensor, (Tensor Skip, Tensor Out, Tensor In, Tensor Label)> coefficients)
    {
        using var scope = NewDisposeScope();
        x = x.to_type(ScalarType.Float32);
        var column = sigma.to(x.device).to_type(ScalarType.Float32).reshape([-1, .. Enumerable.Repeat(1L, (int)x.dim() - 1)]);
        var (skip, scaleOut, scaleIn, label) = coefficients(column);
        var raw = network(scaleIn.mul(x), label.flatten()).narrow(1, 0, x.shape[1]).to_type(ScalarType.Float32);
        return skip.mul(x).Plus(scaleOut.mul(raw)).MoveToOuterDisposeScope();
    }
}
