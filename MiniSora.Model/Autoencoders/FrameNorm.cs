using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders;

/// <summary>
/// Group normalisation of every frame by itself: statistics over time would let later frames change earlier ones.
/// Holds its own parameters, since TorchSharp's GroupNorm leaves them uninitialised.
/// </summary>
internal sealed class FrameNorm : nn.Module<Tensor, Tensor>
{
    private const long ChannelsPerGroup = 8;
    private readonly Parameter weight;
    private readonly Parameter bias;

    internal FrameNorm(long channels) : base(nameof(FrameNorm))
    {
        weight = new Parameter(ones(channels));
        bias = new Parameter(zeros(channels));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var (b, c, t, h, w) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3], input.shape[4]);
        // [B, C, T, H, W] -> [B·T, C, H, W] and back
        var frames = input.transpose(1, 2).reshape(b * t, c, h, w);
        return nn.functional.group_norm(frames, c / ChannelsPerGroup, weight, bias, 1e-5)
            .reshape(b, t, c, h, w).transpose(1, 2).MoveToOuterDisposeScope();
    }
}
