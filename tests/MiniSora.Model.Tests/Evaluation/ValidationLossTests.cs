using MiniSora.Model.Datasets;
using MiniSora.Model.Evaluation;
using MiniSora.Model.Native;
using MiniSora.Model.Sampling;
using MiniSora.Model.Tests.Training;

namespace MiniSora.Model.Tests.Evaluation;

public sealed class ValidationLossTests : TorchTests
{
    [Fact]
    public void It_is_the_same_every_time_and_leaves_training_as_it_was()
    {
        using var watched = TinyRun.New(TinyRun.Setup());
        using var alone = TinyRun.New(TinyRun.Setup());
        using var loss = watched.OpenValidation(2);
        TinyRun.Steps(watched, 2);
        TinyRun.Steps(alone, 2);
        var first = watched.Validate(loss, 0);
        Assert.Equal(10, first.Count);
        Assert.All(first, value => Assert.True(value > 0));
        Assert.Equal(first, watched.Validate(loss, 0));
        Assert.Equal(alone.Step().Loss, watched.Step().Loss);
        Assert.NotEqual(first, watched.Validate(loss, 0));
    }

    [Fact]
    public void A_checkpoint_gives_what_its_trainer_gave()
    {
        using var folder = new TemporaryFolder();
        using var trainer = TinyRun.New(TinyRun.Setup());
        TinyRun.Steps(trainer, 3);
        var path = folder["a.safetensors"];
        trainer.Save(path);
        using var loss = trainer.OpenValidation(2);
        using var sampler = VideoSampler.Load(path, 0, Placement.Cpu);
        var loaded = sampler.ValidationLosses(new MovingShapes(8, 16, 1), 2);
        Assert.All(trainer.Validate(loss, 0).Zip(loaded), pair => Assert.Equal(pair.First, pair.Second, 5));
    }

    [Fact]
    public void The_clips_are_those_of_places_that_training_never_shows()
    {
        var training = new MovingShapes(8, 16, 1);
        var held = ValidationLoss.ClipsOf(training);
        Assert.NotEqual(training.Fingerprint, held.Fingerprint);
        Assert.Equal(held.Fingerprint, ValidationLoss.ClipsOf(new MovingShapes(8, 16, 99)).Fingerprint);
        Assert.NotEqual(training.Read(3, new SplitMix64(1)).Frames, held.Read(3, new SplitMix64(1)).Frames);
    }
}
