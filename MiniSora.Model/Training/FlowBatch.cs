using MiniSora.Model.Backbones;
using MiniSora.Model.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>A batch of rectified flow with a time per frame.</summary>
/// <param name="Step">Step it belongs to.</param>
/// <param name="Mixed">x_t in patches, float32 [B, F, S, P]; given frames are clean.</param>
/// <param name="Target">What the network is to predict, n − x or x, in patches, float32 [B, F, S, P].</param>
/// <param name="LossWeight">float32 [B, F, 1, 1]: 0 on given frames; otherwise such that the weighted sum is the mean velocity loss.</param>
/// <param name="Times">Time per frame; 0 where given.</param>
/// <param name="Captions">One per lane.</param>
/// <param name="Rows">Patch rows of a frame.</param>
/// <param name="Columns">Patch columns of a frame.</param>
/// <param name="Kept">Patches that the loss is on, S' of a frame, in place of the target's S; null: all.</param>
internal sealed record FlowBatch(
    long Step, Tensor Mixed, Tensor Target, Tensor LossWeight, FrameTimes Times, IReadOnlyList<EncodedCaption> Captions, int Rows, int Columns, TokenSubset? Kept = null) : TrainingBatch(Step)
{
    /// <inheritdoc/>
    public override int Lanes => Times.Batch;

    /// <summary>Clips rather than images.</summary>
    public override bool IsTypical => Mixed.shape[1] > 1;

    /// <inheritdoc/>
    public override void Dispose()
    {
        Mixed.Dispose();
        Target.Dispose();
        LossWeight.Dispose();
    }

    /// <inheritdoc/>
    protected override TrainingBatch Part(int from, int size)
    {
        Tensor View(Tensor of) => of.narrow(0, from, size).DetachFromDisposeScope();
        return new FlowBatch(Step, View(Mixed), View(Target), View(LossWeight), Times.Lanes(from, size), [.. Captions.Skip(from).Take(size)], Rows, Columns, Kept);
    }
}
