using MiniSora.Web.Leaderboards;

namespace MiniSora.Web.Tests.Leaderboards;

public sealed class ParetoFrontTests
{
    [Fact]
    public void Only_what_nobody_beats_in_both_is_on_the_front()
    {
        (double, double)[] entries = [(10, 0.5), (5, 0.4), (5, 0.3), (20, 0.45), (20, 0.9), (30, 0.9)];
        Assert.Equal([1, 0, 4], ParetoFront.Of(entries));
        Assert.Equal([0], ParetoFront.Of([(1, 1.0), (1, 1.0)]));
        Assert.Empty(ParetoFront.Of([]));
    }

    [Fact]
    public void Repetitions_are_averaged_and_their_interval_is_never_narrower_than_one_evaluations_share()
    {
        var spread = RepeatedScore.Of([(0.5, 0.45, 0.55), (0.7, 0.65, 0.75), (0.6, 0.55, 0.65)]);
        Assert.Equal(0.6, spread.Mean, 12);
        Assert.Equal(0.6 - 4.303 * 0.1 / Math.Sqrt(3), spread.Low, 3);
        var equal = RepeatedScore.Of([(0.5, 0.4, 0.6), (0.5, 0.4, 0.6)]);
        Assert.Equal(0.1 / Math.Sqrt(2), equal.High - equal.Mean, 9);
        Assert.Equal((0.4, 0.6), (RepeatedScore.Of([(0.5, 0.4, 0.6)]).Low, RepeatedScore.Of([(0.5, 0.4, 0.6)]).High));
    }

    [Fact]
    public void A_loss_trace_is_met_within_the_tolerance_of_its_device_and_a_tampered_row_is_not()
    {
        var said = new Dictionary<long, double> { [11] = 1.0, [12] = 0.9, [13] = 0.8 };
        var again = new Dictionary<long, double> { [12] = 0.9001, [13] = 0.7999 };
        Assert.True(LossTrace.LargestDifference(said, again) < LossTrace.Tolerance("cpu"));
        said[12] = 0.7;
        Assert.True(LossTrace.LargestDifference(said, again) > LossTrace.Tolerance("cuda:0"));
        Assert.Equal(double.PositiveInfinity, LossTrace.LargestDifference(said, new Dictionary<long, double> { [14] = 1 }));
        Assert.Equal(double.PositiveInfinity, LossTrace.LargestDifference(said, new Dictionary<long, double>()));
        Assert.Equal(0, LossTrace.LargestDifference(new Dictionary<long, double> { [1] = double.NaN }, new Dictionary<long, double> { [1] = double.NaN }));
    }
}
