using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers;

/// <summary>The last few tensors of a multistep method, newest first. They outlive the dispose scopes of single steps.</summary>
internal sealed class TensorHistory(int length) : IDisposable
{
    private readonly List<Tensor> kept = [];

    /// <summary>How many there are, at most the length.</summary>
    public int Count => kept.Count;

    /// <summary>0 is the newest; owned by the history.</summary>
    public Tensor this[int back] => kept[back];

    /// <summary>Keeps a copy and forgets the oldest if there are too many.</summary>
    public void Push(Tensor value)
    {
        kept.Insert(0, value.clone().DetachFromDisposeScope());
        if (kept.Count <= length)
            return;
        kept[^1].Dispose();
        kept.RemoveAt(kept.Count - 1);
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        foreach (var tensor in kept)
            tensor.Dispose();
        kept.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();
}
