using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// Back from tokens to pixels (models.md §1.0.7). The numbers of a token are in the order (time, row, column, <b>channel</b>), channel
/// fastest, unlike those of <see cref="PatchEmbedding"/>.
/// </summary>
internal static class TokenOrder
{
    /// <summary>Tokens [N, t·h·w, pt·p·p·C] of a grid of patches to [N, C, t·pt, h·p, w·p].</summary>
    public static Tensor Videos(Tensor tokens, PatchSize patch, PatchSize grid, long channels)
    {
        var n = tokens.shape[0];
        return tokens
            .view(n, grid.Frames, grid.Height, grid.Width, patch.Frames, patch.Height, patch.Width, channels)
            .permute(0, 7, 1, 4, 2, 5, 3, 6)
            .reshape(n, channels, grid.Frames * patch.Frames, grid.Height * patch.Height, grid.Width * patch.Width);
    }

    /// <summary>Tokens [N, h·w, p·p·C] to [N, C, h·p, w·p].</summary>
    public static Tensor Images(Tensor tokens, int patch, int rows, int columns, long channels) =>
        Videos(tokens, new PatchSize(1, patch, patch), new PatchSize(1, rows, columns), channels).squeeze(2);
}
