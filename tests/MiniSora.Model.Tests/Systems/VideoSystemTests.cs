using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;
using MiniSora.Model.Native;
using MiniSora.Model.Sampling;
using MiniSora.Model.Tests.Training;
using MiniSora.Model.Training;
using MiniSora.Model.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Systems;

public sealed class VideoSystemTests : TorchTests
{
    public static TheoryData<string> Names => [.. TinySystem.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_resumed_run_has_the_same_bits_and_samples_the_same_clips(string name)
    {
        using var folder = new TemporaryFolder();
        var setup = TinySystem.Setup(name) with { Training = TinyRun.Setup().Training with { EmaDecay = 0.5 } };
        using (var first = TinyRun.New(setup))
        {
            TinyRun.Steps(first, 3);
            first.Save(folder["half"]);
            TinyRun.Steps(first, 3);
            first.Save(folder["whole"]);
        }

        using var second = TinyRun.Resume(folder["half"], setup);
        TinyRun.Steps(second, 3);
        second.Save(folder["resumed"]);
        Assert.Equal(File.ReadAllBytes(folder["whole"]), File.ReadAllBytes(folder["resumed"]));

        SampleRequest[] requests = [new("1", 4), new("red circle", 5)];
        var options = new SamplerOptions { Steps = 2, Ema = 0.5 };
        using var live = second.BorrowSampler(0.5);
        using var loaded = VideoSampler.Load(folder["whole"], 0.5, Placement.Cpu);
        Assert.Equal(live.Sample(requests, options, null, CancellationToken.None), loaded.Sample(requests, options, null, CancellationToken.None));
        Assert.Empty(loaded.Warnings);
    }

    [Theory]
    [InlineData("dit label", 200, 0.6)]
    [InlineData("sit linear", 200, 0.6)]
    [InlineData("latte text", 200, 0.6)]
    [InlineData("latte parallel", 200, 0.6)]
    public void One_clip_is_learnt_by_heart(string name, int steps, double share)
    {
        var setup = TinySystem.Setup(name);
        setup = setup with
        {
            Dataset = new OneClip(setup.Dataset),
            Objective = setup.Objective with { CaptionDropout = 0 },
            Training = setup.Training with { Steps = steps, LearningRate = 3e-3, Batch = 8 },
        };
        using var trainer = TinyRun.New(setup);
        var losses = TinyRun.Steps(trainer, steps).Select(result => result.Loss).ToList();
        var (start, end) = (losses.Take(10).Average(), losses.TakeLast(40).Average());
        Assert.True(end < share * start, $"the loss went from {start:F3} only to {end:F3}");
    }

    [Theory]
    [InlineData("dit label", SolverKind.Auto)]
    [InlineData("latte text", SolverKind.Ddpm)]
    [InlineData("latte text", SolverKind.Ddim)]
    [InlineData("latte text", SolverKind.Dpmpp2m)]
    [InlineData("dit label", SolverKind.Unipc)]
    [InlineData("latte late", SolverKind.Ddim)]
    [InlineData("sit gvp noise", SolverKind.Heun)]
    [InlineData("sit linear", SolverKind.Dopri5)]
    [InlineData("latte sequential", SolverKind.Sde)]
    [InlineData("latte parallel", SolverKind.Euler)]
    public void A_clip_is_the_same_alone_and_among_others(string name, SolverKind solver)
    {
        using var trainer = Shaken(TinySystem.Setup(name));
        using var sampler = trainer.BorrowSampler(0);
        var options = new SamplerOptions { Solver = solver, Steps = 3, GuidanceLow = 0, GuidanceHigh = 1 };
        SampleRequest[] requests = [new("0", 1), new("blue ring", 2), new("", 3)];
        var together = sampler.Sample(requests, options, null, CancellationToken.None);
        Assert.All(together, clip => Assert.Equal(8 * 16 * 16 * 3, clip.Length));
        Assert.Equal(together[1], sampler.Sample([requests[1]], options, null, CancellationToken.None)[0]);
        Assert.NotEqual(together[0], together[1]);
        Assert.NotEqual(together[0].Min(), together[0].Max());
    }

    [Fact]
    public void Guidance_and_prompt_change_the_clip_of_a_conditional_network()
    {
        using var trainer = Shaken(TinySystem.Setup("dit label"));
        using var sampler = trainer.BorrowSampler(0);
        byte[] Draw(string prompt, double guidance) =>
            sampler.Sample([new(prompt, 1)], new SamplerOptions { Steps = 3, Guidance = guidance, GuidanceLow = 0, GuidanceHigh = 1 }, null, CancellationToken.None)[0];
        Assert.NotEqual(Draw("red circle", 1), Draw("blue ring", 1));
        Assert.NotEqual(Draw("red circle", 1), Draw("red circle", 5));
        Assert.Equal(Draw("Red Circle", 2), Draw("红色圆形", 2));
        Assert.Equal(Draw("", 1), Draw("", 5));
    }

    [Fact]
    public void An_image_network_gives_a_still()
    {
        using var trainer = Shaken(TinySystem.Setup("sit linear"));
        using var sampler = trainer.BorrowSampler(0);
        var clip = sampler.Sample([new("", 1)], new SamplerOptions { Steps = 2 }, null, CancellationToken.None)[0];
        var frame = clip.Length / 8;
        Assert.All(Enumerable.Range(1, 7), f => Assert.Equal(clip[..frame], clip[(f * frame)..((f + 1) * frame)]));
    }

    [Fact]
    public void What_a_checkpoint_cannot_do_is_said()
    {
        using var trainer = TinyRun.New(TinySystem.Setup("dit label"));
        using var sampler = trainer.BorrowSampler(0);
        SamplingException Refused(SampleRequest request, SolverKind solver) => Assert.Throws<SamplingException>(
            () => sampler.Sample([request], new SamplerOptions { Steps = 1, Solver = solver }, null, CancellationToken.None));
        var unknown = Refused(new("rde circle", 1), SolverKind.Auto);
        Assert.Equal("class_unknown", unknown.Code);
        Assert.Contains("red circle", unknown.Arguments["nearest"], StringComparison.Ordinal);
        Assert.Equal("solver_unfit", Refused(new("red circle", 1), SolverKind.Heun).Code);
        Assert.Equal("task_unfit", Refused(new("red circle", 1, new ImageToVideo(new byte[16 * 16 * 3])), SolverKind.Auto).Code);
    }

    [Theory]
    [InlineData("dit label")]
    [InlineData("latte images")]
    [InlineData("latte text")]
    public void A_step_in_parts_has_the_gradient_of_the_whole(string name)
    {
        var setup = TinySystem.Setup(name);
        StepResult First(int parts)
        {
            using var trainer = TinyRun.New(setup with { Training = setup.Training with { Accumulation = parts } });
            TinyRun.Steps(trainer, 1);
            return trainer.Step();
        }

        var (whole, parts) = (First(1), First(3));
        Assert.Equal(whole.Loss, parts.Loss, 1e-4 * whole.Loss);
        Assert.Equal(whole.GradientNorm, parts.GradientNorm, 1e-3 * whole.GradientNorm);
    }

    [Fact]
    public void Adaptive_weights_follow_the_errors_and_a_bad_step_leaves_them()
    {
        using var fixture = new TrainedSystem("dit adaptive");
        var system = fixture.System;
        Assert.All(system.StepState, one => Assert.Equal(1, one));
        var first = fixture.Run(1).Loss;
        Assert.Equal(first, fixture.Run(2).Loss, 1e-5 * first); // the same weights until the step ends
        system.EndStep(good: false);
        Assert.All(system.StepState, one => Assert.Equal(1, one));
        fixture.Run(2);
        system.EndStep(good: true);
        Assert.Contains(system.StepState, one => one is > 0.99 and not 1 || one is < 0.999 or > 1.001);
        var restored = system.StepState.ToArray();
        Assert.NotEqual(first, fixture.Run(1).Loss);
        system.RestoreStepState(restored);
        Assert.Equal(restored, system.StepState);
        Assert.Throws<ArgumentException>(() => system.RestoreStepState([1, 2]));
    }

    [Theory]
    [InlineData("dit label")]
    [InlineData("latte text")]
    [InlineData("latte parallel")]
    public void A_step_cache_skips_steps_and_a_tiny_threshold_changes_nothing(string name)
    {
        using var trainer = Shaken(TinySystem.Setup(name));
        var options = new SamplerOptions { Steps = 12, GuidanceLow = 0, GuidanceHigh = 0.5 };
        (byte[] Clip, int Computed, int Skipped) Draw(double threshold)
        {
            using var sampler = trainer.BorrowSampler(0);
            SampleRequest[] requests = [new("red circle", 1), new("blue ring", 2)];
            var clips = sampler.Sample(requests, options with { StepCache = threshold }, null, CancellationToken.None);
            Assert.Equal(clips[1], sampler.Sample([requests[1]], options with { StepCache = threshold }, null, CancellationToken.None)[0]);
            return (clips[0], sampler.CacheUse.Computed, sampler.CacheUse.Skipped);
        }

        var full = Draw(0);
        Assert.Equal((0, 0), (full.Computed, full.Skipped));
        var tiny = Draw(1e-9);
        Assert.Equal((36, 0), (tiny.Computed, tiny.Skipped));
        Assert.Equal(full.Clip, tiny.Clip);
        var skipping = Draw(1);
        Assert.True(skipping.Skipped > 0);
        Assert.Equal(36, skipping.Computed + skipping.Skipped);
    }

    [Fact]
    public void Images_beside_clips_change_the_loss_and_only_clips_are_drawn()
    {
        var with = TinySystem.Setup("latte images");
        using var first = TinyRun.New(with);
        using var second = TinyRun.New(with with { Model = with.Model with { ImageFrames = 0 } });
        Assert.NotEqual(first.Step().Loss, second.Step().Loss);
        Assert.Equal(first.ParameterCount, second.ParameterCount);
    }

    [Fact]
    public void A_constant_decay_keeps_its_share()
    {
        var setup = TinyRun.Setup() with { Training = TinyRun.Setup().Training with { EmaDecay = 0.9 } };
        using var trainer = TinyRun.New(setup);
        using var start = trainer.State.Parameters.detach().clone();
        trainer.Step();
        using var expected = start * 0.9 + trainer.State.Parameters.detach() * 0.1;
        Assert.True(LargestDifference(expected, trainer.State.Emas[^1]) < 1e-6);
    }

    [Fact]
    public void Another_objective_is_another_run()
    {
        using var folder = new TemporaryFolder();
        var setup = TinySystem.Setup("sit linear");
        using (var trainer = TinyRun.New(setup))
            trainer.Save(folder["x"]);
        var refused = Assert.Throws<CheckpointException>(() => TinyRun.Resume(folder["x"], setup with { Objective = TinySystem.Setup("sit gvp noise").Objective }));
        Assert.Contains("Gvp", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_before_is_still_read()
    {
        using var folder = new TemporaryFolder();
        using (var trainer = TinyRun.New(TinyRun.Setup()))
            trainer.Save(folder["x"]);
        using var file = SafeTensors.Open(folder["x"]);
        var metadata = file.Metadata.Where(pair => pair.Key is not ("minisora.objective" or "minisora.ema_decay" or "minisora.classes")).ToDictionary();
        metadata["minisora.prediction"] = "Data";
        metadata["minisora.model"] = """{"Width":32,"Depth":2,"Heads":2,"Patch":2,"MlpRatio":4,"TextLength":16,"TextDepth":1}""";
        metadata["minisora.codec"] = metadata["minisora.codec"].Replace("\"Linear\"", "0", StringComparison.Ordinal);
        var description = CheckpointDescription.FromMetadata(metadata);
        description.RequireSame(TinyRun.Setup());
        Assert.Equal(NetworkKind.MiniSora, description.Model.Network);
    }

    [Fact]
    public void A_set_without_classes_cannot_teach_them()
    {
        var setup = TinySystem.Setup("dit label");
        var refused = Assert.Throws<DatasetException>(() => TinyRun.New(setup with { Dataset = new OneClip(setup.Dataset, hasClasses: false) }));
        Assert.Equal(DatasetErrors.NoClasses, refused.Code);
    }

    /// <summary>Weights that say something: a fresh network's output is zero.</summary>
    private static Trainer Shaken(TrainerSetup setup)
    {
        var trainer = TinyRun.New(setup);
        using var _ = no_grad();
        foreach (var (spec, view) in trainer.Layout.Specs.Zip(trainer.Layout.Named(trainer.State.Parameters.detach())))
        {
            if (spec.Trainable)
                view.View.add_(0.1 * randn(view.View.shape, generator: new Generator(1, CPU)));
        }

        return trainer;
    }

    private sealed class OneClip(IVideoDataset inner, bool hasClasses = true) : IVideoDataset
    {
        public string Id => inner.Id;
        public string Fingerprint => "one clip";
        public int Frames => inner.Frames;
        public int Height => inner.Height;
        public int Width => inner.Width;
        public long Count => 1;
        public IReadOnlyList<Caption> Classes => hasClasses ? inner.Classes : [];

        public int ClassOf(long index) => inner.ClassOf(3);

        public Clip Read(long index, SplitMix64 random) => inner.Read(3, new SplitMix64(1));
    }
}
