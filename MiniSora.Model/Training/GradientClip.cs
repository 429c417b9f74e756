using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>Limits a gradient's global norm.</summary>
internal static class GradientClip
{
    /// <summary>Scales the flat gradient of norm <paramref name="norm"/> in place so that its norm is at most <paramref name="limit"/>; 0 means no limit.</summary>
    public static void Apply(Tensor gradient, double norm, double limit)
    {
        if (limit <= 0 || norm <= limit)
            return;
        using var _ = no_grad();
        using var factor = (limit / norm).ToScalar();
        gradient.mul_(factor);
    }
}
