using MiniSora.Model.Media;

namespace MiniSora.Web.Passports;

/// <summary>
/// What a video looks like in 256 bits: four frames, each as a grid of 9 × 8 brightnesses, a bit for each neighbour to the right that is brighter.
/// Coding it again or scaling it changes few bits, other pictures about half of them.
/// </summary>
internal static class Likeness
{
    private const int Frames = 4, Side = 9, Rows = 8;

    /// <summary>With at most so many different bits two videos look the same.</summary>
    public const int Near = 26;

    /// <summary>64 hex digits.</summary>
    public static async Task<string> OfAsync(string path, CancellationToken cancellationToken)
    {
        var pixels = await VideoFile.ReadFramesAsync(path, Frames, Side, cancellationToken);
        return Of(pixels);
    }

    /// <param name="pixels">uint8 [4, 9, 9, 3].</param>
    internal static string Of(byte[] pixels)
    {
        var bits = new byte[Frames * Rows];
        for (var frame = 0; frame < Frames; frame++)
        {
            for (var row = 0; row < Rows; row++)
            {
                for (var column = 0; column < 8; column++)
                {
                    if (Brightness(pixels, frame, row, column + 1) > Brightness(pixels, frame, row, column))
                        bits[(frame * Rows) + row] |= (byte)(1 << column);
                }
            }
        }

        return Convert.ToHexStringLower(bits);
    }

    /// <summary>How many bits differ; all of them for texts that are none of ours.</summary>
    public static int Distance(string one, string other)
    {
        if (one.Length != Frames * Rows * 2 || other.Length != one.Length)
            return Frames * Rows * 8;
        var (a, b) = (Convert.FromHexString(one), Convert.FromHexString(other));
        return a.Zip(b, (x, y) => System.Numerics.BitOperations.PopCount((uint)(x ^ y))).Sum();
    }

    // Small differences are noise of the coding: brightness counts in steps of eight.
    private static int Brightness(byte[] pixels, int frame, int row, int column)
    {
        var at = ((((frame * Side) + row) * Side) + column) * 3;
        return ((pixels[at] * 3) + (pixels[at + 1] * 6) + pixels[at + 2]) / 80;
    }
}
