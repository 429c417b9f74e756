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
    public static byte[] Render(ShapeCombo combo, ulong seed, int split, ulong index, int frames, int size) =>
        Render(combo, seed, split, index, frames, size, size);

    /// <summary>As above on a canvas of other proportions, uint8 [T, H, W, 3]: the shorter side is the specification's, the longer one has more room.</summary>
    internal static byte[] Render(ShapeCombo combo, ulong seed, int split, ulong index, int frames, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 2);
        var canvas = new Worlds.WorldCanvas(frames, height, width);
        var state = new SplitMix64(seed).Next() ^ ((ulong)(split & 255) << 56) ^ index;
        var placements = ShapeTrajectory.Of(combo, frames, new SplitMix64(state), canvas.Width, canvas.Height);
        for (var t = 0; t < frames; t++)
            if (placements[t].Visible)
                canvas.Shape(t, combo.Shape, placements[t].X, placements[t].Y, placements[t].Radius, Palette[(int)combo.Colour]);
        return canvas.Clip;
    }
}
