namespace MiniSora.Model.Media;

/// <summary>Many clips at a glance: one row a clip, one column a frame.</summary>
public static class ContactSheet
{
    private const int Gap = 2;
    private const byte Ground = 96;
    private const int ShortestTile = 64;

    /// <summary>Writes a PNG or WebP (by the path's ending).</summary>
    /// <param name="path">Ends in <c>.png</c> or <c>.webp</c>; replaced when there.</param>
    /// <param name="clips">uint8 [T, H, W, 3] each, at least one.</param>
    /// <param name="T">Frames of each clip.</param>
    /// <param name="H">Height in pixels.</param>
    /// <param name="W">Width in pixels.</param>
    /// <param name="columns">Frames shown of each clip, uniform over it; at most T.</param>
    public static void Write(string path, IReadOnlyList<byte[]> clips, int T, int H, int W, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfZero(clips.Count);
        columns = Math.Clamp(columns, 1, T);
        var factor = Math.Max(1, (ShortestTile + Math.Min(H, W) - 1) / Math.Min(H, W));
        var (tileHeight, tileWidth) = (H * factor, W * factor);
        var height = Gap + clips.Count * (tileHeight + Gap);
        var width = Gap + columns * (tileWidth + Gap);
        var sheet = new byte[height * width * 3];
        Array.Fill(sheet, Ground);
        for (var row = 0; row < clips.Count; row++)
            for (var column = 0; column < columns; column++)
            {
                var t = FramePicks.Uniform(T, columns)[column];
                var tile = PixelScaling.Enlarged(clips[row].AsSpan((int)t * H * W * 3, H * W * 3), H, W, factor);
                for (var y = 0; y < tileHeight; y++)
                {
                    var top = Gap + row * (tileHeight + Gap) + y;
                    var left = Gap + column * (tileWidth + Gap);
                    tile.AsSpan(y * tileWidth * 3, tileWidth * 3).CopyTo(sheet.AsSpan((top * width + left) * 3));
                }
            }

        StillImage.Write(path, sheet, height, width, lossless: true);
    }
}
