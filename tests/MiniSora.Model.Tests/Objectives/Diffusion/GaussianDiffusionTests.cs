using MiniSora.Model.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Objectives;

public sealed class GaussianDiffusionTests : TorchTests
{
    private static readonly DiffusionProcess Process = DiffusionProcess.Of(NoiseSchedule.Linear, 1000, "20");
    private readonly Tensor t = tensor(new long[] { 0, 3, 10, 19 });

    [Fact]
    public void The_posterior_leads_from_one_marginal_to_the_one_before()
    {
        using var tables = new DiffusionTables(Process.Betas);
        for (var i = 0; i < Process.Steps; i++)
        {
            var (a, b) = (tables.PosteriorDataFactor.Values[i], tables.PosteriorStateFactor.Values[i]);
            Assert.Equal(Math.Sqrt(tables.AlphaBarPrevious.Values[i]), a + b * tables.SqrtAlphaBar.Values[i], 1e-12);
            Assert.Equal(1 - tables.AlphaBarPrevious.Values[i], tables.PosteriorVariance.Values[i] + b * b * (1 - tables.AlphaBar.Values[i]), 1e-12);
        }
    }

    [Fact]
    public void Noise_data_and_velocity_say_the_same()
    {
        using var diffusion = new GaussianDiffusion(Process, new DiffusionOptions());
        var (data, noise) = (randn(4, 3, 2, 2), randn(4, 3, 2, 2));
        var state = diffusion.Noised(data, t, noise);
        var (a, s) = (diffusion.Tables.SqrtAlphaBar.At(t, data), diffusion.Tables.SqrtOneMinusAlphaBar.At(t, data));
        var velocity = VelocityTarget.From(data, noise, a, s);
        Assert.True(LargestDifference(data, VelocityTarget.Data(state, velocity, a, s)) < 1e-5);
        Assert.True(LargestDifference(noise, VelocityTarget.Noise(state, velocity, a, s)) < 1e-5);
        Assert.True(LargestDifference(noise, diffusion.NoiseFromData(state, t, data)) < 1e-4);
        Assert.True(LargestDifference(data, diffusion.DataFromNoise(state, t, noise)) < 1e-3);
    }

    [Theory]
    [InlineData(MeanKind.Noise)]
    [InlineData(MeanKind.Data)]
    [InlineData(MeanKind.PreviousState)]
    [InlineData(MeanKind.Velocity)]
    internal void Whatever_is_predicted_the_true_output_gives_the_posterior(MeanKind kind)
    {
        using var diffusion = new GaussianDiffusion(Process, new DiffusionOptions { Mean = kind, Variance = VarianceKind.FixedSmall });
        var (data, noise) = (randn([4, 3, 2, 2], float64), randn([4, 3, 2, 2], float64));
        var state = diffusion.Noised(data, t, noise);
        var posterior = diffusion.Posterior(data, state, t);
        var output = kind switch
        {
            MeanKind.Noise => noise,
            MeanKind.Data => data,
            MeanKind.PreviousState => posterior.Mean,
            _ => VelocityTarget.From(data, noise, diffusion.Tables.SqrtAlphaBar.At(t, data), diffusion.Tables.SqrtOneMinusAlphaBar.At(t, data)),
        };
        var reverse = diffusion.Reverse((_, _) => output.alias(), state, t, new Denoising(false));
        Assert.True(LargestDifference(data, reverse.Data) < 1e-9);
        Assert.True(LargestDifference(posterior.Mean, reverse.Mean) < 1e-9);
        Assert.True(LargestDifference(posterior.Variance, reverse.Variance) < 1e-12);
    }

    [Fact]
    public void A_learned_range_reaches_from_the_posterior_to_beta()
    {
        using var diffusion = new GaussianDiffusion(Process, new DiffusionOptions());
        var x = randn(4, 2, 2, 2);
        var least = diffusion.Reverse(x, full_like(x, -1), x, t, new Denoising(false));
        var most = diffusion.Reverse(x, ones_like(x), x, t, new Denoising(false));
        Assert.True(LargestDifference(diffusion.Tables.PosteriorLogVariance.At(t, x).expand_as(x), least.LogVariance) < 1e-5);
        Assert.True(LargestDifference(diffusion.Tables.Betas.At(t, x).expand_as(x), most.Variance) < 1e-5);
    }

    [Theory]
    [InlineData(new long[] { 4, 3, 2, 2 }, null, 1)]
    [InlineData(new long[] { 4, 2, 3, 2, 2 }, null, 2)]
    [InlineData(new long[] { 4, 3, 2, 2, 2 }, 1, 1)]
    public void The_output_is_split_where_the_channels_are(long[] shape, int? axis, int expected)
    {
        using var diffusion = new GaussianDiffusion(Process, new DiffusionOptions { ChannelAxis = axis });
        var (x, mean, variance) = (randn(shape), randn(shape), randn(shape));
        var (first, second) = diffusion.Split(cat([mean, variance], expected), x);
        Assert.True(SameBits(mean, first));
        Assert.True(SameBits(variance, second!));
        Assert.Throws<ArgumentException>(() => diffusion.Split(mean, x));
    }

    [Fact]
    public void The_network_hears_the_original_time()
    {
        using var plain = new GaussianDiffusion(DiffusionProcess.Of(NoiseSchedule.Linear, 4000, "ddim20"), new DiffusionOptions());
        using var rescaled = new GaussianDiffusion(plain.Process, new DiffusionOptions { RescaleTimes = true });
        Assert.Equal([0L, 600, 2000, 3800], plain.ModelTimes(t).data<long>().ToArray());
        Assert.Equal([0f, 150, 500, 950], rescaled.ModelTimes(t).data<float>().ToArray());
    }

    [Fact]
    public void Predicted_data_is_treated_then_clipped()
    {
        using var diffusion = new GaussianDiffusion(Process, new DiffusionOptions { Mean = MeanKind.Data, Variance = VarianceKind.FixedLarge });
        var x = full([4, 1, 1, 1], 0.4);
        var reverse = diffusion.Reverse((_, _) => x.alias(), x, t, new Denoising(true, data => data * 10));
        Assert.True(SameBits(ones_like(x), reverse.Data));
    }

    [Fact]
    public void Nothing_is_left_behind()
    {
        using var diffusion = new GaussianDiffusion(Process, new DiffusionOptions());
        using var loss = new DiffusionLoss(diffusion);
        var (data, noise, output) = (randn(4, 1, 2, 2), randn(4, 1, 2, 2), randn(4, 2, 2, 2));
        void Once()
        {
            using var scope = NewDisposeScope();
            loss.Training((_, _) => output.alias(), data, t, noise);
            diffusion.Reverse((_, _) => output.alias(), data, t, new Denoising(true));
        }

        Once();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 10; i++)
            Once();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
