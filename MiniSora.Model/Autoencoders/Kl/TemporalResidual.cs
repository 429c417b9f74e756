using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders.Kl;

/// <summary>
/// A residual block over each frame, then one over time on its result, mixed: (1 − σ(m)) · spatial + σ(m) · temporal with a learned m.
/// The temporal block's norms see all frames of a clip at once. Keys <c>spatial_res_block</c>, <c>temporal_res_block</c>, <c>time_mixer.mix_factor</c> [1].
/// </summary>
internal sealed class TemporalResidual
{
    private const double TemporalEpsilon = 1e-5;
    private readonly KlResidual spatial;
    private readonly GroupNorm norm1;
    private readonly FrameConvolution conv1;
    private readonly GroupNorm norm2;
    private readonly FrameConvolution conv2;
    private readonly int mix;

    public TemporalResidual(ParameterLayout layout, string name, long channels, long outputs, KlStyle style)
    {
        spatial = new KlResidual(layout, $"{name}.spatial_res_block", channels, outputs, style);
        norm1 = new GroupNorm(layout, $"{name}.temporal_res_block.norm1", outputs, style.Groups, TemporalEpsilon);
        conv1 = new FrameConvolution(layout, $"{name}.temporal_res_block.conv1", outputs, outputs);
        norm2 = new GroupNorm(layout, $"{name}.temporal_res_block.norm2", outputs, style.Groups, TemporalEpsilon);
        conv2 = new FrameConvolution(layout, $"{name}.temporal_res_block.conv2", outputs, outputs);
        mix = layout.Add($"{name}.time_mixer.mix_factor", [1], Start.Zero);
    }

    /// <summary>[B·T, C, H, W] to [B·T, O, H, W]; T = <paramref name="frames"/>.</summary>
    public Tensor Forward(ParameterViews w, Tensor x, long frames)
    {
        using var scope = NewDisposeScope();
        var single = spatial.Forward(w, x);
        var clip = AsClips(single, frames);
        var hidden = conv1.Forward(w, nn.functional.silu(norm1.Forward(w, clip)));
        hidden = conv2.Forward(w, nn.functional.silu(norm2.Forward(w, hidden)));
        // The temporal block returns clip + hidden, so its difference from the spatial result is hidden alone.
        return AsFrames(clip.Plus(hidden.mul(w[mix].sigmoid()))).MoveToOuterDisposeScope();
    }

    /// <summary>[B·T, C, H, W] to [B, C, T, H, W].</summary>
    public static Tensor AsClips(Tensor x, long frames) =>
        x.view(x.shape[0] / frames, frames, x.shape[1], x.shape[2], x.shape[3]).transpose(1, 2).contiguous();

    /// <summary>[B, C, T, H, W] to [B·T, C, H, W].</summary>
    public static Tensor AsFrames(Tensor x) =>
        x.transpose(1, 2).reshape(x.shape[0] * x.shape[2], x.shape[1], x.shape[3], x.shape[4]);
}
