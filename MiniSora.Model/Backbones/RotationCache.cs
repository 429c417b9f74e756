using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Backbones;

/// <summary>Tables of positions by grid, rotary and plain; computed once, not part of a checkpoint. May be asked by several threads.
/// <paramref name="timeStride"/>: latent frames from one group to the next.</summary>
internal sealed class RotationCache(int headWidth, double timeStride = 1) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<(int, int, int, int, string, ScalarType), (Tensor Cos, Tensor Sin, Tensor Places)> tables = [];

    /// <summary>
    /// cos and sin [text + F·rows·columns, d], and the video tokens' features of <see cref="PositionEmbedding"/> [F·rows·columns, …]. Text
    /// tokens sit at the origin: their order is in the encoder.
    /// </summary>
    public (Tensor Cos, Tensor Sin, Tensor Places) For(int textTokens, int frames, int rows, int columns, Device device, ScalarType type)
    {
        var key = (textTokens, frames, rows, columns, device.ToString(), type);
        using var held = gate.EnterScope();
        if (tables.TryGetValue(key, out var found))
            return found;

        var grid = Rope3D.GridCoordinates(frames, rows, columns, timeStride);
        double[][] coordinates = [.. Enumerable.Repeat(new double[3], textTokens), .. grid];
        using var _ = NewDisposeScope();
        var (cos, sin) = Rope3D.Tables(coordinates, headWidth);
        Tensor Kept(Tensor table) => table.to(type, device).DetachFromDisposeScope();
        var made = (Kept(cos), Kept(sin), Kept(PositionEmbedding.FeaturesOf(grid)));
        tables[key] = made;
        return made;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (cos, sin, places) in tables.Values)
        {
            cos.Dispose();
            sin.Dispose();
            places.Dispose();
        }

        tables.Clear();
    }
}
