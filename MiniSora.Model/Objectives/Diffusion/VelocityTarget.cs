using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Objectives;

/// <summary>
/// v-prediction (Salimans and Ho 2022, appendix D) for x_t = a·x_0 + s·ε with a² + s² = 1: v = a·ε − s·x_0. Coefficients broadcast over x.
/// </summary>
internal static class VelocityTarget
{
    /// <summary>v = a·ε − s·x_0.</summary>
    public static Tensor From(Tensor data, Tensor noise, Tensor a, Tensor s) => Difference(a * noise, s * data);

    /// <summary>x_0 = a·x_t − s·v.</summary>
    public static Tensor Data(Tensor state, Tensor velocity, Tensor a, Tensor s) => Difference(a * state, s * velocity);

    /// <summary>ε = s·x_t + a·v.</summary>
    public static Tensor Noise(Tensor state, Tensor velocity, Tensor a, Tensor s)
    {
        using var scope = NewDisposeScope();
        return (s * state).Plus(a * velocity).MoveToOuterDisposeScope();
    }

    private static Tensor Difference(Tensor left, Tensor right)
    {
        using (left)
        using (right)
            return left.Minus(right);
    }
}
