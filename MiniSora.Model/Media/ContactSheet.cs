namespace MiniSora.Model.Media;

/// <summary>Many clips at a glance: one row a clip, one column a frame.</summary>
public static class ContactSheet
{
    /// <summary>Writes a PNG or WebP (by the path's ending).</summary>
    /// <param name="path">Ends in <c>.png</c> or <c>.webp</c>.</param>
    /// <param name="clips">uint8 [T, H, W, 3] each.</param>
    /// <param name="T">Frames of each clip.</param>
    /// <param name="H">Height in pixels.</param>
    /// <param name="W">Width in pixels.</param>
    /// <param name="columns">Frames shown of each clip, uniform over it; at most T.</param>
    public static void Write(string path, IReadOnlyList<byte[]> clips, int T, int H, int W, int columns) => throw new NotImplementedException();
}
