using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Objectives;

/// <summary>One number per step of a process, kept in double and gathered by time. Threads may share it, on any devices.</summary>
internal sealed class CoefficientTable(IEnumerable<double> values) : IDisposable
{
    private readonly double[] values = [.. values];
    private readonly Lock gate = new();
    private readonly Dictionary<string, Tensor> stored = [];

    /// <summary>The numbers.</summary>
    public IReadOnlyList<double> Values => values;

    /// <summary>Entries at t [B], in the type of <paramref name="like"/> [B, …] and as [B, 1, …] so that they broadcast over it.</summary>
    public Tensor At(Tensor t, Tensor like)
    {
        using var scope = NewDisposeScope();
        var table = Stored(like.device);
        var shape = Enumerable.Repeat(1L, (int)like.dim()).ToArray();
        shape[0] = t.shape[0];
        return table.index_select(0, t.to(like.device)).to_type(like.dtype).view(shape).MoveToOuterDisposeScope();
    }

    private Tensor Stored(Device device)
    {
        lock (gate)
        {
            var key = device.ToString();
            if (!stored.TryGetValue(key, out var table))
                stored[key] = table = tensor(values, dtype: ScalarType.Float64).to(device).DetachFromDisposeScope();
            return table;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var table in stored.Values)
            table.Dispose();
        stored.Clear();
    }
}
