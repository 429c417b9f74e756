using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Layers;

public sealed class Rope3DTests : TorchTests
{
    [Theory]
    [InlineData(32, 4, 6, 6)]
    [InlineData(64, 8, 12, 12)]
    [InlineData(16, 2, 3, 3)]
    [InlineData(8, 2, 1, 1)]
    [InlineData(2, 1, 0, 0)]
    public void A_quarter_of_the_pairs_turn_with_time(int headWidth, int t, int y, int x) =>
        Assert.Equal((t, y, x), Rope3D.Pairs(headWidth));

    [Fact]
    public void An_odd_head_width_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Rope3D.Pairs(7));

    [Fact]
    public void At_the_origin_nothing_turns()
    {
        var x = randn(3, 16);
        Assert.Equal(0, LargestDifference(x, Rotate(x, [[0, 0, 0], [0, 0, 0], [0, 0, 0]])));
    }

    [Fact]
    public void Scores_depend_on_coordinate_differences_only()
    {
        double[][] here = [[0, 1, 2], [3, 0.5, 7], [1.25, 4, 4]];
        double[][] shifted = [.. here.Select(c => new[] { c[0] + 2.5, c[1] - 3, c[2] + 11 })];
        var (q, k) = (randn(3, 32), randn(3, 32));
        var difference = LargestDifference(Rotate(q, here).mm(Rotate(k, here).t()), Rotate(q, shifted).mm(Rotate(k, shifted).t()));
        Assert.True(difference < 1e-4, $"scores moved by {difference}");
    }

    [Fact]
    public void Each_axis_changes_the_scores()
    {
        var (q, k) = (randn(1, 32), randn(1, 32));
        foreach (var moved in new double[][] { [1, 0, 0], [0, 1, 0], [0, 0, 1] })
        {
            var still = Rotate(q, [[0, 0, 0]]).mm(k.t());
            Assert.True(LargestDifference(still, Rotate(q, [moved]).mm(k.t())) > 1e-3);
        }
    }

    [Fact]
    public void Grid_coordinates_run_over_columns_first()
    {
        var grid = Rope3D.GridCoordinates(2, 2, 3);
        Assert.Equal(12, grid.Length);
        Assert.Equal([0, 0, 2], grid[2]);
        Assert.Equal([0, 1, 0], grid[3]);
        Assert.Equal([1, 0, 0], grid[6]);
    }

    private static Tensor Rotate(Tensor x, double[][] coordinates)
    {
        var (cos, sin) = Rope3D.Tables(coordinates, (int)x.shape[1]);
        return x * cos + Rope3D.Swap(x) * sin;
    }
}
