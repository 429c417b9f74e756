namespace MiniSora.Model.Layers;

/// <summary>
/// Fixed tables of positions (models.md §1.0.2, §1.0.3), computed in float64: the sines, then the cosines, of position · 10000^(−i / m).
/// </summary>
internal static class SinCosPositions
{
    /// <summary>Positions 0 … count − 1 as row-major [count, width]; width even.</summary>
    public static double[] Line(int count, int width)
    {
        var table = new double[count * width];
        for (var position = 0; position < count; position++)
            Fill(table.AsSpan(position * width, width), position);
        return table;
    }

    /// <summary>
    /// A grid, row-major [rows · columns, width]; width a multiple of 4. The <b>column</b> fills the first half of a vector, the row the
    /// second. Coordinates are whole numbers times a spacing. <paramref name="extra"/> rows of zeros come first.
    /// </summary>
    public static double[] Grid(int rows, int columns, int width, double rowSpacing = 1, double columnSpacing = 1, int extra = 0)
    {
        if (width % 4 != 0)
            throw new ArgumentException($"width must be a multiple of 4, was {width}", nameof(width));
        var half = width / 2;
        var table = new double[(extra + rows * columns) * width];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                var at = (extra + row * columns + column) * width;
                Fill(table.AsSpan(at, half), column * columnSpacing);
                Fill(table.AsSpan(at + half, half), row * rowSpacing);
            }
        }

        return table;
    }

    /// <summary>Rounded to float32, as checkpoints have them.</summary>
    public static float[] ToSingle(double[] table) => Array.ConvertAll(table, value => (float)value);

    private static void Fill(Span<double> vector, double position)
    {
        if (vector.Length % 2 != 0)
            throw new ArgumentException($"the width of a vector of positions must be even, was {vector.Length}", nameof(vector));
        var half = vector.Length / 2;
        for (var i = 0; i < half; i++)
        {
            var angle = position * (1 / Math.Pow(10000, (double)i / half));
            vector[i] = Math.Sin(angle);
            vector[half + i] = Math.Cos(angle);
        }
    }
}
