namespace MiniSora.Model.Media;

/// <summary>A still image of a clip.</summary>
public static class Poster
{
    /// <summary>Writes one frame as WebP or PNG (by the path's ending), enlarged like the video.</summary>
    /// <param name="path">Ends in <c>.webp</c> or <c>.png</c>; replaced when there.</param>
    /// <param name="frame">uint8 [H, W, 3].</param>
    /// <param name="H">Height in pixels.</param>
    /// <param name="W">Width in pixels.</param>
    public static void Write(string path, ReadOnlySpan<byte> frame, int H, int W)
    {
        if (frame.Length != H * W * 3)
            throw new ArgumentException($"a frame of {W} × {H} pixels is {H * W * 3} bytes, was {frame.Length}", nameof(frame));
        var factor = PixelScaling.ShownFactor(H, W);
        StillImage.Write(path, PixelScaling.Enlarged(frame, H, W, factor), H * factor, W * factor, lossless: factor > 1);
    }
}
