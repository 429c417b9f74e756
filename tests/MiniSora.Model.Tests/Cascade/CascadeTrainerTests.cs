using MiniSora.Model.Backbones;
using MiniSora.Model.Cascade;
using MiniSora.Model.Native;
using MiniSora.Model.Sampling;
using MiniSora.Model.Tests.Training;
using MiniSora.Model.Training;

namespace MiniSora.Model.Tests.Cascade;

public sealed class CascadeTrainerTests : TorchTests
{
    private static readonly SampleRequest Request = new("a large red circle moves left", 4);
    private static readonly SamplerOptions Sampler = new() { Steps = 3 };

    private static TrainerSetup Setup(CascadeMedium medium)
    {
        var setup = TinyRun.Setup();
        return setup with
        {
            Model = setup.Model with { Network = NetworkKind.Cascade },
            Training = setup.Training with { Steps = 6, Batch = 2 },
            Cascade = new CascadeOptions { Medium = medium, CodecShare = 0.34, DecoderShare = 0.33, CodecWidth = 16, SemanticWidth = 16, DecoderWidth = 16, PriorWidth = 32, TextWidth = 16, CodebookSize = 8 },
        };
    }

    private static List<CascadeStage> Run(ITrainer trainer, int steps)
    {
        var stages = new List<CascadeStage>();
        for (var i = 0; i < steps; i++)
        {
            stages.Add(((CascadeTrainer)trainer).Stage);
            Assert.True(double.IsFinite(trainer.Step().Loss));
        }

        return stages;
    }

    [Theory]
    [InlineData(CascadeMedium.Clips)]
    [InlineData(CascadeMedium.Images)]
    public void One_run_trains_its_stages_in_turn_and_its_checkpoint_samples_as_it_does(CascadeMedium medium)
    {
        using var folder = new TemporaryFolder();
        using var trainer = Trainers.Create(Setup(medium), null, CancellationToken.None);
        Assert.Equal([CascadeStage.A, CascadeStage.A, CascadeStage.B, CascadeStage.B], Run(trainer, 4));
        Assert.False(trainer.CanSample);
        Assert.Equal([CascadeStage.C, CascadeStage.C], Run(trainer, 2));
        Assert.True(trainer.CanSample);
        trainer.Save(folder["x"]);
        foreach (var ema in new[] { 0, 0.05 })
        {
            using var borrowed = trainer.BorrowSampler(ema);
            using var loaded = VideoSampler.Load(folder["x"], ema, Placement.Cpu);
            var clip = loaded.Sample([Request], Sampler, null, CancellationToken.None)[0];
            Assert.Equal(8 * 16 * 16 * 3, clip.Length);
            Assert.Equal(borrowed.Sample([Request], Sampler, null, CancellationToken.None)[0], clip);
            Assert.Empty(loaded.Warnings);
        }
    }

    [Fact]
    public void A_resumed_run_goes_on_as_if_it_had_not_stopped()
    {
        using var folder = new TemporaryFolder();
        var setup = Setup(CascadeMedium.Clips);
        using var whole = Trainers.Create(setup, null, CancellationToken.None);
        Run(whole, 3);
        whole.Save(folder["half"]);
        Run(whole, 3);
        whole.Save(folder["whole"]);
        using var resumed = Trainers.Resume(folder["half"], setup, null, CancellationToken.None);
        Assert.Equal(3, resumed.StepNumber);
        Run(resumed, 3);
        resumed.Save(folder["resumed"]);
        Assert.Equal(File.ReadAllBytes(folder["whole"]), File.ReadAllBytes(folder["resumed"]));
        var other = setup with { Cascade = setup.Cascade with { PriorWidth = 48 } };
        Assert.Equal("checkpoint_mismatch", Assert.Throws<CheckpointException>(() => Trainers.Resume(folder["half"], other, null, CancellationToken.None)).Code);
    }

    [Theory]
    // The recipe's sizes; the estimate of a run's cost is held against the same numbers.
    [InlineData(CascadeMedium.Clips, 8, 4_817_296)]
    [InlineData(CascadeMedium.Images, 1, 3_856_912)]
    public void The_recipes_cascade_has_this_many_weights(CascadeMedium medium, int frames, long expected)
    {
        var options = new CascadeOptions { Medium = medium, CodecWidth = 48, Width = 32, Height = 32, Frames = frames, TextLength = 24 };
        var networks = new CascadeNetworks(options, new Model.Text.Vocabulary([.. Enumerable.Range(0, 100).Select(i => $"w{i}")]));
        Assert.Equal(expected, networks.Layouts.Sum(part => part.Layout.ParameterCount));
    }

    [Fact]
    public void A_first_frame_is_refused_by_name()
    {
        using var trainer = Trainers.Create(Setup(CascadeMedium.Clips), null, CancellationToken.None);
        using var sampler = trainer.BorrowSampler(0);
        var refused = Assert.Throws<SamplingException>(() => sampler.Sample([Request with { Task = new ImageToVideo(new byte[16 * 16 * 3]) }], Sampler, null, CancellationToken.None));
        Assert.Equal("task_unfit", refused.Code);
    }
}
