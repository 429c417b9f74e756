using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>Networks that predict a variance too have twice the channels: mean first, variance second.</summary>
internal static class LearnedVariance
{
    /// <summary>Mean [B, C, …] and, if the prediction has it, the variance part of a prediction [B, C or 2C, …] for a state of C channels.</summary>
    public static (Tensor Mean, Tensor? Variance) Split(Tensor prediction, Tensor x)
    {
        var channels = x.shape[1];
        if (prediction.shape[1] == channels)
            return (prediction.alias(), null);
        if (prediction.shape[1] != 2 * channels)
            throw new ArgumentException($"the prediction has {prediction.shape[1]} channels, expected {channels} or {2 * channels}", nameof(prediction));
        return (prediction.narrow(1, 0, channels), prediction.narrow(1, channels, channels));
    }
}
