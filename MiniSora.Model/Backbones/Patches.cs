using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Backbones;

/// <summary>1×p×p patches of latents: numbers of a patch in the order (channel, row, column).</summary>
internal static class Patches
{
    /// <summary>[B, F, c, h, w] to [B, F, S, c·p·p], S = (h/p)·(w/p) row-major.</summary>
    public static Tensor Split(Tensor latents, int patch)
    {
        var s = latents.shape;
        if (s.Length != 5 || s[3] % patch != 0 || s[4] % patch != 0)
            throw new ArgumentException($"latents are [{string.Join(", ", s)}], expected [B, F, c, h, w] with h and w multiples of {patch}", nameof(latents));
        using var parts = latents.view(s[0], s[1], s[2], s[3] / patch, patch, s[4] / patch, patch);
        using var ordered = parts.permute(0, 1, 3, 5, 2, 4, 6);
        return ordered.reshape(s[0], s[1], s[3] / patch * (s[4] / patch), s[2] * patch * patch);
    }

    /// <summary>Undoes <see cref="Split"/>.</summary>
    public static Tensor Join(Tensor patches, int patch, long channels, long height, long width)
    {
        var s = patches.shape;
        using var parts = patches.view(s[0], s[1], height / patch, width / patch, channels, patch, patch);
        using var ordered = parts.permute(0, 1, 4, 2, 5, 3, 6);
        return ordered.reshape(s[0], s[1], channels, height, width);
    }
}
