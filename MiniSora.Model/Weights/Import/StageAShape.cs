using System.Globalization;
using MiniSora.Model.Cascade;

namespace MiniSora.Model.Weights.Import;

/// <summary>Sizes of a stage A by the shapes of its tensors.</summary>
internal static class StageAShape
{
    /// <summary>Throws <see cref="ImportException"/> when these are not the tensors of one.</summary>
    public static StageAOptions Of(IReadOnlyDictionary<string, IReadOnlyList<long>> shapes)
    {
        ImportException Unlike(string name) => new("import_keys", $"This is no Stage A: it has no \"{name}\".", ("kind", "Stage A"), ("detail", name));
        long Size(string name, int dimension) => shapes.TryGetValue(name, out var shape) && shape.Count > dimension ? shape[dimension] : throw Unlike(name);
        var codebook = shapes.TryGetValue("vquantizer.codebook.weight", out var entries) && entries.Count == 2 ? entries : throw Unlike("vquantizer.codebook.weight");
        // Down: a block per level, a halving between any two, then the latent.
        var last = shapes.Keys.Where(key => key.StartsWith("down_blocks.", StringComparison.Ordinal))
            .Select(key => int.TryParse(key.Split('.')[1], NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : 0).DefaultIfEmpty(0).Max();
        var levels = (last + 1) / 2;
        if (levels < 1 || last != 2 * levels - 1)
            throw Unlike("down_blocks.1.0.weight");
        // Up: the bottom's blocks, then a doubling and a block per level.
        var blocks = shapes.Keys.Where(key => key.StartsWith("up_blocks.", StringComparison.Ordinal) && key.EndsWith(".gammas", StringComparison.Ordinal)).Count() - (levels - 1);
        return new StageAOptions(levels, blocks, (int)Size($"down_blocks.{last}.0.weight", 1), (int)codebook[1], (int)codebook[0]);
    }
}
