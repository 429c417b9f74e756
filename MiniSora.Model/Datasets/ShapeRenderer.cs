namespace MiniSora.Model.Datasets;

/// <summary>Draws clips of the moving-shapes specification: 4 × 4 exact sub-samples a pixel, integer mixing.</summary>
public static class ShapeRenderer
{
    internal static readonly (byte R, byte G, byte B)[] Palette =
    [
        (230, 25, 25), (30, 180, 30), (40, 70, 235), (240, 220, 30),
        (150, 40, 200), (30, 210, 220), (245, 130, 20), (240, 240, 240),
    ];

    internal const byte Background = 16;

    /// <summary>True for the sizes the specification defines: those that divide 512, from 8 pixels on.</summary>
    public static bool IsSize(int size) => size is >= 8 and <= 512 && 512 % size == 0;

    /// <summary>One clip, uint8 [T, S, S, 3].</summary>
    /// <param name="combo">What to draw.</param>
    /// <param name="seed">Seed of the set.</param>
    /// <param name="split">0 reference, 1 train, 2 dev, 3 test, 9 evaluator training.</param>
    /// <param name="index">Number of the clip in its split; lower 56 bits count.</param>
    /// <param name="frames">T, at least 2.</param>
    /// <param name="size">S in pixels; must divide 512.</param>
    public static byte[] Render(ShapeCombo combo, ulong seed, int split, ulong index, int frames, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 2);
        if (!IsSize(size))
            throw new ArgumentOutOfRangeException(nameof(size), size, "must divide 512 and be at least 8");

        var state = new SplitMix64(seed).Next() ^ ((ulong)(split & 255) << 56) ^ index;
        var placements = ShapeTrajectory.Of(combo, frames, new SplitMix64(state));
        var clip = new byte[frames * size * size * 3];
        clip.AsSpan().Fill(Background);
        for (var t = 0; t < frames; t++)
            if (placements[t].Visible)
                Draw(clip.AsSpan(t * size * size * 3, size * size * 3), combo, placements[t], size);
        return clip;
    }

    /// <summary>Only the pixels the outline can reach are sampled; all others keep the background.</summary>
    private static void Draw(Span<byte> frame, ShapeCombo combo, ShapePlacement at, int size)
    {
        var outline = new ShapeOutline(combo.Shape, at.Radius);
        var pixel = ShapeTrajectory.Canvas / size;
        var (left, right) = Range(at.X, outline.Reach, pixel, size);
        var (top, bottom) = Range(at.Y, outline.Reach, pixel, size);
        var (red, green, blue) = Palette[(int)combo.Colour];
        var step = pixel / 4;
        for (var row = top; row <= bottom; row++)
        {
            for (var column = left; column <= right; column++)
            {
                var cover = 0;
                for (var j = 0; j < 4; j++)
                {
                    var y = row * pixel + j * step + step / 2 - at.Y;
                    for (var i = 0; i < 4; i++)
                        cover += outline.Contains(column * pixel + i * step + step / 2 - at.X, y) ? 1 : 0;
                }

                if (cover == 0)
                    continue;
                var offset = (row * size + column) * 3;
                frame[offset] = Mix(red, cover);
                frame[offset + 1] = Mix(green, cover);
                frame[offset + 2] = Mix(blue, cover);
            }
        }
    }

    private static (int First, int Last) Range(long centre, long reach, long pixel, int size) =>
        ((int)Math.Max(0, (centre - reach) / pixel), (int)Math.Min(size - 1, (centre + reach) / pixel));

    private static byte Mix(byte colour, int cover) => (byte)((Background * (16 - cover) + colour * cover + 8) / 16);
}
