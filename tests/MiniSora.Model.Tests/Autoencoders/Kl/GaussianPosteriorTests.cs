using MiniSora.Model.Autoencoders.Kl;
using TorchSharp;

namespace MiniSora.Model.Tests.Autoencoders.Kl;

public sealed class GaussianPosteriorTests : TorchTests
{
    [Fact]
    public void The_unit_normal_has_no_divergence_from_itself_and_a_shift_of_two_costs_two_per_number()
    {
        Assert.Equal(0, GaussianPosterior.From(torch.zeros(1, 4, 3, 3)).Divergence().item<float>());
        var shifted = GaussianPosterior.From(torch.cat([torch.full(1, 2, 3, 3, 2f), torch.zeros(1, 2, 3, 3)], 1));
        Assert.Equal(2 * 18, shifted.Divergence().item<float>(), 4);
        Assert.Equal(18 * (0.5 * Math.Log(2 * Math.PI) + 0.5), shifted.NegativeLogLikelihood(torch.ones(1, 2, 3, 3)).item<float>(), 4);
    }

    [Fact]
    public void Extreme_log_variances_are_clamped_and_no_noise_gives_the_mean()
    {
        var posterior = GaussianPosterior.From(torch.cat([torch.ones(1, 1, 1, 2), torch.tensor(new[] { -100f, 100f }).view(1, 1, 1, 2)], 1));
        Assert.Equal([-30f, 20f], posterior.LogVariance.data<float>().ToArray());
        Assert.True(SameBits(posterior.Mean, posterior.Sample(torch.zeros(1, 1, 1, 2))));
    }
}
