using static TorchSharp.torch;

namespace MiniSora.Model.Objectives;

/// <summary>
/// A network as processes see it: x [B, …] at times t [B] to an output of x's shape, or with twice the channels where a variance is
/// learned too. The caller owns the result.
/// </summary>
internal delegate Tensor Predict(Tensor x, Tensor t);

/// <summary>Standard normal numbers (or ±1 probes) in the shape, type and place of <paramref name="like"/>; the caller owns them.</summary>
internal delegate Tensor NoiseDraw(Tensor like);
