using MiniSora.Model.Layers;

namespace MiniSora.Model.Tests.Layers;

public sealed class SinCosPositionsTests
{
    [Fact]
    public void A_line_has_sines_then_cosines_of_falling_frequency()
    {
        // Width 4: frequencies 1 and 10000^(-1/2) = 0.01.
        double[] expected = [0, 0, 1, 1, Math.Sin(1), Math.Sin(0.01), Math.Cos(1), Math.Cos(0.01), Math.Sin(2), Math.Sin(0.02), Math.Cos(2), Math.Cos(0.02)];
        Near(expected, SinCosPositions.Line(3, 4));
    }

    [Fact]
    public void In_a_grid_the_column_fills_the_first_half()
    {
        // 2 rows, 3 columns, width 4: one frequency, so sin and cos of the column, then of the row.
        var grid = SinCosPositions.Grid(2, 3, 4);
        Near([Math.Sin(2), Math.Cos(2), 0, 1], grid[8..12]);
        Near([0, 1, Math.Sin(1), Math.Cos(1)], grid[12..16]);
    }

    [Fact]
    public void Extra_rows_are_zeros_in_front()
    {
        var grid = SinCosPositions.Grid(2, 2, 8, extra: 1);
        Assert.Equal(new double[8], grid[..8]);
        Assert.Equal(SinCosPositions.Grid(2, 2, 8), grid[8..]);
    }

    [Fact]
    public void Spacing_multiplies_the_coordinates() =>
        Near([Math.Sin(0.5), Math.Cos(0.5), Math.Sin(0.25), Math.Cos(0.25)], SinCosPositions.Grid(2, 2, 4, 0.25, 0.5)[12..]);

    [Fact]
    public void A_width_that_does_not_split_is_refused() => Assert.Throws<ArgumentException>(() => SinCosPositions.Grid(2, 2, 6));

    private static void Near(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-12);
    }
}
