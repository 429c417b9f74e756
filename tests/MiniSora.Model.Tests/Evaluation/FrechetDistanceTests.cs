using MiniSora.Model.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Evaluation;

public sealed class FrechetDistanceTests : TorchTests
{
    [Fact]
    public void In_one_dimension_it_is_the_difference_of_means_and_of_deviations()
    {
        // Means 2 and 5; standard deviations (N − 1) 1 and 3.
        var (x, y) = (tensor(new double[,] { { 1 }, { 2 }, { 3 } }), tensor(new double[,] { { 2 }, { 5 }, { 8 } }));
        Assert.Equal(9 + 4, FrechetDistance.Between(x, y), 12);
        Assert.Equal(9 + 4 * 2 / 3.0, FrechetDistance.Between(x, y, CovarianceNorm.Population), 12);
    }

    [Fact]
    public void A_shift_gives_its_squared_length_whatever_the_number_of_samples()
    {
        foreach (var (n, d) in new[] { (50, 4), (5, 12), (2, 3) })
        {
            manual_seed(n);
            var x = randn(n, d, dtype: ScalarType.Float64);
            Assert.Equal(0.25 * d, FrechetDistance.Between(x, x + 0.5), 9);
        }
    }

    [Fact]
    public void Scaling_a_set_changes_its_deviations_alone()
    {
        manual_seed(1);
        var x = randn(40, 6, dtype: ScalarType.Float64);
        x -= x.mean([0]);
        // Covariance Σ and 9Σ: trace of Σ + 9Σ − 2 · 3Σ.
        var trace = x.square().sum().item<double>() / 39;
        Assert.Equal(4 * trace, FrechetDistance.Between(x, x * 3), 9);
    }

    [Fact]
    public void One_sample_has_a_mean_alone()
    {
        var (x, y) = (tensor(new float[,] { { 1, 2 } }), tensor(new float[,] { { 4, 6 } }));
        Assert.Equal(25, FrechetDistance.Between(x, y), 12);
        Assert.Throws<ArgumentException>(() => FrechetDistance.Between(cat([x, y]), y));
        Assert.Throws<ArgumentException>(() => FrechetDistance.Between(x, ones(2, 3)));
    }

    [Fact]
    public void The_line_through_few_samples_ends_nearer_to_the_truth()
    {
        var (limit, slope) = InfiniteSamples.Extrapolate([(10, 3.5), (20, 3.25), (50, 3.1)]);
        Assert.Equal((3, 5), (Math.Round(limit, 9), Math.Round(slope, 9)));
        Assert.Throws<ArgumentException>(() => InfiniteSamples.Extrapolate([(10, 1), (10, 2)]));

        // Two samples of one distribution: the truth is 0, a finite set gives more.
        manual_seed(3);
        var (x, y) = (randn(400, 8, dtype: ScalarType.Float64), randn(20_000, 8, dtype: ScalarType.Float64));
        var finite = FrechetDistance.Between(x, y);
        var infinite = InfiniteSamples.Frechet(x, y, smallest: 50, seed: 1).Limit;
        Assert.True(Math.Abs(infinite) < finite / 2, $"{infinite} and {finite}");
        Assert.Equal(infinite, InfiniteSamples.Frechet(x, y, smallest: 50, seed: 1).Limit);
    }

    [Fact]
    public void Standardised_features_have_the_real_sets_units()
    {
        var real = tensor(new double[,] { { 1, 7 }, { 3, 7 }, { 5, 7 } });
        var (x, y) = FeatureMatrix.Standardised(real, tensor(new double[,] { { 7, 8 } }));
        Assert.Equal([-1, 0, 0, 0, 1, 0], x.data<double>().ToArray());
        Assert.Equal([2, 1], y.data<double>().ToArray());
    }

    [Fact]
    public void The_first_axis_holds_the_most()
    {
        var real = tensor(new double[,] { { -10, 1 }, { 10, 1 }, { 0, -2 } });
        var (x, y) = FeatureMatrix.OnPrincipalAxes(real, tensor(new double[,] { { 4, 100 } }), 1);
        Assert.Equal([10, 10, 0], x.abs().data<double>().ToArray().Select(value => Math.Round(value, 9)));
        Assert.Equal(4, Math.Abs(y.item<double>()), 9);
    }
}
