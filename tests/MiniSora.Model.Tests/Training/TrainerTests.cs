using MiniSora.Model.Datasets;
using MiniSora.Model.Training;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Model.Tests.Training;

public sealed class TrainerTests : TorchTests
{
    [Theory]
    [InlineData(Precision.Fp32)]
    [InlineData(Precision.Bf16)]
    public void Twenty_steps_a_checkpoint_and_twenty_more_are_forty_to_the_last_bit(Precision precision)
    {
        using var folder = new TemporaryFolder();
        var setup = TinyRun.Setup(precision: precision);
        using (var whole = TinyRun.New(setup))
        {
            TinyRun.Steps(whole, 40);
            whole.Save(folder["whole.safetensors"]);
        }

        using (var first = TinyRun.New(setup))
        {
            TinyRun.Steps(first, 20);
            first.Save(folder["half.safetensors"]);
        }

        using (var second = TinyRun.Resume(folder["half.safetensors"], setup))
        {
            Assert.Equal(20, second.StepNumber);
            TinyRun.Steps(second, 20);
            second.Save(folder["resumed.safetensors"]);
        }

        using var expected = SafeTensors.Open(folder["whole.safetensors"]);
        using var actual = SafeTensors.Open(folder["resumed.safetensors"]);
        Assert.Equal(expected.Entries.Keys.Order(), actual.Entries.Keys.Order());
        foreach (var name in expected.Entries.Keys)
            Assert.True(SameBits(expected.Read(name), actual.Read(name)), $"{name} differs");
        Assert.Equal(expected.Metadata.OrderBy(pair => pair.Key), actual.Metadata.OrderBy(pair => pair.Key));
    }

    [Fact]
    public void Saving_in_between_changes_nothing()
    {
        using var folder = new TemporaryFolder();
        var setup = TinyRun.Setup();
        using var quiet = TinyRun.New(setup);
        using var saving = TinyRun.New(setup);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(quiet.Step(), saving.Step());
            saving.Save(folder["x.safetensors"]);
            using var sampler = saving.BorrowSampler(0.05);
            sampler.Sample([new("a small red circle", 1)], new() { Steps = 1 }, null, CancellationToken.None);
        }
    }

    [Fact]
    public void One_clip_is_learnt_by_heart()
    {
        var setup = TinyRun.Setup();
        setup = setup with
        {
            Dataset = new OneClip(setup.Dataset),
            Model = setup.Model with { Width = 64 },
            Objective = new() { ImageFraction = 0, MaskedFraction = 0, CaptionDropout = 0 },
            Training = setup.Training with { Steps = 300, LearningRate = 3e-3 },
        };
        using var trainer = TinyRun.New(setup);
        var results = TinyRun.Steps(trainer, 300);
        var (start, end) = (results.Take(10).Average(result => result.Loss), results.TakeLast(30).Average(result => result.Loss));
        Assert.True(end < 0.12 * start, $"the loss went from {start:F3} only to {end:F3}");
    }

    [Fact]
    public void Memory_does_not_grow_from_step_to_step()
    {
        // One replica: what others make is counted on their threads.
        var threads = torch.get_num_threads();
        torch.set_num_threads(1);
        using var trainer = TinyRun.New(TinyRun.Setup());
        torch.set_num_threads(threads);
        TinyRun.Steps(trainer, 8);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        TinyRun.Steps(trainer, 30);
        // The count is per thread: the three tensors of a batch are made on the reading thread and disposed on this one.
        Assert.Equal(before - 3 * 30, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_rolled_back_and_their_data_skipped()
    {
        using var trainer = TinyRun.New(TinyRun.Setup());
        TinyRun.Steps(trainer, Trainer.SnapshotSteps);
        var good = trainer.State.Parameters.detach().clone();
        // The step after shows that they are good; only then are they kept.
        trainer.Step();
        using (torch.no_grad())
            trainer.State.Parameters.fill_(float.NaN);

        var bad = trainer.Step();
        Assert.True(bad.RolledBack);
        Assert.Equal(Trainer.SnapshotSteps + 2, bad.Step);
        Assert.True(SameBits(good, trainer.State.Parameters));

        var next = trainer.Step();
        Assert.False(next.RolledBack);
        Assert.Equal(Trainer.SnapshotSteps + 3, next.Step);
        Assert.True(double.IsFinite(next.Loss));
    }

    [Fact]
    public void Hopeless_training_is_given_up()
    {
        var setup = TinyRun.Setup();
        using var trainer = TinyRun.New(setup with { Training = setup.Training with { LearningRate = 1, WarmupSteps = 0 } });
        using (torch.no_grad())
            trainer.State.Parameters.fill_(float.NaN);
        trainer.KeepSnapshot();
        var thrown = Assert.Throws<DivergedException>(() => TinyRun.Steps(trainer, 100));
        Assert.Equal(thrown.Rollbacks, thrown.Step);
    }

    [Fact]
    public void A_checkpoint_of_another_run_is_refused_with_every_difference()
    {
        using var folder = new TemporaryFolder();
        var setup = TinyRun.Setup();
        using (var trainer = TinyRun.New(setup))
            trainer.Save(folder["x.safetensors"]);
        var other = setup with { Seed = 99, Model = setup.Model with { Depth = 3 } };
        var refused = Assert.Throws<CheckpointException>(() => TinyRun.Resume(folder["x.safetensors"], other));
        Assert.Equal("checkpoint_mismatch", refused.Code);
        Assert.Contains("seed", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Depth = 3", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_safetensors_file_that_is_no_checkpoint_is_refused()
    {
        using var folder = new TemporaryFolder();
        SafeTensors.Write(folder["x.safetensors"], [("a", torch.zeros(2))]);
        Assert.Equal("checkpoint_format", Assert.Throws<CheckpointException>(() => TinyRun.Resume(folder["x.safetensors"], TinyRun.Setup())).Code);
    }

    [Fact]
    public void A_checkpoint_of_another_version_is_not_called_damaged()
    {
        using var folder = new TemporaryFolder();
        SafeTensors.Write(folder["old.safetensors"], [("a", torch.zeros(2))], new Dictionary<string, string> { ["minisora.format"] = CheckpointDescription.CurrentFormat, ["software"] = "0.0.1" });
        SafeTensors.Write(folder["new.safetensors"], [("a", torch.zeros(2))], new Dictionary<string, string> { ["minisora.format"] = "99" });
        foreach (var name in (string[])["old.safetensors", "new.safetensors"])
            Assert.Equal("checkpoint_version", Assert.Throws<CheckpointException>(() => TinyRun.Resume(folder[name], TinyRun.Setup())).Code);
    }

    [Fact]
    public void A_broken_dataset_stops_the_step_with_its_reason()
    {
        var setup = TinyRun.Setup();
        using var trainer = TinyRun.New(setup with { Dataset = new OneClip(setup.Dataset, failAfter: 2000) });
        var thrown = Assert.Throws<InvalidOperationException>(() => TinyRun.Steps(trainer, 1000));
        Assert.Contains("disk on fire", thrown.Message, StringComparison.Ordinal);
    }

    /// <summary>Serves the first clip of a set for every index; may break after so many reads.</summary>
    private sealed class OneClip(IVideoDataset inner, int failAfter = int.MaxValue) : IVideoDataset
    {
        private int reads;

        public string Id => inner.Id;
        public string Fingerprint => "one clip";
        public int Frames => inner.Frames;
        public int Height => inner.Height;
        public int Width => inner.Width;
        public long Count => 1;

        public Clip Read(long index, SplitMix64 random) => Interlocked.Increment(ref reads) > failAfter
            ? throw new IOException("disk on fire")
            : inner.Read(3, new SplitMix64(1));
    }
}
