using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Layers;

public sealed class TimestepFeaturesTests : TorchTests
{
    [Fact]
    public void Cosines_come_first()
    {
        // Width 4: frequencies 1 and 10000^(-1/2) = 0.01.
        var features = TimestepFeatures.Of(tensor(new[] { 0f, 2f }), 4);
        double[] expected = [1, 1, 0, 0, Math.Cos(2), Math.Cos(0.02), Math.Sin(2), Math.Sin(0.02)];
        Assert.True(LargestDifference(tensor(expected).view(2, 4).to_type(float32), features) < 1e-6);
    }

    [Fact]
    public void A_whole_time_and_the_same_time_as_a_fraction_are_one() =>
        Assert.True(SameBits(TimestepFeatures.Of(tensor(new[] { 0L, 7L, 999L }), 256), TimestepFeatures.Of(tensor(new[] { 0f, 7f, 999f }), 256)));

    [Fact]
    public void A_continuous_time_is_not_rounded() =>
        Assert.True(LargestDifference(TimestepFeatures.Of(tensor(new[] { 0.25f }), 256), TimestepFeatures.Of(tensor(new[] { 0f }), 256)) > 0.1);

    [Fact]
    public void An_odd_width_ends_in_zero()
    {
        var features = TimestepFeatures.Of(tensor(new[] { 3f }), 5, period: 100);
        Assert.Equal([1, 5], features.shape);
        Assert.Equal(0, features[0, 4].ToSingle());
        Assert.True(SameBits(features.narrow(1, 0, 4), TimestepFeatures.Of(tensor(new[] { 3f }), 4, period: 100)));
    }

    [Fact]
    public void The_exponential_is_within_a_unit_in_the_last_place()
    {
        for (var x = -9.3f; x <= 0; x += 0.0117f)
            Assert.InRange(VectorExp.Of(x) / Math.Exp(x), 1 - 1.2e-7, 1 + 1.2e-7);
    }
}
