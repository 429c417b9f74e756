using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers;

/// <summary>
/// One generator per element of the batch, so that a clip's noise depends on its own seed and not on its neighbours.
/// Drawn on the CPU in float32 and moved, hence the same on every device.
/// </summary>
internal sealed class SeededNoise : INoiseSource, IDisposable
{
    private readonly Generator[] generators;

    public SeededNoise(IReadOnlyList<long> seeds) =>
        generators = [.. seeds.Select(seed => new Generator(unchecked((ulong)seed), CPU))];

    /// <inheritdoc/>
    public Tensor Draw(int step, Tensor like)
    {
        if (like.shape[0] != generators.Length)
            throw new ArgumentException($"a batch of {generators.Length} has seeds, the state has {like.shape[0]}", nameof(like));
        using var scope = NewDisposeScope();
        var one = like.shape[1..];
        var drawn = stack([.. generators.Select(generator => randn(one, generator: generator))]); // [B, …]
        return drawn.to(like.device).to_type(like.dtype).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var generator in generators)
            generator.Dispose();
    }
}
