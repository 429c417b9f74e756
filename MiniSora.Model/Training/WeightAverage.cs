using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>An exponential moving average of the weights, flat.</summary>
internal static class WeightAverage
{
    /// <summary>average ← decay · average + (1 − decay) · parameters, in place.</summary>
    public static void Follow(Tensor average, Tensor parameters, double decay)
    {
        using var _ = no_grad();
        using var share = tensor((float)(1 - decay), device: parameters.device);
        average.lerp_(parameters, share);
    }
}
