using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>Layer norm over channels at every pixel, without parameters (the original's LayerNorm2d), ε = 1e-6.</summary>
internal static class ChannelNorm
{
    /// <summary>[B, C, H, W] to the same.</summary>
    public static Tensor Apply(Tensor x) => Last(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2);

    /// <summary>[…, C] to the same.</summary>
    public static Tensor Last(Tensor x) => nn.functional.layer_norm(x, [x.shape[^1]], null, null, 1e-6);
}
