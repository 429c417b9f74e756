using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders.Kl;

/// <summary>
/// x + conv2(act(norm2(conv1(act(norm1 x))))), 3×3; the sum's x goes through a 1×1 convolution when the width changes.
/// Keys <c>norm1</c>, <c>conv1</c>, <c>norm2</c>, <c>conv2</c>, <c>conv_shortcut</c>.
/// </summary>
internal sealed class KlResidual
{
    private readonly KlStyle style;
    private readonly GroupNorm norm1;
    private readonly PictureConvolution conv1;
    private readonly GroupNorm norm2;
    private readonly PictureConvolution conv2;
    private readonly PictureConvolution? shortcut;

    public KlResidual(ParameterLayout layout, string name, long channels, long outputs, KlStyle style)
    {
        this.style = style;
        norm1 = new GroupNorm(layout, $"{name}.norm1", channels, style.Groups);
        conv1 = new PictureConvolution(layout, $"{name}.conv1", channels, outputs);
        norm2 = new GroupNorm(layout, $"{name}.norm2", outputs, style.Groups);
        conv2 = new PictureConvolution(layout, $"{name}.conv2", outputs, outputs);
        if (channels != outputs)
            shortcut = new PictureConvolution(layout, $"{name}.conv_shortcut", channels, outputs, 1);
    }

    /// <summary>[N, C, H, W] to [N, O, H, W].</summary>
    public Tensor Forward(ParameterViews w, Tensor x)
    {
        using var scope = NewDisposeScope();
        var hidden = conv1.Forward(w, style.Activate(norm1.Forward(w, x)));
        hidden = conv2.Forward(w, style.Activate(norm2.Forward(w, hidden)));
        return (shortcut?.Forward(w, x) ?? x).Plus(hidden).MoveToOuterDisposeScope();
    }
}
