namespace MiniSora.Model.Backbones;

/// <summary>The named sizes of Latte (its paper, table 4).</summary>
internal static class LattePresets
{
    /// <summary>All names: <c>Latte-S/2</c> … <c>Latte-XL/8</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. DiTPresets.Sizes.Keys.SelectMany(size => DiTPresets.Patches.Select(patch => $"Latte-{size}/{patch}"))];

    /// <summary>
    /// A size by its name, such as <c>Latte-XL/2</c> or <c>LatteIMG-B/4</c>, unconditional with 16 frames; throws for a name that is none. A
    /// block of variants 3 and 4 has 22/18 of the numbers, so these have 18/22 of the blocks: 23 in place of 28, as the paper's counts say
    /// for XL.
    /// </summary>
    public static LatteOptions Named(string name, LatteVariant variant = LatteVariant.Interleaved, int inputSize = 32)
    {
        var (size, patch) = DiTPresets.Parse(name);
        var (depth, width, heads) = DiTPresets.Sizes[size];
        var twin = variant is LatteVariant.SequentialAttention or LatteVariant.ParallelAttention;
        return new LatteOptions
        {
            InputSize = inputSize,
            PatchSize = patch,
            HiddenSize = width,
            NumHeads = heads,
            Variant = variant,
            Depth = twin ? (int)Math.Round(depth * 18 / 22.0) : depth,
        };
    }
}
