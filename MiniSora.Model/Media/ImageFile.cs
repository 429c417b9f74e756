using System.Runtime.InteropServices;
using SkiaSharp;

namespace MiniSora.Model.Media;

/// <summary>Reads still images of unknown origin (PNG, JPEG, WebP, GIF, BMP).</summary>
public static class ImageFile
{
    /// <summary>Files above this are refused unread: 20 MiB.</summary>
    public const long MaxBytes = 20 * 1024 * 1024;

    /// <summary>Images above this are refused undecoded: 50 million pixels.</summary>
    public const long MaxPixels = 50_000_000;

    /// <summary>
    /// Turned upright, centre-cropped to a square and scaled by area: uint8 [S, S, 3]. Transparency falls on white.
    /// </summary>
    /// <exception cref="MediaException">Not an image, or too large.</exception>
    public static byte[] ReadRgb(string path, int size)
    {
        var name = Path.GetFileName(path);
        return new FileInfo(path).Length > MaxBytes ? throw TooLarge(name) : ReadRgb(File.ReadAllBytes(path), name, size);
    }

    /// <summary>As above, for bytes that have not been stored yet.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="name">How messages call it.</param>
    /// <param name="size">S in pixels.</param>
    public static byte[] ReadRgb(byte[] file, string name, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        if (file.LongLength > MaxBytes)
            throw TooLarge(name);
        using var data = SKData.CreateCopy(file);
        using var codec = SKCodec.Create(data) ?? throw NotAnImage(name);
        var info = codec.Info.WithColorType(SKColorType.Rgba8888).WithAlphaType(SKAlphaType.Unpremul).WithColorSpace(SKColorSpace.CreateSrgb());
        if ((long)info.Width * info.Height > MaxPixels)
            throw TooLarge(name);

        using var bitmap = new SKBitmap(info);
        if (codec.GetPixels(info, bitmap.GetPixels()) != SKCodecResult.Success)
            throw NotAnImage(name);
        var pixels = new byte[info.Width * info.Height * 4];
        Marshal.Copy(bitmap.GetPixels(), pixels, 0, pixels.Length);

        // The centre square stays the centre square when turned, so turning the small result is enough.
        return Upright(PixelScaling.CentreSquare(pixels, info.Width, info.Height, size), size, codec.EncodedOrigin);
    }

    private static byte[] Upright(byte[] image, int size, SKEncodedOrigin origin)
    {
        if (origin is SKEncodedOrigin.TopLeft)
            return image;
        var turned = new byte[image.Length];
        var last = size - 1;
        for (var y = 0; y < size; y++)
            for (var x = 0; x < size; x++)
            {
                // Where the upright pixel (x, y) lies in the stored picture.
                var (column, row) = origin switch
                {
                    SKEncodedOrigin.TopRight => (last - x, y),
                    SKEncodedOrigin.BottomRight => (last - x, last - y),
                    SKEncodedOrigin.BottomLeft => (x, last - y),
                    SKEncodedOrigin.LeftTop => (y, x),
                    SKEncodedOrigin.RightTop => (y, last - x),
                    SKEncodedOrigin.RightBottom => (last - y, last - x),
                    _ => (last - y, x),
                };
                image.AsSpan((row * size + column) * 3, 3).CopyTo(turned.AsSpan((y * size + x) * 3));
            }

        return turned;
    }

    private static MediaException NotAnImage(string name) => new(
        MediaErrors.NotAnImage, $"{name} is not an image that can be read. Give a PNG, JPEG, WebP, GIF or BMP file.", [name]);

    private static MediaException TooLarge(string name) => new(
        MediaErrors.ImageTooLarge,
        $"{name} is too large: at most {MaxBytes >> 20} MiB and {MaxPixels / 1_000_000} million pixels.",
        [name, $"{MaxBytes >> 20} MiB, {MaxPixels / 1_000_000} MP"]);
}
