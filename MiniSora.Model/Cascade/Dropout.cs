using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>Dropout whose masks come from a given generator; without one (evaluation) nothing is dropped.</summary>
internal static class Dropout
{
    /// <summary>x with a share <paramref name="probability"/> of its numbers zero and the rest grown by 1/(1 − p).</summary>
    public static Tensor Apply(Tensor x, double probability, Generator? generator)
    {
        if (generator is null || probability <= 0)
            return x;
        var keep = rand(x.shape, generator: generator).ge(HeldScalar.Of(probability)).to_type(x.dtype).mul(HeldScalar.Of(1 / (1 - probability))).to(x.device);
        return x * keep;
    }
}
