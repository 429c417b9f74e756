using MiniSora.Model.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Evaluation;

public sealed class FeatureNeighboursTests : TorchTests
{
    private static Tensor Line(params double[] places) => tensor(places).unsqueeze(1);

    [Fact]
    public void Coverage_counts_real_samples_and_density_neighbourhoods()
    {
        // Balls to the nearest other: 0 and 1 reach 1, 5 reaches 4, 12 reaches 7.
        var real = Line(0, 1, 5, 12);
        Assert.Equal(new DensityCoverage(3 / 2.0, 3 / 4.0), FeatureNeighbours.Coverage(real, Line(0.5, 4), 1));
        Assert.Equal(new DensityCoverage(0, 0), FeatureNeighbours.Coverage(real, Line(-50), 1));
        Assert.Equal(1, FeatureNeighbours.Coverage(real, real, 2).Coverage);
        Assert.Throws<ArgumentOutOfRangeException>(() => FeatureNeighbours.Coverage(real, real, 4));
    }

    [Fact]
    public void One_mode_alone_covers_half_of_two()
    {
        manual_seed(0);
        var real = cat([randn(60, 9), randn(60, 9) + 30]);
        var coverage = FeatureNeighbours.Coverage(real, randn(200, 9)).Coverage;
        Assert.InRange(coverage, 0.45, 0.5);
    }

    [Fact]
    public void Copies_are_not_authentic()
    {
        var training = Line(0, 10, 20);
        Assert.Equal(0, FeatureNeighbours.Authenticity(training, training));
        Assert.Equal(0.5, FeatureNeighbours.Authenticity(training, Line(1, 40)));
    }
}
