using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Paths;

/// <summary>α = t, σ = 1 − t.</summary>
internal sealed class LinearPath : InterpolantPath
{
    /// <inheritdoc/>
    public override Tensor Alpha(Tensor t) => t.alias();

    /// <inheritdoc/>
    public override Tensor AlphaSlope(Tensor t) => ones_like(t);

    /// <inheritdoc/>
    public override Tensor Sigma(Tensor t) => t.neg().PlusOne();

    /// <inheritdoc/>
    public override Tensor SigmaSlope(Tensor t) => ones_like(t).neg();

    /// <inheritdoc/>
    public override Tensor AlphaLogSlope(Tensor t) => t.reciprocal();
}
