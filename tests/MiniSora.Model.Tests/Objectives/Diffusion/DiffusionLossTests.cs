using MiniSora.Model.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Objectives;

public sealed class DiffusionLossTests : TorchTests
{
    private static readonly DiffusionProcess Process = DiffusionProcess.Of(NoiseSchedule.Linear, 1000);
    private readonly Tensor t = tensor(new long[] { 0, 1, 400, 999 });
    private readonly Tensor data = randn([4, 3, 4, 4]) * 0.5;
    private readonly Tensor noise = randn([4, 3, 4, 4]);

    [Fact]
    public void The_variational_term_is_never_negative()
    {
        using var diffusion = new GaussianDiffusion(Process, new DiffusionOptions());
        using var loss = new DiffusionLoss(diffusion);
        var terms = loss.Training((x, _) => cat([randn_like(x), x.tanh()], 1), data, t, noise);
        Assert.All(terms.Variational!.data<float>().ToArray(), term => Assert.True(term >= 0, $"{term}"));
    }

    [Fact]
    public void A_perfect_network_costs_nothing_after_the_first_step()
    {
        using var diffusion = new GaussianDiffusion(Process, new DiffusionOptions());
        using var loss = new DiffusionLoss(diffusion);
        var terms = loss.Training((x, _) => cat([noise, full_like(x, -1)], 1), data, t, noise);
        Assert.Equal(0, terms.SquaredError!.abs().max().item<float>());
        Assert.All(terms.Variational!.data<float>().ToArray().Skip(1), term => Assert.Equal(0, term, 1e-4));
        Assert.True(terms.Variational![0].item<float>() > 0.1);
    }

    [Fact]
    public void The_variational_term_does_not_train_the_mean()
    {
        using var diffusion = new GaussianDiffusion(Process, new DiffusionOptions());
        using var loss = new DiffusionLoss(diffusion);
        var output = randn(4, 6, 4, 4).requires_grad_(true);
        var terms = loss.Training((_, _) => output.alias(), data, t, noise);
        var gradient = autograd.grad([terms.Variational!.sum()], [output])[0];
        Assert.Equal(0, gradient.narrow(1, 0, 3).abs().max().item<float>());
        Assert.True(gradient.narrow(1, 3, 3).abs().max().item<float>() > 0);
    }

    [Fact]
    public void A_network_that_says_nothing_has_a_squared_error_of_one()
    {
        using var diffusion = new GaussianDiffusion(Process, new DiffusionOptions { Variance = VarianceKind.FixedLarge });
        using var loss = new DiffusionLoss(diffusion);
        var many = randn([4, 3, 64, 64], generator: new Generator(5, CPU));
        Assert.Equal(1, loss.Training((x, _) => zeros_like(x), zeros_like(many), t, many).Total.mean().item<float>(), 0.05);
    }

    [Fact]
    public void Rescaling_multiplies_by_the_steps()
    {
        var process = DiffusionProcess.Of(NoiseSchedule.Linear, 1000, "100");
        var times = tensor(new long[] { 1, 30, 60, 99 });
        DiffusionLossTerms Of(DiffusionLossKind kind)
        {
            using var diffusion = new GaussianDiffusion(process, new DiffusionOptions { Loss = kind });
            using var loss = new DiffusionLoss(diffusion);
            return loss.Training((x, _) => cat([x, x], 1), data, times, noise);
        }

        var plain = Of(DiffusionLossKind.Variational).Total;
        Assert.True(LargestDifference(ones(4), Of(DiffusionLossKind.RescaledVariational).Total / (plain * 100)) < 1e-5);
        Assert.True(LargestDifference(ones(4), Of(DiffusionLossKind.RescaledMeanSquared).Variational! / (plain * 0.1f)) < 1e-5);
    }

    [Fact]
    public void Weights_act_on_the_squared_error_of_their_time()
    {
        DiffusionLossTerms Of(ErrorWeighting weighting)
        {
            using var diffusion = new GaussianDiffusion(Process, new DiffusionOptions { Weighting = weighting });
            using var loss = new DiffusionLoss(diffusion);
            return loss.Training((x, _) => cat([x, x], 1), data, t, noise);
        }

        var (plain, weighted) = (Of(ErrorWeighting.None), Of(ErrorWeighting.P2));
        using var tables = new DiffusionTables(Process.Betas);
        var snr = tables.Snr.Values;
        var ratio = (weighted.SquaredError! / plain.SquaredError!).data<float>().ToArray();
        Assert.Equal(1 / (1 + snr[400]), ratio[2], 1e-5);
        Assert.Equal(1 / (1 + snr[999]), ratio[3], 1e-5);
        Assert.True(SameBits(plain.Variational!, weighted.Variational!));
    }

    [Fact]
    public void The_bound_of_a_gaussian_by_its_exact_network_is_nearly_its_entropy()
    {
        // With the true variance of each step the bound is tight: β̃ alone, which takes the data as known, would cost 0.76 bits.
        // Data N(0, 0.3²); 8-bit bins of width 2/255. Bits per dimension: log₂(σ √(2πe)) − log₂(2/255).
        const double Sigma = 0.3;
        using var diffusion = new GaussianDiffusion(DiffusionProcess.Of(NoiseSchedule.Linear, 1000), new DiffusionOptions { Variance = VarianceKind.Learned });
        using var loss = new DiffusionLoss(diffusion);
        using var generator = new Generator(3, CPU);
        var x = randn([2, 1, 48, 48], generator: generator) * Sigma;
        Tensor Exact(Tensor state, Tensor time)
        {
            var tables = diffusion.Tables;
            var alphaBar = tables.AlphaBar.At(time, state);
            var total = alphaBar * (Sigma * Sigma) + 1 - alphaBar;
            var unsure = Sigma * Sigma * (1 - alphaBar) / total;
            var variance = tables.PosteriorVariance.At(time, state) + tables.PosteriorDataFactor.At(time, state).square() * unsure;
            return cat([(1 - alphaBar).sqrt() * state / total, variance.log().expand_as(state)], 1);
        }

        var bound = loss.Bound(Exact, x, like => randn(like.shape, generator: generator), clip: false);
        var entropy = Math.Log2(Sigma * Math.Sqrt(2 * Math.PI * Math.E)) - Math.Log2(2.0 / 255);
        Assert.Equal(entropy, bound.Total.mean().item<float>(), 0.06);
        Assert.Equal([2L, 1000], bound.Terms.shape);
        Assert.True(bound.Prior.max().item<float>() < 1e-3);
    }
}
