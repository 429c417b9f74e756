using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Objectives;

public sealed class DiffusionSamplerTests : TorchTests
{
    private const double Mean = 0.7;
    private const double Deviation = 0.4;

    /// <summary>The exact noise prediction for data N(0.7, 0.4²), asked in this process's original times.</summary>
    private static Predict Exact(NoiseSchedule schedule)
    {
        var tables = new DiffusionTables(Betas.Of(schedule, 1000));
        return (x, t) =>
        {
            var a = tables.AlphaBar.At(t, x);
            return (1 - a).sqrt() * (x - a.sqrt() * Mean) / (a * (Deviation * Deviation) + 1 - a);
        };
    }

    private static DiffusionSampler Sampler(ReverseKind kind, string spacing, double eta = 0, NoiseSchedule schedule = NoiseSchedule.Linear, VarianceKind variance = VarianceKind.FixedLarge) => new(
        new GaussianDiffusion(DiffusionProcess.Of(schedule, 1000, spacing), new DiffusionOptions { Variance = variance }), new ReverseOptions(kind, new Denoising(false), eta));

    [Theory]
    [InlineData(NoiseSchedule.Linear)]
    [InlineData(NoiseSchedule.SquaredCosine)]
    internal void Ddim_maps_the_normal_distribution_onto_a_gaussian(NoiseSchedule schedule)
    {
        // The exact map is affine, so two points give its mean and deviation without sampling.
        var start = tensor(new double[] { 0, 1 }, [2, 1, 1, 1]);
        var end = Sampler(ReverseKind.Ddim, "500", schedule: schedule).Run(Exact(schedule), start, like => throw new InvalidOperationException("no noise with η = 0"));
        var (at0, at1) = (end[0].ToDouble(), end[1].ToDouble());
        Assert.Equal(Mean, at0, 0.01);
        Assert.Equal(Deviation, at1 - at0, 0.01);
    }

    [Theory]
    [InlineData(ReverseKind.Ddpm, 0)]
    [InlineData(ReverseKind.Ddim, 1)]
    [InlineData(ReverseKind.Ddim, 0.5)]
    internal void Noisy_rules_give_the_gaussian_too(ReverseKind kind, double eta)
    {
        // β̃ leaves out how unsure the data still is, so that the deviation comes out too small, in proportion to the step: 0.370 with 100 steps, 0.393 here.
        using var generator = new Generator(11, CPU);
        var start = randn([10_000, 1, 1, 1], generator: generator);
        var end = Sampler(kind, "500", eta, variance: VarianceKind.FixedSmall).Run(Exact(NoiseSchedule.Linear), start, like => randn(like.shape, generator: generator));
        Assert.Equal(Mean, end.mean().ToDouble(), 0.02);
        Assert.Equal(Deviation, end.std().ToDouble(), 0.02);
    }

    [Fact]
    public void Ddim_backwards_finds_the_noise_again()
    {
        var noise = linspace(-1, 1, 24, float64).view(3, 2, 2, 2);
        var exact = Exact(NoiseSchedule.Linear);
        NoiseDraw none = _ => throw new InvalidOperationException("no noise");
        var data = Sampler(ReverseKind.Ddim, "ddim250").Run(exact, noise, none);
        var back = Sampler(ReverseKind.DdimInverse, "ddim250").Run(exact, data, none);
        Assert.True(LargestDifference(noise, back) < 0.05);
    }

    [Theory]
    [InlineData(ReverseKind.Ddpm)]
    [InlineData(ReverseKind.Ddim)]
    internal void A_guide_conditions_the_gaussian(ReverseKind kind)
    {
        // Seen y = x_0 + N(0, 0.5²); p(y | x_t) is normal too, and the conditional is the product of two gaussians.
        const double Seen = 0.1;
        const double Blur = 0.5;
        using var tables = new DiffusionTables(Betas.Of(NoiseSchedule.Linear, 1000));
        Tensor Guide(Tensor x, Tensor t)
        {
            var a = tables.AlphaBar.At(t, x);
            var gain = a.sqrt() * (Deviation * Deviation) / (a * (Deviation * Deviation) + 1 - a);
            var expected = Mean + gain * (x - a.sqrt() * Mean);
            var spread = Deviation * Deviation * (1 - a) / (a * (Deviation * Deviation) + 1 - a) + Blur * Blur;
            return gain * (Seen - expected) / spread;
        }

        using var generator = new Generator(12, CPU);
        var start = randn([20_000, 1, 1, 1], generator: generator);
        var end = Sampler(kind, "250", variance: VarianceKind.FixedSmall).Run(Exact(NoiseSchedule.Linear), start, like => randn(like.shape, generator: generator), Guide);
        var precision = 1 / (Deviation * Deviation) + 1 / (Blur * Blur);
        Assert.Equal((Mean / (Deviation * Deviation) + Seen / (Blur * Blur)) / precision, end.mean().ToDouble(), 0.02);
        Assert.Equal(Math.Sqrt(1 / precision), end.std().ToDouble(), 0.02);
    }

    [Fact]
    public void Steps_are_seen_in_order_and_the_last_is_the_result()
    {
        var states = new List<double>();
        var start = ones(1, 1, 1, 1);
        var end = Sampler(ReverseKind.Ddim, "5").Run((x, _) => x * 0.5, start, like => randn_like(like), seen: (i, step) =>
        {
            Assert.Equal(states.Count, i);
            states.Add(step.State.ToDouble());
        });
        Assert.Equal(5, states.Count);
        Assert.Equal(end.ToDouble(), states[^1]);
        Assert.Equal(1, start.ToDouble());
    }

    [Fact]
    public void At_zero_terminal_snr_velocity_gives_the_mean_of_the_data()
    {
        var betas = Betas.ZeroTerminalSnr(Betas.Of(NoiseSchedule.Linear, 100));
        using var diffusion = new GaussianDiffusion(DiffusionProcess.Spaced(betas, ""), new DiffusionOptions { Mean = MeanKind.Velocity, Variance = VarianceKind.FixedSmall });
        Tensor Exact(Tensor x, Tensor t)
        {
            var (a, s) = (diffusion.Tables.SqrtAlphaBar.At(t, x), diffusion.Tables.SqrtOneMinusAlphaBar.At(t, x));
            var data = Mean + a * (Deviation * Deviation) * (x - a * Mean) / (a * a * (Deviation * Deviation) + s * s);
            return VelocityTarget.From(data, (x - a * data) / s, a, s);
        }

        var end = new DiffusionSampler(diffusion, new ReverseOptions(ReverseKind.Ddim, new Denoising(false)))
            .Run(Exact, tensor(new double[] { 0, 1 }, [2, 1, 1, 1]), like => randn_like(like));
        Assert.Equal(Mean, end[0].ToDouble(), 0.02);
        Assert.Equal(Deviation, end[1].ToDouble() - end[0].ToDouble(), 0.03);
    }

    [Theory]
    [InlineData(GuideChannels.First3)]
    [InlineData(GuideChannels.All)]
    internal void Guidance_of_scale_1_samples_as_the_condition_alone(GuideChannels channels)
    {
        // In double: the first of few steps multiplies rounding by √(1/ᾱ), more than a hundred.
        var network = new DiT(new DiTOptions { InputSize = 4, HiddenSize = 16, Depth = 1, NumHeads = 2, NumClasses = 3 });
        using var w = ParameterViews.Keep(network.Layout, randn([network.Layout.Length], generator: new Generator(2, CPU)) * 0.2, ScalarType.Float64);
        var sampler = Sampler(ReverseKind.Ddim, "4", variance: VarianceKind.LearnedRange);
        NoiseDraw none = _ => throw new InvalidOperationException("no noise");
        var (start, labels, nulls) = (randn([2, 4, 4, 4], float64), tensor(new long[] { 0, 2 }), tensor(new long[] { 3, 3 }));
        var alone = sampler.Run((x, t) => network.Forward(w, x, t, labels), start, none);
        var guided = sampler.Run((x, t) => network.ForwardWithGuidance(w, x, t, cat([labels, nulls]), 1, channels), cat([start, start]), none);
        Assert.True(LargestDifference(alone, guided.narrow(0, 0, 2)) < 1e-9);
        var strong = sampler.Run((x, t) => network.ForwardWithGuidance(w, x, t, cat([labels, nulls]), 4, channels), cat([start, start]), none);
        Assert.True(LargestDifference(alone, strong.narrow(0, 0, 2)) > 1e-3);
    }
}
