namespace MiniSora.Model.Backbones;

/// <summary>The named sizes of DiT (its paper, table 1), which SiT and Latte share.</summary>
internal static class DiTPresets
{
    /// <summary>Depth, width and heads by letter.</summary>
    public static IReadOnlyDictionary<string, (int Depth, int Width, int Heads)> Sizes { get; } = new Dictionary<string, (int, int, int)>
    {
        ["S"] = (12, 384, 6),
        ["B"] = (12, 768, 12),
        ["L"] = (24, 1024, 16),
        ["XL"] = (28, 1152, 16),
    };

    /// <summary>Patch edges that each size comes with.</summary>
    public static IReadOnlyList<int> Patches { get; } = [2, 4, 8];

    /// <summary>All names: <c>DiT-S/2</c> … <c>DiT-XL/8</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Sizes.Keys.SelectMany(size => Patches.Select(patch => $"DiT-{size}/{patch}"))];

    /// <summary>A size by its name, such as <c>DiT-XL/2</c> or <c>SiT-B/4</c>; throws for a name that is none.</summary>
    public static DiTOptions Named(string name, int inputSize = 32, int classes = 1000)
    {
        var (size, patch) = Parse(name);
        var (depth, width, heads) = Sizes[size];
        return new DiTOptions { InputSize = inputSize, PatchSize = patch, NumClasses = classes, Depth = depth, HiddenSize = width, NumHeads = heads };
    }

    /// <summary>Letter and patch of a name like <c>Model-XL/2</c>.</summary>
    public static (string Size, int Patch) Parse(string name)
    {
        var parts = name.Split('-')[^1].Split('/');
        return parts.Length == 2 && Sizes.ContainsKey(parts[0]) && int.TryParse(parts[1], out var patch) && patch > 0
            ? (parts[0], patch)
            : throw new ArgumentException($"\"{name}\" is no named size: expected such as DiT-XL/2", nameof(name));
    }
}
