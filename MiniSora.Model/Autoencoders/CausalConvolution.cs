using MiniSora.Model.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders;

/// <summary>
/// A 3-D convolution that sees the present and the past alone: zeros stand before the first frame, none follow the last.
/// [B, C, T, H, W] to [B, O, T, H, W]. Computed by <see cref="SafeConvolution"/>.
/// </summary>
internal sealed class CausalConvolution : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;  // [O, C, kt, k, k]
    private readonly Parameter bias;    // [O]
    private readonly long depth;
    private readonly long margin;

    /// <param name="channels">C.</param>
    /// <param name="outputs">O.</param>
    /// <param name="depth">Frames the kernel covers, kt.</param>
    /// <param name="side">Height and width of the kernel, k; odd.</param>
    internal CausalConvolution(long channels, long outputs, long depth, long side) : base(nameof(CausalConvolution))
    {
        this.depth = depth;
        margin = side / 2;
        weight = new Parameter(zeros(new[] { outputs, channels, depth, side, side }));
        bias = new Parameter(zeros(outputs));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => Forward(input, null);

    /// <summary>As <see cref="forward"/>, for the next piece of a clip when there is a <paramref name="cache"/>.</summary>
    internal Tensor Forward(Tensor input, CausalCache? cache)
    {
        using var scope = NewDisposeScope();
        var (x, before) = cache is null || depth == 1 ? (input, depth - 1) : (cache.Extend(this, input, depth - 1), 0);
        var padded = before + margin > 0 ? nn.functional.pad(x, [margin, margin, margin, margin, before, 0]) : x;
        return SafeConvolution.Conv3d(padded, weight, bias).MoveToOuterDisposeScope();
    }
}
