using MiniSora.Model.Backbones;
using MiniSora.Model.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>
/// One step's tensors, on the CPU until the step takes them.
/// </summary>
/// <param name="Step">Step they belong to.</param>
/// <param name="Mixed">x_t in patches, float32 [B, F, S, P]; given frames are clean.</param>
/// <param name="Target">What the network is to predict, n − x or x, in patches, float32 [B, F, S, P].</param>
/// <param name="LossWeight">float32 [B, F, 1, 1]: 0 on given frames; otherwise such that the weighted sum is the mean velocity loss.</param>
/// <param name="Times">Time per frame; 0 where given.</param>
/// <param name="Captions">One per lane.</param>
/// <param name="Rows">Patch rows of a frame.</param>
/// <param name="Columns">Patch columns of a frame.</param>
internal sealed record TrainingBatch(
    long Step, Tensor Mixed, Tensor Target, Tensor LossWeight, FrameTimes Times, IReadOnlyList<EncodedCaption> Captions, int Rows, int Columns) : IDisposable
{
    /// <summary>
    /// The lanes in at most <paramref name="count"/> parts of nearly equal number, views of this batch; itself when one part is enough. The
    /// losses of the parts add up to the loss of the whole.
    /// </summary>
    public List<TrainingBatch> Split(int count)
    {
        count = Math.Min(count, Times.Batch);
        if (count <= 1)
            return [this];
        var parts = new List<TrainingBatch>();
        for (int i = 0, from = 0; i < count; i++)
        {
            var size = (Times.Batch - from) / (count - i);
            Tensor Part(Tensor of) => of.narrow(0, from, size).DetachFromDisposeScope();
            parts.Add(new TrainingBatch(Step, Part(Mixed), Part(Target), Part(LossWeight), Times.Lanes(from, size), [.. Captions.Skip(from).Take(size)], Rows, Columns));
            from += size;
        }

        return parts;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Mixed.Dispose();
        Target.Dispose();
        LossWeight.Dispose();
    }
}
