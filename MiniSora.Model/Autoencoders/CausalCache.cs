using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders;

/// <summary>
/// What each causal convolution has seen last. With it a clip goes through the network in pieces and comes out as if it had gone through at once, since the only
/// thing a later piece needs of the earlier ones is the last frames before each convolution (Open-Sora-Plan's WF-VAE calls this the causal cache). Everything
/// else in the network works on single frames. Memory is that of one piece.
/// </summary>
internal sealed class CausalCache : IDisposable
{
    private readonly Dictionary<CausalConvolution, Tensor> past = [];

    /// <summary>
    /// <paramref name="input"/> [B, C, T, H, W] with the <paramref name="frames"/> frames before it in front, zeros at a clip's beginning:
    /// [B, C, frames + T, H, W]. Remembers the last ones for the next call.
    /// </summary>
    public Tensor Extend(CausalConvolution layer, Tensor input, long frames)
    {
        var before = past.TryGetValue(layer, out var kept)
            ? kept
            : zeros([input.shape[0], input.shape[1], frames, input.shape[3], input.shape[4]], input.dtype, input.device);
        var extended = cat([before, input], 2);
        past[layer] = extended.narrow(2, extended.shape[2] - frames, frames).clone().DetachFromDisposeScope();
        kept?.Dispose();
        return extended;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in past.Values)
            tensor.Dispose();
    }
}
