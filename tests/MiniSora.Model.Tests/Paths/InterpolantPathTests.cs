using MiniSora.Model.Paths;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Paths;

public sealed class InterpolantPathTests : TorchTests
{
    private readonly Tensor t = tensor(new[] { 0.1, 0.35, 0.6, 0.9 });

    [Theory]
    [InlineData(PathKind.Linear)]
    [InlineData(PathKind.Gvp)]
    [InlineData(PathKind.Vp)]
    internal void Slopes_are_derivatives(PathKind kind)
    {
        const double Step = 1e-6;
        var path = InterpolantPath.Of(kind);
        Assert.True(LargestDifference((path.Alpha(t + Step) - path.Alpha(t - Step)) / (2 * Step), path.AlphaSlope(t)) < 1e-6);
        Assert.True(LargestDifference((path.Sigma(t + Step) - path.Sigma(t - Step)) / (2 * Step), path.SigmaSlope(t)) < 1e-6);
        Assert.True(LargestDifference(path.AlphaSlope(t) / path.Alpha(t), path.AlphaLogSlope(t)) < 1e-9);
    }

    [Theory]
    [InlineData(PathKind.Linear)]
    [InlineData(PathKind.Gvp)]
    [InlineData(PathKind.Vp)]
    internal void Velocity_score_and_noise_say_the_same(PathKind kind)
    {
        var path = InterpolantPath.Of(kind);
        var (x, v) = (randn([4, 3, 2], float64), randn([4, 3, 2], float64));
        var score = path.ScoreFromVelocity(v, x, t);
        Assert.True(LargestDifference(v, path.VelocityFromScore(score, x, t)) < 1e-9);
        var noise = path.NoiseFromVelocity(v, x, t);
        Assert.True(LargestDifference(score, path.ScoreFromNoise(noise, x, t)) < 1e-9);
    }

    [Theory]
    [InlineData(PathKind.Linear)]
    [InlineData(PathKind.Gvp)]
    [InlineData(PathKind.Vp)]
    internal void A_pair_and_its_velocity_give_its_noise_back(PathKind kind)
    {
        var path = InterpolantPath.Of(kind);
        var (data, noise) = (randn([4, 3], float64), randn([4, 3], float64));
        var found = path.NoiseFromVelocity(path.Velocity(data, noise, t), path.Mix(data, noise, t), t);
        Assert.True(LargestDifference(noise, found) < 1e-9);
    }

    [Theory]
    [InlineData(PathKind.Linear)]
    [InlineData(PathKind.Gvp)]
    internal void The_ends_are_noise_and_data(PathKind kind)
    {
        var path = InterpolantPath.Of(kind);
        var (data, noise) = (randn([1, 3], float64), randn([1, 3], float64));
        Assert.True(LargestDifference(noise, path.Mix(data, noise, zeros(1, float64))) < 1e-12);
        Assert.True(LargestDifference(data, path.Mix(data, noise, ones(1, float64))) < 1e-12);
    }

    [Fact]
    public void Diffusion_forms_have_their_closed_values()
    {
        var path = InterpolantPath.Of(PathKind.Linear);
        double Of(DiffusionForm form, double norm = 2) => path.Diffusion(form, norm, zeros(1, 1, dtype: float64), full([1], 0.25, float64)).ToDouble();
        Assert.Equal(2, Of(DiffusionForm.Constant), 1e-12);
        Assert.Equal(1.5, Of(DiffusionForm.Sigma), 1e-12);
        Assert.Equal(1.5, Of(DiffusionForm.Linear), 1e-12);
        Assert.Equal(0.25 * Math.Pow(2 * Math.Sqrt(0.5) + 1, 2), Of(DiffusionForm.Decreasing), 1e-12);
        Assert.Equal(1, Of(DiffusionForm.IncreasingDecreasing), 1e-12);
        // σ²/t + σ at t = ¼.
        Assert.Equal(2 * (0.5625 * 4 + 0.75), Of(DiffusionForm.ScoreBased), 1e-12);
    }
}
