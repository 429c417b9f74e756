using System.Runtime.InteropServices;
using MiniSora.Model.Media;
using SkiaSharp;

namespace MiniSora.Model.Datasets;

/// <summary>Turns an animated WebP into a clip. Distributions' ffmpeg cannot read these; Skia can.</summary>
internal static class AnimatedWebP
{
    private const int MaxSide = 1024;
    private const int MaxFrames = 1000;

    /// <summary>Number of frames; 1 for a still picture, 0 where it is no picture of sane size.</summary>
    internal static int FrameCount(byte[] file)
    {
        using var data = SKData.CreateCopy(file);
        using var codec = SKCodec.Create(data);
        return codec is null || codec.Info.Width > MaxSide || codec.Info.Height > MaxSide || codec.FrameCount > MaxFrames
            ? 0
            : Math.Max(1, codec.FrameCount);
    }

    /// <summary>T frames, uniform over the whole animation, on white: uint8 [T, S, S, 3].</summary>
    /// <exception cref="InvalidDataException">Damaged.</exception>
    internal static byte[] Read(byte[] file, int frames, int size)
    {
        using var data = SKData.CreateCopy(file);
        using var codec = SKCodec.Create(data) ?? throw new InvalidDataException("not a picture");
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        using var bitmap = new SKBitmap(info);
        var pixels = new byte[info.Width * info.Height * 4];
        var clip = new byte[frames * size * size * 3];
        var picks = FramePicks.Uniform(codec.FrameCount, frames);
        var filled = 0;

        // Frames are differences to the one before: none may be left out, all go into the same bitmap.
        for (var i = 0; filled < frames; i++)
        {
            var options = i == 0 ? new SKCodecOptions(0) : new SKCodecOptions(i, i - 1);
            if (codec.GetPixels(info, bitmap.GetPixels(), options) != SKCodecResult.Success)
                throw new InvalidDataException($"frame {i} of {codec.FrameCount} is damaged");
            if (picks[filled] != i)
                continue;
            Marshal.Copy(bitmap.GetPixels(), pixels, 0, pixels.Length);
            var frame = PixelScaling.CentreSquare(pixels, info.Width, info.Height, size);
            for (; filled < frames && picks[filled] == i; filled++)
                frame.CopyTo(clip, filled * frame.Length);
        }

        return clip;
    }
}
