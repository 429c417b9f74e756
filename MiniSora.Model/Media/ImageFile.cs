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
    public static byte[] ReadRgb(string path, int size) => ReadRgb(path, size, size);

    /// <summary>As above, the centre in the proportions of another size: uint8 [H, W, 3].</summary>
    public static byte[] ReadRgb(string path, int height, int width)
    {
        var name = Path.GetFileName(path);
        return new FileInfo(path).Length > MaxBytes ? throw TooLarge(name) : ReadRgb(File.ReadAllBytes(path), name, height, width);
    }

    /// <summary>As above, for bytes that have not been stored yet.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="name">How messages call it.</param>
    /// <param name="size">S in pixels.</param>
    public static byte[] ReadRgb(byte[] file, string name, int size) => ReadRgb(file, name, size, size);

    private static byte[] ReadRgb(byte[] file, string name, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
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

        // What is the centre stays the centre when turned, so turning the small result is enough.
        var lying = codec.EncodedOrigin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        var centre = PixelScaling.Centre(pixels, info.Width, info.Height, lying ? width : height, lying ? height : width);
        return Upright(centre, height, width, codec.EncodedOrigin);
    }

    private static byte[] Upright(byte[] image, int height, int width, SKEncodedOrigin origin)
    {
        if (origin is SKEncodedOrigin.TopLeft)
            return image;
        var turned = new byte[image.Length];
        var (right, bottom) = (width - 1, height - 1);
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
            {
                // Where the upright pixel (x, y) lies in the stored picture, and how wide that is.
                var (column, row, across) = origin switch
                {
                    SKEncodedOrigin.TopRight => (right - x, y, width),
                    SKEncodedOrigin.BottomRight => (right - x, bottom - y, width),
                    SKEncodedOrigin.BottomLeft => (x, bottom - y, width),
                    SKEncodedOrigin.LeftTop => (y, x, height),
                    SKEncodedOrigin.RightTop => (y, right - x, height),
                    SKEncodedOrigin.RightBottom => (bottom - y, right - x, height),
                    _ => (bottom - y, x, height),
                };
                image.AsSpan((row * across + column) * 3, 3).CopyTo(turned.AsSpan((y * width + x) * 3));
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
