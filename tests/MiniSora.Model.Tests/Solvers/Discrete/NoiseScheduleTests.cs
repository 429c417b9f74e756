using MiniSora.Model.Solvers.Discrete;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Solvers.Discrete;

public sealed class NoiseScheduleTests : TorchTests
{
    [Theory]
    [InlineData("Linear")]
    [InlineData("ScaledLinear")]
    [InlineData("SquaredCosine")]
    [InlineData("Sigmoid")]
    [InlineData("Exponential")]
    public void The_signal_only_falls(string curve)
    {
        var schedule = new NoiseSchedule(new NoiseScheduleOptions { Curve = Enum.Parse<BetaCurve>(curve), TrainSteps = 100 });
        Assert.Equal(100, schedule.TrainSteps);
        Assert.All(schedule.Cumulative.Zip(schedule.Cumulative.Skip(1)), pair => Assert.True(pair.Second < pair.First));
        Assert.All(schedule.Sigmas, sigma => Assert.True(double.IsFinite(sigma)));
    }

    [Fact]
    public void Zero_terminal_snr_keeps_the_first_step_and_empties_the_last()
    {
        var plain = new NoiseSchedule(new NoiseScheduleOptions());
        var zero = new NoiseSchedule(new NoiseScheduleOptions { ZeroTerminalSnr = true });
        Assert.Equal(plain.Cumulative[0], zero.Cumulative[0], 6);
        Assert.Equal(0, zero.Cumulative[^1]);
        Assert.Equal(4096, zero.Sigmas[^1], 1.0);
    }

    [Fact]
    public void Data_and_noise_come_back_from_state_and_velocity()
    {
        var schedule = new NoiseSchedule(new NoiseScheduleOptions());
        using var generator = new Generator(1, CPU);
        var x = randn([3, 2, 5], generator: generator);
        var noise = randn([3, 2, 5], generator: generator);
        var t = tensor([0L, 500, 999]);
        var state = schedule.AddNoise(x, noise, t);
        var velocity = schedule.Velocity(x, noise, t);
        for (var b = 0; b < 3; b++)
        {
            var level = schedule.At((int)t[b].ToInt64());
            Assert.True(LargestDifference(x[b], level.ToData(NetworkOutput.Velocity, velocity[b], state[b])) < 1e-5);
            Assert.True(LargestDifference(noise[b], level.ToNoise(NetworkOutput.Velocity, velocity[b], state[b])) < 1e-5);
        }
    }
}
