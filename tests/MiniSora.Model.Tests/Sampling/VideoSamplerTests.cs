using MiniSora.Model.Datasets;
using MiniSora.Model.Sampling;
using MiniSora.Model.Tests.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Sampling;

public sealed class VideoSamplerTests : TorchTests
{
    private static readonly SamplerOptions Quick = new() { Steps = 3 };

    private static Model.Training.Trainer Trained()
    {
        var trainer = TinyRun.New(TinyRun.Setup());
        TinyRun.Steps(trainer, 10);
        using var _ = no_grad();
        trainer.State.Parameters.add_(0.05 * randn(trainer.State.Parameters.shape, generator: new Generator(1, CPU)));
        return trainer;
    }

    [Theory]
    [InlineData(SolverKind.Euler)]
    [InlineData(SolverKind.Heun)]
    public void A_clip_is_the_same_alone_and_among_others(SolverKind solver)
    {
        using var trainer = Trained();
        using var sampler = trainer.BorrowSampler(0);
        var options = Quick with { Solver = solver };
        SampleRequest[] requests = [new("a small red circle", 1), new("一个蓝色圆形", 2), new("", 3)];
        var together = sampler.Sample(requests, options, null, CancellationToken.None);
        Assert.Equal(8 * 16 * 16 * 3, together[1].Length);
        Assert.Equal(together[1], sampler.Sample([requests[1]], options, null, CancellationToken.None)[0]);
        Assert.Equal(together[2], sampler.Sample([.. requests.Reverse()], options, null, CancellationToken.None)[0]);
        Assert.NotEqual(together[0], together[1]);
    }

    [Fact]
    public void Seed_prompt_and_guidance_change_the_clip()
    {
        using var trainer = Trained();
        using var sampler = trainer.BorrowSampler(0);
        byte[] Draw(string prompt, long seed, double guidance) =>
            sampler.Sample([new(prompt, seed)], Quick with { Guidance = guidance }, null, CancellationToken.None)[0];
        var clip = Draw("a small red circle", 1, 2);
        Assert.Equal(clip, Draw("a small red circle", 1, 2));
        Assert.NotEqual(clip, Draw("a small red circle", 2, 2));
        Assert.NotEqual(clip, Draw("a large blue ring", 1, 2));
        Assert.NotEqual(clip, Draw("a small red circle", 1, 4));
    }

    [Fact]
    public void Guidance_one_is_the_prompt_alone_and_an_empty_interval_too()
    {
        using var trainer = Trained();
        using var sampler = trainer.BorrowSampler(0);
        byte[] Draw(SamplerOptions options) => sampler.Sample([new("a small red circle", 1)], options, null, CancellationToken.None)[0];
        Assert.Equal(Draw(Quick with { Guidance = 1 }), Draw(Quick with { Guidance = 5, GuidanceLow = 0.99, GuidanceHigh = 0.995 }));
    }

    [Fact]
    public void A_given_first_frame_comes_out_bit_identical_in_latents()
    {
        using var trainer = Trained();
        using var sampler = trainer.BorrowSampler(0);
        var picture = new byte[16 * 16 * 3];
        new Random(1).NextBytes(picture);
        // The window that the sampler draws for the task, and what the codec makes of the picture.
        using var pixels = ClipPixels.ToTensor([picture], 1, 16, 16);
        using var still = trainer.Codec.Encode(pixels);
        using var rest = zeros([1, 3, .. still.shape[2..]]);
        var task = new LatentTask { Clean = cat([still, rest], 1), Given = [true, false, false, false] };
        using var latents = sampler.Latents("a small red circle", 1, [1, 4, .. still.shape[2..]], task, Quick, _ => { }, CancellationToken.None);
        Assert.True(SameBits(still[0, 0], latents[0, 0]));
        Assert.False(SameBits(latents[0, 0], latents[0, 1]));
    }

    [Fact]
    public void The_checkpoint_samples_what_the_trainer_samples()
    {
        using var folder = new TemporaryFolder();
        using var trainer = Trained();
        trainer.Save(folder["x.safetensors"]);
        foreach (var ema in new[] { 0, 0.05, 0.1 })
        {
            using var live = trainer.BorrowSampler(ema);
            using var loaded = VideoSampler.Load(folder["x.safetensors"], ema, Model.Native.Placement.Cpu);
            SampleRequest[] requests = [new("a small red circle", 4)];
            Assert.Equal(live.Sample(requests, Quick, null, CancellationToken.None)[0], loaded.Sample(requests, Quick, null, CancellationToken.None)[0]);
            Assert.Equal((8, 16, 16), (loaded.Frames, loaded.Height, loaded.Width));
            Assert.Empty(loaded.Warnings);
        }
    }

    [Fact]
    public void Another_ema_width_and_a_long_prompt_give_warnings()
    {
        using var trainer = Trained();
        using var sampler = trainer.BorrowSampler(0.2);
        var prompt = string.Join(' ', Enumerable.Repeat("red", 50));
        sampler.Sample([new(prompt, 1), new(prompt, 2)], Quick, null, CancellationToken.None);
        Assert.Equal(["ema_replaced", "prompt_cut"], sampler.Warnings.Select(warning => warning.Code));
        Assert.Equal(("14", "50"), (sampler.Warnings[1].Arguments["kept"], sampler.Warnings[1].Arguments["total"]));
    }

    [Fact]
    public void Images_are_one_frame()
    {
        using var trainer = Trained();
        using var sampler = trainer.BorrowSampler(0);
        Assert.Equal(16 * 16 * 3, Assert.Single(sampler.SampleImages([new("a small red circle", 1)], Quick, null, CancellationToken.None)).Length);
    }

    [Fact]
    public void Cancelling_stops_within_one_evaluation()
    {
        using var trainer = Trained();
        using var sampler = trainer.BorrowSampler(0);
        using var cancel = new CancellationTokenSource();
        var seen = new Reports(value =>
        {
            if (value > 0.3)
                cancel.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => sampler.Sample([new("", 1)], Quick with { Steps = 10 }, seen, cancel.Token));
        Assert.True(seen.Values.Max() < 0.5);
        Assert.Equal(seen.Values.Order(), seen.Values);
    }

    [Fact]
    public void A_step_cache_saves_evaluations_and_a_clip_does_not_depend_on_its_neighbours()
    {
        using var trainer = Trained();
        using var sampler = trainer.BorrowSampler(0);
        var options = Quick with { Steps = 20, StepCache = 0.5 };
        SampleRequest[] requests = [new("a small red circle", 1), new("", 3)];
        var together = sampler.Sample(requests, options, null, CancellationToken.None);
        var (computed, skipped) = sampler.CacheUse;
        Assert.Equal(40, computed + skipped);
        Assert.True(skipped > 0);
        using var other = trainer.BorrowSampler(0);
        Assert.Equal(together[1], other.Sample([requests[1]], options, null, CancellationToken.None)[0]);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        other.Sample(requests, options, null, CancellationToken.None);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.Equal(sampler.Sample(requests, options with { StepCache = 0 }, null, CancellationToken.None), sampler.Sample(requests, options with { StepCache = 1e-9 }, null, CancellationToken.None));
    }

    [Fact]
    public void Sampling_leaves_no_tensor_behind()
    {
        using var trainer = Trained();
        using var sampler = trainer.BorrowSampler(0);
        void Draw() => sampler.Sample([new("a small red circle", 1, new ImageToVideo(new byte[16 * 16 * 3]))], Quick with { Steps = 10 }, null, CancellationToken.None);
        Draw();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Draw();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private sealed class Reports(Action<double> then) : IProgress<double>
    {
        public List<double> Values { get; } = [];

        public void Report(double value)
        {
            Values.Add(value);
            then(value);
        }
    }

    [Theory]
    [InlineData(8, 32, 16)]
    [InlineData(16, 16, 24)]
    [InlineData(2, 16, 16)]
    public void One_checkpoint_draws_clips_of_other_shapes(int frames, int height, int width)
    {
        using var trainer = Trained();
        using var sampler = trainer.BorrowSampler(0);
        var clip = sampler.Draw([new("a small red circle", 1, Size: new(frames, height, width))], Quick, null, CancellationToken.None)[0];
        Assert.Equal((frames, height, width, frames * height * width * 3), (clip.Frames, clip.Height, clip.Width, clip.Pixels.Length));
    }

    [Theory]
    [InlineData(7, 16, 16)]
    [InlineData(8, 20, 16)]
    public void A_shape_that_is_no_whole_number_of_patches_is_refused(int frames, int height, int width)
    {
        using var trainer = Trained();
        using var sampler = trainer.BorrowSampler(0);
        var refused = Assert.Throws<SamplingException>(() => sampler.Draw([new("a small red circle", 1, Size: new(frames, height, width))], Quick, null, CancellationToken.None));
        Assert.Equal("size_unfit", refused.Code);
    }

    [Fact]
    public void A_second_prompt_takes_over_as_far_as_its_weight_says()
    {
        using var trainer = Trained();
        using var sampler = trainer.BorrowSampler(0);
        var shape = new ClipSize(8, 16, 16).LatentShape(trainer.Codec);
        Tensor Draw(string prompt, float weight) => sampler.Latents(
            prompt, 1, shape, new LatentTask { Second = ("a large blue ring", [.. Enumerable.Repeat(weight, 4)]) }, Quick, _ => { }, CancellationToken.None);
        Tensor Alone(string prompt) => sampler.Latents(prompt, 1, shape, LatentTask.Free, Quick, _ => { }, CancellationToken.None);
        Assert.True(LargestDifference(Alone("a small red circle"), Draw("a small red circle", 0)) < 1e-4);
        Assert.True(LargestDifference(Alone("a large blue ring"), Draw("a small red circle", 1)) < 1e-4);
        Assert.True(LargestDifference(Alone("a small red circle"), Draw("a small red circle", 0.5f)) > 1e-3);
    }
}
