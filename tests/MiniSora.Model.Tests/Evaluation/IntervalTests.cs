using MiniSora.Model.Evaluation;

namespace MiniSora.Model.Tests.Evaluation;

public sealed class IntervalTests
{
    [Fact]
    public void The_interval_of_a_share_solves_its_equation()
    {
        const double z = 1.959963984540054;
        foreach (var (successes, trials) in new[] { (8, 10), (410, 512), (1, 3) })
        {
            var p = successes / (double)trials;
            var interval = WilsonInterval.Of(successes, trials);
            // Its ends are the shares q that the observation is z standard errors away from.
            foreach (var q in new[] { interval.Low, interval.High })
                Assert.Equal(z, Math.Abs(p - q) / Math.Sqrt(q * (1 - q) / trials), 9);
        }

        Assert.Equal(0, WilsonInterval.Of(0, 10).Low);
        Assert.Equal(1, WilsonInterval.Of(10, 10).High);
        Assert.InRange(WilsonInterval.Of(0, 10).High, 0.27, 0.28);
        Assert.Throws<ArgumentOutOfRangeException>(() => WilsonInterval.Of(3, 2));
    }

    [Fact]
    public void The_bootstrap_of_a_mean_has_the_width_of_its_standard_error()
    {
        double[] values = [.. Enumerable.Range(0, 400).Select(i => (i % 20) - 9.5)];
        var interval = Bootstrap.OfMean(values);
        var error = Math.Sqrt(values.Average(value => value * value) / values.Length);
        Assert.InRange((interval.High - interval.Low) / error, 3.6, 4.2);
        Assert.InRange(0, interval.Low, interval.High);
        Assert.Equal(interval, Bootstrap.OfMean(values));
        Assert.NotEqual(interval, Bootstrap.OfMean(values, seed: 2));
    }

    [Fact]
    public void Pairs_tell_apart_what_single_intervals_do_not()
    {
        double[] a = [.. Enumerable.Range(0, 50).Select(i => i % 10)], b = [.. a.Select((value, i) => value - 0.5 - i % 2 * 0.1)];
        Assert.True(Bootstrap.OfMean(a).Low < Bootstrap.OfMean(b).High);
        Assert.True(Bootstrap.OfMeanDifference(a, b).Low > 0.5);
    }

    [Fact]
    public void Quantiles_lie_between_neighbours()
    {
        Assert.Equal(1.5, Bootstrap.Quantile([1, 2, 3], 0.25));
        Assert.Equal(3, Bootstrap.Quantile([1, 2, 3], 1));
    }
}
