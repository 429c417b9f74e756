using MiniSora.Model.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Evaluation;

public sealed class KernelDistanceTests : TorchTests
{
    [Fact]
    public void Two_samples_each_agree_with_the_sum_by_hand()
    {
        // D = 1: k(1, 2) = 27, k(3, 0) = 1; k(1, 3) = 64, k(1, 0) = 1, k(2, 3) = 343, k(2, 0) = 1.
        var (x, y) = (tensor(new double[,] { { 1 }, { 2 } }), tensor(new double[,] { { 3 }, { 0 } }));
        Assert.Equal(27 + 1 - 2 * (64 + 1 + 343 + 1) / 4.0, KernelDistance.Between(x, y), 12);
    }

    [Fact]
    public void Equal_distributions_are_at_zero_on_average_and_different_ones_are_not()
    {
        double equal = 0, different = 0;
        for (var i = 0; i < 40; i++)
        {
            manual_seed(i);
            var (x, y) = (randn(50, 4, dtype: ScalarType.Float64), randn(60, 4, dtype: ScalarType.Float64));
            equal += KernelDistance.Between(x, y) / 40;
            different += KernelDistance.Between(x, y + 1) / 40;
        }

        Assert.InRange(equal, -0.05, 0.05);
        Assert.True(different > 1, $"{different}");
    }

    [Fact]
    public void Parts_that_are_the_whole_give_the_whole()
    {
        manual_seed(0);
        var (x, y) = (randn(7, 3), randn(7, 3));
        var all = arange(7, dtype: ScalarType.Int64).unsqueeze(0);
        Assert.Equal(KernelDistance.Between(x, y), KernelDistance.OverSubsets(x, y, all, all), 12);
        Assert.Equal(KernelDistance.Between(x, y), KernelDistance.OverRandomSubsets(x, y, subsets: 3, size: 100, seed: 5), 12);
    }

    [Fact]
    public void A_draw_has_no_repetition_and_follows_its_seed()
    {
        var (a, b) = (new SplitMix64(1), new SplitMix64(1));
        var draw = RandomSubset.Draw(ref a, 20, 12);
        Assert.Equal(draw, RandomSubset.Draw(ref b, 20, 12));
        Assert.Equal(12, draw.Distinct().Count());
        Assert.All(draw, place => Assert.InRange(place, 0, 19));
    }

    [Fact]
    public void The_inception_score_of_certain_and_even_classes_is_their_number()
    {
        Assert.Equal(4, InceptionScore.Of(eye(4), 1).Mean, 12);
        Assert.Equal((1.0, 0.0), InceptionScore.Of(full([6, 4], 0.25), 3));
        // Parts of one row each: every row is its own mean.
        Assert.Equal(1, InceptionScore.Of(eye(4), 4).Mean, 12);
    }
}
