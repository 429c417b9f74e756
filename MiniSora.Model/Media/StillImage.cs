using System.Runtime.InteropServices;
using SkiaSharp;

namespace MiniSora.Model.Media;

/// <summary>Encodes RGB pixels as WebP or PNG.</summary>
internal static class StillImage
{
    /// <param name="path">Its ending chooses the format: <c>.webp</c> or <c>.png</c>.</param>
    /// <param name="rgb">uint8 [H, W, 3].</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="lossless">WebP without loss: for enlarged pixels smaller and sharper than lossy.</param>
    internal static void Write(string path, ReadOnlySpan<byte> rgb, int height, int width, bool lossless)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var pixels = new byte[width * height * 4];
        for (var i = 0; i < width * height; i++)
        {
            rgb.Slice(3 * i, 3).CopyTo(pixels.AsSpan(4 * i));
            pixels[4 * i + 3] = 255;
        }

        Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
        using var pixmap = bitmap.PeekPixels();
        using var data = Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".WEBP" => pixmap.Encode(new SKWebpEncoderOptions(
                lossless ? SKWebpEncoderCompression.Lossless : SKWebpEncoderCompression.Lossy, lossless ? 70 : 90)),
            ".PNG" => pixmap.Encode(SKPngEncoderOptions.Default),
            var other => throw new ArgumentException($"still images end in .webp or .png, not in '{other}'", nameof(path)),
        } ?? throw new InvalidOperationException($"no encoder for {Path.GetExtension(path)}");
        AtomicFile.Write(path, stream => data.SaveTo(stream));
    }
}
