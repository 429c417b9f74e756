using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Backbones;

/// <summary>
/// Classifier-free guidance in one batch of two halves (Ho and Salimans 2022): conditions first, then as many null conditions. The second
/// half of the input is never looked at.
/// </summary>
internal static class Guidance
{
    /// <summary>The first half of x, twice.</summary>
    public static Tensor Twice(Tensor x)
    {
        if (x.shape[0] % 2 != 0)
            throw new ArgumentException($"a guided batch has two halves, was {x.shape[0]}", nameof(x));
        using var half = x.narrow(0, 0, x.shape[0] / 2);
        return cat([half, half], 0);
    }

    /// <summary>
    /// Output [2N, …] with channels on <paramref name="axis"/>: both halves of the guided channels become u + scale · (c − u), the others stay.
    /// </summary>
    public static Tensor Apply(Tensor output, int axis, double scale, GuideChannels channels, int inChannels)
    {
        using var scope = NewDisposeScope();
        long total = output.shape[axis], half = output.shape[0] / 2;
        var guided = Math.Min(total, channels switch { GuideChannels.First3 => 3, GuideChannels.First4 => 4, _ => inChannels });
        var part = output.narrow(axis, 0, guided);
        var (conditional, none) = (part.narrow(0, 0, half), part.narrow(0, half, half));
        using var factor = scale.ToScalar();
        var mixed = none.add(conditional.Minus(none), factor);
        var both = cat([mixed, mixed], 0);
        return (guided == total ? both : cat([both, output.narrow(axis, guided, total - guided)], axis)).MoveToOuterDisposeScope();
    }
}
