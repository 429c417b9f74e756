using MiniSora.Model.Datasets;
using MiniSora.Model.Sampling;
using MiniSora.Model.Training;

namespace MiniSora.Model.Tests.Training;

/// <summary>One checkpoint for several shapes of clips (models.md §3, row 4).</summary>
public sealed class BucketTrainingTests : TorchTests
{
    private static TrainerSetup Setup()
    {
        var setup = TinyRun.Setup();
        return setup with { Buckets = [new(new MovingShapes(new ClipSize(4, 16, 32), 1)), new(new MovingShapes(new ClipSize(12, 32, 16), 1), 2)] };
    }

    [Fact]
    public void Batches_of_all_shapes_train_one_network_which_draws_them_all()
    {
        using var trainer = TinyRun.New(Setup());
        TinyRun.Steps(trainer, 8);
        using var sampler = trainer.BorrowSampler(0);
        foreach (var size in new ClipSize[] { new(8, 16, 16), new(4, 16, 32), new(12, 32, 16), new(16, 32, 48) })
        {
            var clip = sampler.Draw([new("a small red circle", 1, Size: size)], new SamplerOptions { Steps = 2 }, null, CancellationToken.None)[0];
            Assert.Equal(size, new ClipSize(clip.Frames, clip.Height, clip.Width));
        }
    }

    [Fact]
    public void A_run_with_buckets_resumes_bit_exactly()
    {
        using var folder = new TemporaryFolder();
        using var whole = TinyRun.New(Setup());
        TinyRun.Steps(whole, 3);
        whole.Save(folder["half.safetensors"]);
        var expected = Enumerable.Range(0, 5).Select(_ => whole.Step().Loss).ToList();
        using var resumed = Trainer.Resume(folder["half.safetensors"], Setup(), null, CancellationToken.None);
        Assert.Equal(expected, Enumerable.Range(0, 5).Select(_ => resumed.Step().Loss).ToList());
    }

    [Fact]
    public void Other_buckets_are_another_run()
    {
        using var folder = new TemporaryFolder();
        using var trainer = TinyRun.New(Setup());
        trainer.Save(folder["a.safetensors"]);
        var refused = Assert.Throws<CheckpointException>(() => Trainer.Resume(folder["a.safetensors"], TinyRun.Setup(), null, CancellationToken.None));
        Assert.Contains("further clip sizes", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_of_longer_clips_has_fewer_of_them()
    {
        var setup = Setup();
        Assert.Equal([setup.Training.Batch, setup.Training.Batch, setup.Training.Batch / 3], setup.AllBuckets.Select(setup.BatchOf));
    }
}
