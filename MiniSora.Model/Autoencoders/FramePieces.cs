using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders;

/// <summary>Frames through a network a few at a time, so that memory does not grow with a clip's length.</summary>
internal static class FramePieces
{
    /// <summary>
    /// <paramref name="step"/> over pieces of <paramref name="length"/> rows of <paramref name="whole"/>, joined; 0 or a length beyond the whole: at once.
    /// </summary>
    public static Tensor Run(Tensor whole, int length, Func<Tensor, Tensor> step)
    {
        if (length == 0 || length >= whole.shape[0])
            return step(whole);
        using var scope = NewDisposeScope();
        var results = new List<Tensor>();
        for (long at = 0; at < whole.shape[0]; at += length)
        {
            using var inner = NewDisposeScope();
            results.Add(step(whole.narrow(0, at, Math.Min(length, whole.shape[0] - at))).MoveToOuterDisposeScope());
        }

        return cat(results).MoveToOuterDisposeScope();
    }
}
