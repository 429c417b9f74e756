namespace MiniSora.Model.Autoencoders;

/// <summary>How much of a clip is decoded at once: bounds the memory of decoding, at the price of time and, for tiles, of a small difference.</summary>
public sealed record DecodingPlan
{
    /// <summary>Everything at once.</summary>
    public static DecodingPlan Whole { get; } = new();

    /// <summary>Latent frames at once; 0: all. Exact for causal and for frame-wise codecs.</summary>
    public int Frames { get; init; }

    /// <summary>Side of a square tile in latent cells; 0: the whole picture.</summary>
    public int Tile { get; init; }

    /// <summary>Cells that neighbouring tiles share at least, over which one fades into the other; at most half a <see cref="Tile"/>. Default 0: a quarter of it.</summary>
    public int Overlap { get; init; }

    /// <summary>
    /// What sampling decodes latents [B, F, c, h, w] by: eight frames at once, and pictures of more than 96 cells in tiles of 64, so that the memory of decoding does not
    /// grow with the clip.
    /// </summary>
    public static DecodingPlan For(long[] shape) => new() { Frames = 8, Tile = Math.Max(shape[^1], shape[^2]) > 96 ? 64 : 0, Overlap = Math.Max(shape[^1], shape[^2]) > 96 ? 16 : 0 };

    /// <summary>Throws <see cref="ArgumentException"/> when a number is impossible.</summary>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Frames);
        ArgumentOutOfRangeException.ThrowIfNegative(Tile);
        ArgumentOutOfRangeException.ThrowIfNegative(Overlap);
        if (Overlap > Tile / 2)
            throw new ArgumentException($"tiles of {Tile} cells can overlap by at most {Tile / 2}, was {Overlap}");
    }
}
