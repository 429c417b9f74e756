using MiniSora.Model.Evaluation.Scores;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Evaluation.Scores;

public sealed class FeatureScoresTests : TorchTests
{
    private static Tensor Draw(int n, ulong seed, double shift)
    {
        using var generator = new Generator(seed, CPU);
        return randn(new long[] { n, 6 }, generator: generator) + shift;
    }

    private static ScoreReport Scores(Tensor generated, Tensor real) => new(FeatureScores.Of(generated, real, real, frames: false, new() { Clips = 64, References = 64 }), []);

    [Fact]
    public void Equal_distributions_are_at_distance_zero_within_the_interval_and_others_are_not()
    {
        using var real = Draw(64, 1, 0);
        using var same = Draw(64, 2, 0);
        using var other = Draw(64, 3, 1.5);
        var (near, far) = (Scores(same, real).Find(ScoreMetrics.KernelClips)!, Scores(other, real).Find(ScoreMetrics.KernelClips)!);
        Assert.InRange(0, near.Low!.Value, near.High!.Value);
        Assert.True(far.Low > near.High, $"{far.Low} is not above {near.High}");
        Assert.True(Scores(other, real).Find(ScoreMetrics.FrechetClips)!.Value > Scores(same, real).Find(ScoreMetrics.FrechetClips)!.Value);
    }

    [Fact]
    public void Repeated_training_clips_are_seen_as_not_authentic()
    {
        using var real = Draw(64, 1, 0);
        using var copies = real + 1e-4;
        using var fresh = Draw(64, 5, 0);
        Assert.Equal(0, Scores(copies, real).Find(ScoreMetrics.Authenticity)!.Value);
        Assert.True(Scores(fresh, real).Find(ScoreMetrics.Authenticity)!.Value > 0.2);
    }
}
