using MiniSora.Model.Objectives;

namespace MiniSora.Model.Tests.Objectives;

public sealed class LossWeightsTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(5)]
    [InlineData(80)]
    public void Min_snr_weighs_the_same_error_alike_however_it_is_predicted(double snr)
    {
        // An error d of the data is an error d √SNR of the noise and d √(SNR + 1) of the velocity.
        var data = SnrWeight.MinSnr(snr, 5, MeanKind.Data);
        Assert.Equal(Math.Min(snr, 5), data);
        Assert.Equal(data, SnrWeight.MinSnr(snr, 5, MeanKind.Noise) * snr, 1e-12);
        Assert.Equal(data, SnrWeight.MinSnr(snr, 5, MeanKind.Velocity) * (snr + 1), 1e-12);
        Assert.Throws<ArgumentOutOfRangeException>(() => SnrWeight.MinSnr(snr, 5, MeanKind.PreviousState));
    }

    [Fact]
    public void P2_falls_with_the_signal()
    {
        Assert.Equal(1, SnrWeight.P2(0));
        Assert.Equal(0.25, SnrWeight.P2(3));
        Assert.Equal(0.04, SnrWeight.P2(3, k: 2, gamma: 2), 1e-12);
    }

    [Fact]
    public void Adaptive_weights_even_the_levels_out()
    {
        var weights = new AdaptiveBucketWeight(buckets: 12, lowest: -5, highest: 5, decay: 0.9);
        Assert.Equal(1, weights.At(0));
        for (var i = 0; i < 200; i++)
            weights.Update([-4.5, -4.5, 4.5], [0.1, 0.3, 4]);
        Assert.Equal(1, weights.At(-4.5) * 0.2, 1e-6);
        Assert.Equal(1, weights.At(4.5) * 4, 1e-6);
        Assert.Equal(1, weights.At(0));
    }

    [Fact]
    public void Levels_beyond_the_ends_have_a_bucket_too()
    {
        var weights = new AdaptiveBucketWeight(buckets: 12, lowest: -5, highest: 5);
        Assert.Equal((0, 11), (weights.Bucket(-99), weights.Bucket(99)));
        Assert.Equal((0, 1), (weights.Bucket(-5), weights.Bucket(-4.99)));
    }

    [Fact]
    public void Times_of_large_losses_are_drawn_often_and_counted_little()
    {
        var resampler = new LossSecondMomentResampler(4, historyPerTime: 2, uniformShare: 0.1);
        Assert.Equal([1, 1, 1, 1], resampler.Weights());
        double[] losses = [1, 1, 2, 4];
        resampler.Update(Enumerable.Range(0, 12).Select(i => (i % 4, losses[i % 4])));
        Assert.Equal([0.1375, 0.1375, 0.25, 0.475], resampler.Weights().Select(weight => Math.Round(weight, 10)));

        var random = new SplitMix64(1);
        var draws = Enumerable.Range(0, 20_000).Select(_ => resampler.Draw(ref random)).ToList();
        Assert.Equal(0.475, draws.Count(draw => draw.Time == 3) / 20_000.0, 0.02);
        // The weighted mean of the losses is their plain mean.
        Assert.Equal(2, draws.Average(draw => draw.Factor * losses[draw.Time]), 0.05);
    }

    [Fact]
    public void Only_the_last_losses_count()
    {
        var resampler = new LossSecondMomentResampler(2, historyPerTime: 2, uniformShare: 0);
        resampler.Update([(0, 100), (0, 1), (0, 1), (1, 3), (1, 3)]);
        Assert.Equal([0.25, 0.75], resampler.Weights());
    }
}
