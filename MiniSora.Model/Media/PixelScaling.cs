namespace MiniSora.Model.Media;

/// <summary>Sizes of pictures: down by area, up by whole factors.</summary>
internal static class PixelScaling
{
    private const int ShortestShownSide = 256;

    /// <summary>The whole factor that brings the shorter side to at least 256 pixels.</summary>
    internal static int ShownFactor(int height, int width) =>
        Math.Max(1, (ShortestShownSide + Math.Min(height, width) - 1) / Math.Min(height, width));

    /// <summary>Centre square of an RGBA picture (straight alpha, falls on white) averaged by area: uint8 [S, S, 3].</summary>
    /// <param name="rgba">uint8 [H, W, 4].</param>
    /// <param name="width">W.</param>
    /// <param name="height">H.</param>
    /// <param name="size">S.</param>
    internal static byte[] CentreSquare(ReadOnlySpan<byte> rgba, int width, int height, int size) => Centre(rgba, width, height, size, size);

    /// <summary>As <see cref="CentreSquare"/>, the largest centre part in the proportions of rows × columns: uint8 [rows, columns, 3].</summary>
    internal static byte[] Centre(ReadOnlySpan<byte> rgba, int width, int height, int rows, int columns)
    {
        var across = (int)Math.Max(1, Math.Min(width, (long)height * columns / rows));
        var down = (int)Math.Max(1, Math.Min(height, (long)width * rows / columns));
        var (left, top) = ((width - across) / 2, (height - down) / 2);
        var (boxesAcross, boxesDown) = (Boxes(across, columns), Boxes(down, rows));

        // Rows first: [down, columns, 3], then columns.
        var narrowed = new double[down * columns * 3];
        for (var y = 0; y < down; y++)
        {
            var line = rgba.Slice(((top + y) * width + left) * 4, across * 4);
            for (var x = 0; x < columns; x++)
            {
                double red = 0, green = 0, blue = 0;
                var (first, weights) = boxesAcross[x];
                for (var i = 0; i < weights.Length; i++)
                {
                    var pixel = line.Slice((first + i) * 4, 4);
                    var opaque = weights[i] * pixel[3] / 255;
                    var white = 255 * (weights[i] - opaque);
                    red += opaque * pixel[0] + white;
                    green += opaque * pixel[1] + white;
                    blue += opaque * pixel[2] + white;
                }

                var at = (y * columns + x) * 3;
                (narrowed[at], narrowed[at + 1], narrowed[at + 2]) = (red, green, blue);
            }
        }

        var result = new byte[rows * columns * 3];
        for (var y = 0; y < rows; y++)
        {
            var (first, weights) = boxesDown[y];
            for (var column = 0; column < columns * 3; column++)
            {
                double sum = 0;
                for (var i = 0; i < weights.Length; i++)
                    sum += weights[i] * narrowed[(first + i) * columns * 3 + column];
                result[y * columns * 3 + column] = (byte)Math.Clamp((int)(sum + 0.5), 0, 255);
            }
        }

        return result;
    }

    /// <summary>Every pixel of a picture as a block: uint8 [H, W, 3] to [H·factor, W·factor, 3].</summary>
    internal static byte[] Enlarged(ReadOnlySpan<byte> rgb, int height, int width, int factor)
    {
        var result = new byte[rgb.Length * factor * factor];
        var line = width * factor * 3;
        for (var y = 0; y < height; y++)
        {
            var first = result.AsSpan(y * factor * line, line);
            for (var x = 0; x < width * factor; x++)
                rgb.Slice((y * width + x / factor) * 3, 3).CopyTo(first[(x * 3)..]);
            for (var copy = 1; copy < factor; copy++)
                first.CopyTo(result.AsSpan((y * factor + copy) * line, line));
        }

        return result;
    }

    /// <summary>For each target pixel the source pixels it covers and their shares, which add up to one.</summary>
    private static (int First, double[] Weights)[] Boxes(int from, int to)
    {
        var boxes = new (int, double[])[to];
        for (var i = 0; i < to; i++)
        {
            // In units of 1/to source pixels everything is whole: no rounding decides which pixel counts.
            long start = (long)i * from, end = start + from;
            var (first, last) = ((int)(start / to), (int)((end - 1) / to));
            var weights = new double[last - first + 1];
            for (var j = first; j <= last; j++)
                weights[j - first] = (double)(Math.Min(end, (j + 1L) * to) - Math.Max(start, (long)j * to)) / from;
            boxes[i] = (first, weights);
        }

        return boxes;
    }
}
