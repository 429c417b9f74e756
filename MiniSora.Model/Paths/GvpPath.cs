using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Paths;

/// <summary>α = sin(πt/2), σ = cos(πt/2).</summary>
internal sealed class GvpPath : InterpolantPath
{
    private const double Quarter = Math.PI / 2;

    /// <inheritdoc/>
    public override Tensor Alpha(Tensor t) => Angle(t).sin();

    /// <inheritdoc/>
    public override Tensor AlphaSlope(Tensor t) => Angle(t).cos().mul(HeldScalar.Of(Quarter));

    /// <inheritdoc/>
    public override Tensor Sigma(Tensor t) => Angle(t).cos();

    /// <inheritdoc/>
    public override Tensor SigmaSlope(Tensor t) => Angle(t).sin().mul(HeldScalar.Of(-Quarter));

    /// <inheritdoc/>
    public override Tensor AlphaLogSlope(Tensor t) => Angle(t).tan().reciprocal().mul(HeldScalar.Of(Quarter));

    private static Tensor Angle(Tensor t) => t.mul(HeldScalar.Of(Quarter));
}
