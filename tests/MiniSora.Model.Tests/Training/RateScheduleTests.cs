using MiniSora.Model.Training;

namespace MiniSora.Model.Tests.Training;

public sealed class RateScheduleTests
{
    private static IEnumerable<double> Rates(RateSchedule schedule, params int[] steps) => steps.Select(step => Math.Round(schedule.At(step), 6));

    [Fact]
    public void Warm_up_begins_at_zero() =>
        Assert.Equal([0, 0.5, 1, 1], Rates(new RateSchedule(RateShape.ConstantAfterWarmUp) { WarmUpSteps = 4 }, 0, 2, 4, 99));

    [Fact]
    public void A_constant_rate_has_none() => Assert.Equal(1, new RateSchedule(RateShape.Constant) { WarmUpSteps = 4 }.At(0));

    [Fact]
    public void Rates_come_down_in_their_shapes()
    {
        RateSchedule Of(RateShape shape) => new(shape) { WarmUpSteps = 2, Steps = 10 };
        Assert.Equal([0, 1, 0.5, 0, 0], Rates(Of(RateShape.Linear), 0, 2, 6, 10, 12));
        Assert.Equal([1, 0.853553, 0.5, 0], Rates(Of(RateShape.Cosine), 2, 4, 6, 10));
        Assert.Equal([1, 0.5, 1, 0.5, 0], Rates(Of(RateShape.CosineWithRestarts) with { Cycles = 2 }, 2, 4, 6, 8, 10));
        Assert.Equal([1, 0.25, 0.1], Rates(Of(RateShape.Polynomial) with { Power = 2, End = 0 }, 2, 6, 99).Take(2).Append(new RateSchedule(RateShape.Polynomial) { Steps = 1, End = 0.1 }.At(5)));
        Assert.Equal([1, 0.1, 0.01], Rates(new RateSchedule(RateShape.Piecewise) { Pieces = [(10, 1), (20, 0.1)], LastPiece = 0.01 }, 9, 10, 20));
    }
}
