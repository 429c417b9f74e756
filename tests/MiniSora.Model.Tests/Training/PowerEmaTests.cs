using MiniSora.Model.Training;

namespace MiniSora.Model.Tests.Training;

public sealed class PowerEmaTests
{
    [Theory]
    [InlineData(0.05, 16.9722)]
    [InlineData(0.10, 6.9372)]
    public void Gamma_of_the_published_widths(double width, double gamma) =>
        Assert.Equal(gamma, PowerEma.Gamma(width), 4);

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.05)]
    [InlineData(0.25)]
    public void Gamma_gives_the_width_back(double width)
    {
        var gamma = PowerEma.Gamma(width);
        Assert.Equal(width * width, (gamma + 1) / ((gamma + 2) * (gamma + 2) * (gamma + 3)), 10);
    }

    [Fact]
    public void The_first_update_forgets_the_start() => Assert.Equal(0, PowerEma.Decay(6.9372, 1));

    [Fact]
    public void The_profile_over_a_run_has_the_asked_width()
    {
        const int Run = 4000;
        var gamma = PowerEma.Gamma(0.1);
        var weights = new double[Run + 1];
        for (var t = 1; t <= Run; t++)
        {
            var decay = PowerEma.Decay(gamma, t);
            for (var s = 1; s < t; s++)
                weights[s] *= decay;
            weights[t] = 1 - decay;
        }

        Assert.Equal(1, weights.Sum(), 9);
        var mean = Enumerable.Range(1, Run).Sum(t => weights[t] * t / Run);
        var deviation = Math.Sqrt(Enumerable.Range(1, Run).Sum(t => weights[t] * Math.Pow((double)t / Run - mean, 2)));
        Assert.Equal(0.1, deviation, 3);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    public void Widths_outside_the_range_are_refused(double width) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PowerEma.Gamma(width));
}
