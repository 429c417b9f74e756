using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>Constant tables of a network that its checkpoints do not carry, by size, device and type; made once. Threads may share it.</summary>
internal sealed class TableCache : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Name, int Rows, int Columns, string Device, ScalarType Type), Tensor> tables = [];

    /// <summary>The table [numbers] of this name and size; <paramref name="values"/> is called when it is not there yet. Owned by the cache.</summary>
    public Tensor For(string name, int rows, int columns, Device device, ScalarType type, Func<float[]> values)
    {
        var key = (name, rows, columns, device.ToString(), type);
        using var held = gate.EnterScope();
        if (!tables.TryGetValue(key, out var table))
        {
            using var host = tensor(values());
            table = host.to(type, device, copy: true).DetachFromDisposeScope();
            tables[key] = table;
        }

        return table;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var table in tables.Values)
            table.Dispose();
        tables.Clear();
    }
}
