using MiniSora.Model.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Objectives;

public sealed class RectifiedFlowTests : TorchTests
{
    [Fact]
    public void Data_and_noise_come_back_from_the_velocity()
    {
        var (data, noise) = (randn(4, 5), randn(4, 5));
        foreach (var t in new[] { 0.0, 0.25, 1.0 })
        {
            var mixed = RectifiedFlow.Mix(data, noise, tensor((float)t));
            var velocity = RectifiedFlow.Velocity(data, noise);
            Assert.True(LargestDifference(data, RectifiedFlow.DataFromVelocity(mixed, velocity, t)) < 1e-5);
            Assert.True(LargestDifference(noise, RectifiedFlow.NoiseFromVelocity(mixed, velocity, t)) < 1e-5);
        }
    }

    [Theory]
    [InlineData(0.4)]
    [InlineData(1.0)]
    public void Predicted_data_means_the_same_velocity_and_its_error_the_same_loss(double t)
    {
        var (data, noise, error) = (randn(4, 5), randn(4, 5), randn(4, 5) * 0.1f);
        var mixed = RectifiedFlow.Mix(data, noise, tensor((float)t));
        var velocity = RectifiedFlow.Velocity(data, noise);
        Assert.True(LargestDifference(velocity, RectifiedFlow.VelocityFromData(mixed, data, t)) < 1e-5);

        var off = RectifiedFlow.VelocityFromData(mixed, data + error, t) - velocity;
        var weighted = (error * error).sum().item<float>() * RectifiedFlow.ErrorWeight(new ObjectiveOptions(), (float)t);
        Assert.Equal((off * off).sum().item<float>(), weighted, 1e-3 * weighted);
    }

    [Fact]
    public void Below_the_floor_an_error_of_predicted_data_weighs_no_more()
    {
        var options = new ObjectiveOptions { WeightFloor = 0.2 };
        Assert.Equal(25, RectifiedFlow.ErrorWeight(options, 0.01f), 1e-4);
        Assert.Equal(4, RectifiedFlow.ErrorWeight(options, 0.5f), 1e-4);
        Assert.Equal(1, RectifiedFlow.ErrorWeight(options with { Prediction = Prediction.Velocity }, 0.01f));
    }

    [Fact]
    public void At_time_zero_the_data_is_untouched()
    {
        var data = randn(4, 5);
        Assert.True(SameBits(data, RectifiedFlow.Mix(data, randn(4, 5), tensor(0f))));
    }

    [Fact]
    public void Logit_normal_times_have_the_quantiles_of_a_sigmoid_of_a_normal()
    {
        var random = new SplitMix64(3);
        var options = new ObjectiveOptions { UniformFraction = 0, TimeShift = 1 };
        var times = Enumerable.Range(0, 20_000).Select(_ => RectifiedFlow.DrawTime(ref random, options)).Order().ToList();
        Assert.InRange(times[10_000], 0.49f, 0.51f);
        Assert.InRange(times[(int)(0.8413 * 20_000)], 0.721f, 0.741f); // sigmoid(1) = 0.731
        Assert.InRange(times[(int)(0.1587 * 20_000)], 0.259f, 0.279f);
    }

    [Fact]
    public void Uniform_times_fill_the_interval()
    {
        var random = new SplitMix64(3);
        var options = new ObjectiveOptions { TimeSampling = TimeSampling.Uniform, TimeShift = 1 };
        var times = Enumerable.Range(0, 10_000).Select(_ => RectifiedFlow.DrawTime(ref random, options)).Order().ToList();
        Assert.InRange(times[1000], 0.09f, 0.11f);
        Assert.InRange(times[9000], 0.89f, 0.91f);
        Assert.All(times, t => Assert.InRange(t, 1e-5f, 1 - 1e-5f));
    }
}
