using MiniSora.Web.Queue;

namespace MiniSora.Web.Tests.Queue;

public sealed class StartForecastTests
{
    private static readonly Duration TenMinutes = new(480, 600, 780);

    [Fact]
    public void A_free_device_starts_the_next_run_at_once() =>
        Assert.Equal(new Duration(0, 0, 0), Assert.Single(StartForecast.Of(2, [new(TenMinutes, 10, 0)], [TenMinutes])));

    [Fact]
    public void One_starts_when_the_running_one_has_ended_and_the_next_after_it()
    {
        var starts = StartForecast.Of(1, [new(TenMinutes, 300, 0)], [TenMinutes, TenMinutes]);
        Assert.InRange(starts[0].Mid, 240, 360);
        Assert.InRange(starts[1].Mid, 780, 1020);
        Assert.All(starts, start => Assert.True(start.Low < start.Mid && start.Mid < start.High));
        Assert.True(starts[1].High - starts[1].Low > starts[0].High - starts[0].Low);
    }

    [Fact]
    public void What_the_run_says_of_itself_counts_more_than_the_estimate() =>
        Assert.InRange(StartForecast.Of(1, [new(TenMinutes, 10, 30)], [TenMinutes])[0].High, 30, 60);

    [Fact]
    public void A_run_past_its_estimate_is_expected_to_end_some_time() =>
        Assert.InRange(StartForecast.Of(1, [new(TenMinutes, 6000, 0)], [TenMinutes])[0].Mid, 100, 1200);

    [Fact]
    public void Two_devices_halve_the_wait()
    {
        var line = Enumerable.Repeat(TenMinutes, 20).ToList();
        Assert.Equal(0.5, StartForecast.Of(2, [], line)[^1].Mid / StartForecast.Of(1, [], line)[^1].Mid, 0.1);
    }

    [Fact]
    public void Without_a_device_nothing_is_said() => Assert.Empty(StartForecast.Of(0, [], [TenMinutes]));

    [Fact]
    public void The_span_holds_eight_in_ten()
    {
        // The same laws, drawn independently of the forecast.
        var forecast = StartForecast.Of(1, [], [TenMinutes, TenMinutes])[1];
        var random = new Random(5);
        double Draw()
        {
            var z = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            return 600 * Math.Exp(z * Math.Log(z < 0 ? 600.0 / 480 : 780.0 / 600) / 1.2816);
        }

        var inside = Enumerable.Range(0, 2000).Count(_ => Draw() is var seconds && seconds >= forecast.Low && seconds <= forecast.High);
        Assert.InRange(inside / 2000.0, 0.7, 0.9);
    }
}
