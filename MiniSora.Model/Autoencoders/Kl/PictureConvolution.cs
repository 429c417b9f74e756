using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders.Kl;

/// <summary>Convolution over height and width by <see cref="SafeConvolution"/>: keys <c>{name}.weight</c> [O, C, k, k], <c>{name}.bias</c> [O].</summary>
internal sealed class PictureConvolution
{
    private readonly int weight;
    private readonly int bias;
    private readonly long margin;

    /// <param name="layout">Where it is declared.</param>
    /// <param name="name">Prefix of its keys.</param>
    /// <param name="channels">C.</param>
    /// <param name="outputs">O.</param>
    /// <param name="side">k; odd.</param>
    public PictureConvolution(ParameterLayout layout, string name, long channels, long outputs, long side = 3)
    {
        margin = side / 2;
        weight = layout.Add($"{name}.weight", [outputs, channels, side, side], Start.Xavier, decay: true);
        bias = layout.Add($"{name}.bias", [outputs], Start.Zero);
    }

    /// <summary>[N, C, H, W] to [N, O, H, W].</summary>
    public Tensor Forward(ParameterViews w, Tensor x) => SafeConvolution.Conv2d(x, w[weight], w[bias], 1, margin);

    /// <summary>
    /// [N, C, H, W] to [N, O, ⌊H/2⌋, ⌊W/2⌋] with stride 2. One row of zeros below and one column at the right, none above and left, as
    /// Stable Diffusion's encoder was trained.
    /// </summary>
    public Tensor Halve(ParameterViews w, Tensor x) => SafeConvolution.Conv2d(nn.functional.pad(x, [0, 1, 0, 1]), w[weight], w[bias], 2, 0);
}
