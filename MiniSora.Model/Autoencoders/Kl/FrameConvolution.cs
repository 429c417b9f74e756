using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders.Kl;

/// <summary>
/// Convolution over three neighbouring frames of each pixel, zeros before the first and behind the last frame:
/// keys <c>{name}.weight</c> [O, C, 3, 1, 1], <c>{name}.bias</c> [O].
/// </summary>
internal sealed class FrameConvolution
{
    private readonly int weight;
    private readonly int bias;

    public FrameConvolution(ParameterLayout layout, string name, long channels, long outputs)
    {
        weight = layout.Add($"{name}.weight", [outputs, channels, 3, 1, 1], Start.Xavier, decay: true);
        bias = layout.Add($"{name}.bias", [outputs], Start.Zero);
    }

    /// <summary>[B, C, T, H, W] to [B, O, T, H, W].</summary>
    public Tensor Forward(ParameterViews w, Tensor x) =>
        SafeConvolution.Conv3d(nn.functional.pad(x, [0, 0, 0, 0, 1, 1]), w[weight], w[bias]);
}
