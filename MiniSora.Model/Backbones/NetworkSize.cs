namespace MiniSora.Model.Backbones;

/// <summary>One of the named sizes that DiT, SiT and Latte share.</summary>
public sealed record NetworkSize(int Depth, int Width, int Heads, int Patch)
{
    /// <summary>A size by a name such as <c>DiT-S/2</c> or <c>LatteIMG-XL/2</c>; null for a name that is none.</summary>
    public static NetworkSize? Find(string name)
    {
        var parts = name.Split('-')[^1].Split('/');
        if (parts.Length != 2 || !DiTPresets.Sizes.TryGetValue(parts[0], out var size) || !int.TryParse(parts[1], out var patch) || !DiTPresets.Patches.Contains(patch))
            return null;
        return new NetworkSize(size.Depth, size.Width, size.Heads, patch);
    }
}
