using MiniSora.Model.Training;

namespace MiniSora.Model.Tests.Training;

public sealed class LearningRateTests
{
    private static readonly TrainingOptions Options = new() { Steps = 1000, WarmupSteps = 100, LearningRate = 1e-3, FinalLearningRate = 1e-5 };

    [Theory]
    [InlineData(1, 1e-5)]
    [InlineData(50, 5e-4)]
    [InlineData(100, 1e-3)]
    [InlineData(550, 5.05e-4)]
    [InlineData(1000, 1e-5)]
    [InlineData(5000, 1e-5)]
    public void It_rises_linearly_and_falls_as_a_cosine(long step, double expected) =>
        Assert.Equal(expected, LearningRate.At(Options, step), 9);

    [Fact]
    public void Without_warm_up_it_starts_near_the_peak() =>
        Assert.InRange(LearningRate.At(Options with { WarmupSteps = 0 }, 1), 0.999e-3, 1e-3);
}
