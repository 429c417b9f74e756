using MiniSora.Model.Solvers;
using MiniSora.Model.Solvers.Discrete;
using MiniSora.Model.Solvers.Edm;
using MiniSora.Model.Verification;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Solvers.Edm;

public sealed class EdmSamplerTests : TorchTests
{
    private const double Mean = 0.3;
    private const double Deviation = 0.5;

    /// <summary>The exact denoiser of N(m, s²) written as the raw network of EDM's preconditioning with σ_data = s.</summary>
    private static Tensor Exact(Tensor input, Tensor label)
    {
        var sigma = (4 * label).exp().view([-1, .. Enumerable.Repeat(1L, (int)input.dim() - 1)]);
        var total = sigma.square() + Deviation * Deviation;
        var x = input * total.sqrt();
        var denoised = (x * (Deviation * Deviation) + Mean * sigma.square()) / total;
        return (denoised - x * (Deviation * Deviation) / total) * total.sqrt() / (sigma * Deviation);
    }

    private static double Error(int steps, bool heun)
    {
        var sampler = new EdmSampler(new EdmSamplerOptions { Steps = steps, IsHeun = heun }, new EdmPreconditioning(Deviation));
        var first = sampler.Sigmas[0];
        var end = sampler.Sample(Exact, tensor([1.2], [1, 1], dtype: ScalarType.Float64), new RecordedNoise(null, 0)).ToDouble();
        var start = 1.2 * first;
        return Math.Abs(end - (Mean + (start - Mean) * Deviation / Math.Sqrt(Deviation * Deviation + first * first)));
    }

    // Down to a small level: the last step, to 0, is Euler's in both.
    [Fact]
    public void Heun_beats_euler_by_far() => Assert.True(Error(40, true) < Error(40, false) / 3);

    [Theory]
    [InlineData(0.0)]
    [InlineData(20.0)]
    public void With_the_exact_denoiser_mean_and_deviation_come_out_with_and_without_churn(double churn)
    {
        var sampler = new EdmSampler(new EdmSamplerOptions { Steps = 40, Churn = new Churn(churn) }, new EdmPreconditioning(Deviation));
        using var generator = new Generator(2, CPU);
        using var noise = new SeededNoise([4]);
        var end = sampler.Sample(Exact, randn([1, 20000], generator: generator), noise);
        Assert.Equal(Mean, end.mean().ToDouble(), 0.02);
        Assert.Equal(Deviation, end.std().ToDouble(), 0.02);
    }

    [Theory]
    [InlineData("VariancePreserving", "VariancePreserving", true)]
    [InlineData("VarianceExploding", "VarianceExploding", false)]
    [InlineData("ImprovedDdpm", "Linear", false)]
    public void Every_schedule_leads_to_the_same_distribution(string levels, string schedule, bool scales)
    {
        var options = new EdmSamplerOptions { Steps = 60, Levels = Enum.Parse<EdmLevels>(levels), Schedule = Enum.Parse<EdmSchedule>(schedule), ScalesState = scales };
        var sampler = new EdmSampler(options, new EdmPreconditioning(Deviation));
        using var generator = new Generator(2, CPU);
        var end = sampler.Sample(Exact, randn([1, 20000], generator: generator), new RecordedNoise(null, 0));
        Assert.Equal(Mean, end.mean().ToDouble(), 0.03);
        Assert.Equal(Deviation, end.std().ToDouble(), 0.03);
    }

    [Fact]
    public void A_perfect_denoiser_has_no_loss()
    {
        var loss = new EdmLoss();
        var clean = ones(2, 1, 3);
        // c_skip x + c_out F = y for the F that knows y: with y constant this network is exact.
        Tensor Knows(Tensor input, Tensor label)
        {
            var sigma = (4 * label).exp().view(-1, 1, 1);
            var total = sigma.square() + 0.25;
            var x = input * total.sqrt();
            return (1 - x * 0.25 / total) * total.sqrt() / (sigma * 0.5);
        }

        var values = loss.Evaluate(new EdmPreconditioning(), Knows, clean, zeros(2, 1, 1), randn(2, 1, 3));
        Assert.True(values.abs().max().ToDouble() < 1e-6);
    }
}
