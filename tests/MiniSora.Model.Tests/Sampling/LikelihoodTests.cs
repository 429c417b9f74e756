using MiniSora.Model.Objectives;
using MiniSora.Model.Sampling;
using MiniSora.Model.Tests.Systems;
using MiniSora.Model.Tests.Training;
using MiniSora.Model.Training;
using TorchSharp;

namespace MiniSora.Model.Tests.Sampling;

public sealed class LikelihoodTests : TorchTests
{
    [Theory]
    [InlineData("sit linear", false)]
    [InlineData("latte parallel", true)]
    [InlineData("mini sora", true)]
    public void A_flow_that_does_not_move_gives_the_density_of_noise(string name, bool conditional)
    {
        // At the start a network's output is zero: the data are their own noise.
        var setup = name == "mini sora" ? TinyRun.Setup() with { Objective = new ObjectiveOptions { Prediction = Prediction.Velocity } } : TinySystem.Setup(name);
        using var trainer = TinyRun.New(setup);
        using var sampler = trainer.BorrowSampler(0);
        var clip = setup.Dataset.Read(3, new SplitMix64(1));
        var bits = sampler.BitsPerDimension(clip, 0, conditional, 5, 3, CancellationToken.None);
        using var latents = Latents(trainer, setup, clip, name == "sit linear");
        var expected = ((latents * latents).mean().item<float>() / 2 + 0.5 * Math.Log(2 * Math.PI)) / Math.Log(2);
        Assert.Equal(expected, bits, 3);
    }

    [Fact]
    public void A_trained_flow_gives_its_data_more_bits_than_the_noise_it_began_as()
    {
        var setup = TinyRun.Setup() with { Objective = new ObjectiveOptions { Prediction = Prediction.Velocity, ImageFraction = 0, MaskedFraction = 0 } };
        using var trainer = TinyRun.New(setup);
        var clip = setup.Dataset.Read(3, new SplitMix64(1));
        double Bits()
        {
            using var sampler = trainer.BorrowSampler(0);
            return sampler.BitsPerDimension(clip, 0, true, 5, 10, CancellationToken.None);
        }

        var before = Bits();
        TinyRun.Steps(trainer, 60);
        Assert.True(Bits() < before - 0.1, $"{before} before, {Bits()} after");
    }

    [Fact]
    public void A_diffusion_has_none_and_says_so()
    {
        var setup = TinySystem.Setup("dit label");
        using var trainer = TinyRun.New(setup);
        using var sampler = trainer.BorrowSampler(0);
        Assert.Equal("likelihood_unfit", Assert.Throws<SamplingException>(() => sampler.BitsPerDimension(setup.Dataset.Read(0, new SplitMix64(1)), 0, true, 1, 2, CancellationToken.None)).Code);
    }

    private static torch.Tensor Latents(Trainer trainer, TrainerSetup setup, Model.Datasets.Clip clip, bool image)
    {
        using var folder = new TemporaryFolder();
        trainer.Save(folder["x"]);
        using var checkpoint = Checkpoint.Open(folder["x"]);
        using var codec = checkpoint.ReadCodec(setup.Placement);
        var frames = image ? 1 : setup.Dataset.Frames;
        return codec.Encode(Model.Datasets.ClipPixels.ToTensor([clip.Frames[..(frames * 16 * 16 * 3)]], frames, 16, 16));
    }
}
