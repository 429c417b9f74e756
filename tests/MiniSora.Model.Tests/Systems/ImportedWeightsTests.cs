using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Native;
using MiniSora.Model.Sampling;
using MiniSora.Model.Tests.Autoencoders.Kl;
using MiniSora.Model.Tests.Text.T5;
using MiniSora.Model.Tests.Training;
using MiniSora.Model.Training;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Model.Tests.Systems;

/// <summary>Training with an imported codec and an imported text encoder.</summary>
public sealed class ImportedWeightsTests : TorchTests
{
    private static TrainerSetup Setup(string data)
    {
        var setup = TinySystem.Setup("latte text");
        return setup with
        {
            Codec = new CodecOptions { Kind = CodecKind.Kl, Weights = "vae" },
            Model = setup.Model with { TextEncoder = TextEncoderKind.T5, TextWeights = "t5", TextLength = 8 },
            Weights = new WeightsPlace(data),
        };
    }

    private static void Prepare(TemporaryFolder data)
    {
        using var source = new TemporaryFolder();
        using (TinyKl.Write(source, TinyKl.Image)) { }
        Copy(source, Path.Combine(WeightsShelf.FolderIn(data.Path), "vae"));
        using var text = new TemporaryFolder();
        using (TinyT5.Write(text)) { }
        Copy(text, Path.Combine(WeightsShelf.FolderIn(data.Path), "t5"));
    }

    private static void Copy(TemporaryFolder from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from.Path))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    [Fact]
    public void A_latte_learns_on_published_latents_under_t5_and_its_checkpoint_samples()
    {
        using var data = new TemporaryFolder();
        Prepare(data);
        var setup = Setup(data.Path);
        Assert.Equal(["t5", "vae"], WeightsShelf.Names(data.Path));
        using var trainer = TinyRun.New(setup);
        Assert.All(TinyRun.Steps(trainer, 2), step => Assert.True(double.IsFinite(step.Loss)));
        Assert.Contains(trainer.Layout.Specs, spec => spec.Name == "text_embedding_projection.1.weight" && spec.Shape[1] == 8 * 12);
        Assert.DoesNotContain(trainer.Layout.Specs, spec => spec.Name.StartsWith("text.", StringComparison.Ordinal));
        trainer.Save(data["x"]);
        Assert.NotEmpty(Directory.GetFiles(setup.Weights.Features, "*.safetensors", SearchOption.AllDirectories));
        var request = new SampleRequest("a red ball", 3);
        using var borrowed = trainer.BorrowSampler(0);
        using var loaded = VideoSampler.Load(data["x"], 0, Placement.Cpu, setup.Weights);
        var options = new SamplerOptions { Steps = 2, Guidance = 3 };
        var clip = loaded.Sample([request], options, null, CancellationToken.None)[0];
        Assert.Equal(borrowed.Sample([request], options, null, CancellationToken.None)[0], clip);
        Assert.Throws<PretrainedException>(() => VideoSampler.Load(data["x"], 0, Placement.Cpu));
    }

    [Fact]
    public void Training_resumes_to_the_same_bits_although_latents_were_kept()
    {
        using var data = new TemporaryFolder();
        Prepare(data);
        var setup = Setup(data.Path);
        using var whole = TinyRun.New(setup);
        TinyRun.Steps(whole, 2);
        whole.Save(data["half"]);
        TinyRun.Steps(whole, 2);
        using var resumed = TinyRun.Resume(data["half"], setup);
        TinyRun.Steps(resumed, 2);
        Assert.True(SameBits(whole.State.Parameters, resumed.State.Parameters));
    }

    [Fact]
    public void Weights_that_are_not_there_are_named()
    {
        using var data = new TemporaryFolder();
        Assert.Contains("\"vae\"", Assert.Throws<PretrainedException>(() => TinyRun.New(Setup(data.Path))).Message, StringComparison.Ordinal);
    }
}
