using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Backbones;

/// <summary>Rotary tables by grid; computed once, not part of a checkpoint. May be asked by several threads.</summary>
internal sealed class RotationCache(int headWidth) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<(int, int, int, int, string, ScalarType), (Tensor Cos, Tensor Sin)> tables = [];

    /// <summary>
    /// cos and sin [text + F·rows·columns, d]. Text tokens sit at the origin: their order is in the encoder, and video
    /// tokens that look at them learn where they stand themselves.
    /// </summary>
    public (Tensor Cos, Tensor Sin) For(int textTokens, int frames, int rows, int columns, Device device, ScalarType type)
    {
        var key = (textTokens, frames, rows, columns, device.ToString(), type);
        using var held = gate.EnterScope();
        if (tables.TryGetValue(key, out var found))
            return found;

        double[][] coordinates = [.. Enumerable.Repeat(new double[3], textTokens), .. Rope3D.GridCoordinates(frames, rows, columns)];
        using var _ = NewDisposeScope();
        var (cos, sin) = Rope3D.Tables(coordinates, headWidth);
        var made = (cos.to(type, device).DetachFromDisposeScope(), sin.to(type, device).DetachFromDisposeScope());
        tables[key] = made;
        return made;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (cos, sin) in tables.Values)
        {
            cos.Dispose();
            sin.Dispose();
        }

        tables.Clear();
    }
}
