using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Training;

public sealed class GradientClipTests : TorchTests
{
    [Theory]
    [InlineData(1, 0.6f, 0.8f)]
    [InlineData(6, 3, 4)]
    [InlineData(0, 3, 4)]
    public void Only_a_gradient_beyond_the_limit_is_scaled(double limit, float first, float second)
    {
        var gradient = tensor(new[] { 3f, 4 });
        GradientClip.Apply(gradient, 5, limit);
        Assert.True(LargestDifference(tensor(new[] { first, second }), gradient) < 1e-6);
    }

    [Fact]
    public void An_average_follows_by_its_share()
    {
        var average = tensor(new[] { 1f, 2 });
        WeightAverage.Follow(average, tensor(new[] { 3f, 2 }), 0.75);
        Assert.Equal([1.5f, 2], average.data<float>().ToArray());
    }

    [Fact]
    public void Epsilon_stands_outside_the_root()
    {
        var parameters = zeros(1);
        using var optimizer = new FlatAdamW(new AdamWOptions(0.9, 0.999, 1, 0), ones(1));
        optimizer.Apply(parameters, ones(1), 0.1);
        Assert.Equal(-0.05f, parameters.item<float>(), 1e-6f);
    }
}
