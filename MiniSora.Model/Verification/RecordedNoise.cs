using MiniSora.Model.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>
/// Draws [n, B, …] that an original made, in call order. Some samplers draw in every step and use it in few; where there is a draw per
/// step it is taken by the step, otherwise one after the other.
/// </summary>
internal sealed class RecordedNoise(Tensor? draws, int steps) : INoiseSource
{
    private int used;

    /// <inheritdoc/>
    public Tensor Draw(int step, Tensor like)
    {
        if (draws is null)
            throw new FixtureException($"step {step} needs noise and the file has none");
        var index = draws.shape[0] == steps ? step : used++;
        if (index >= draws.shape[0])
            throw new FixtureException($"step {step} needs draw {index}, the file has {draws.shape[0]}");
        return draws[index].to_type(like.dtype);
    }
}
