using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders;

/// <summary>x + conv(silu(norm(conv(silu(norm x))))), [B, C, T, H, W] to the same; the identity at the start, as its last weights are zero.</summary>
internal sealed class ResidualBlock : nn.Module<Tensor, Tensor>
{
    private readonly FrameNorm norm1;
    private readonly CausalConvolution conv1;
    private readonly FrameNorm norm2;
    private readonly CausalConvolution conv2;

    internal ResidualBlock(long channels) : base(nameof(ResidualBlock))
    {
        norm1 = new FrameNorm(channels);
        conv1 = new CausalConvolution(channels, channels, 3, 3);
        norm2 = new FrameNorm(channels);
        conv2 = new CausalConvolution(channels, channels, 1, 3);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => Forward(input, null);

    /// <summary>As <see cref="forward"/>, for the next piece of a clip when there is a <paramref name="cache"/>.</summary>
    internal Tensor Forward(Tensor input, CausalCache? cache)
    {
        using var scope = NewDisposeScope();
        var hidden = conv1.Forward(nn.functional.silu(norm1.call(input)), cache);
        return input.Plus(conv2.Forward(nn.functional.silu(norm2.call(hidden)), cache)).MoveToOuterDisposeScope();
    }
}
