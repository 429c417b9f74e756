using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Paths;

/// <summary>
/// Between the two conventions of rectified flow: here and in SiT data lies at t = 1 and the velocity is x − n; in
/// <see cref="RectifiedFlow"/>, the product's own, noise lies at t = 1 and the velocity is n − x. The same points lie at t and 1 − t, with opposite velocities.
/// </summary>
internal static class FlowConvention
{
    /// <summary>A velocity of one convention as the other's; doing it twice changes nothing.</summary>
    public static Predict Turned(Predict velocity) => (x, t) =>
    {
        using var scope = NewDisposeScope();
        return velocity(x, Turned(t)).neg().MoveToOuterDisposeScope();
    };

    /// <summary>1 − t.</summary>
    public static Tensor Turned(Tensor t)
    {
        using var negative = t.neg();
        return negative.PlusOne();
    }
}
