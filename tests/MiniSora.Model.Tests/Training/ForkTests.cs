using MiniSora.Model.Datasets;
using MiniSora.Model.Training;
using TorchSharp;

namespace MiniSora.Model.Tests.Training;

public sealed class ForkTests : TorchTests
{
    private static readonly TrainerSetup Parent = TinyRun.Setup();
    private static readonly TrainerSetup Slower = Parent with { Training = Parent.Training with { LearningRate = 1e-4 } };

    [Fact]
    public void With_everything_carried_over_a_fork_with_another_learning_rate_begins_at_the_parents_next_loss()
    {
        using var folder = new TemporaryFolder();
        using var parent = Trained(folder["parent"]);
        using var fork = Fork(folder["parent"], Carry.Everything, Slower);

        Assert.Equal((30, 30), (fork.StepNumber, fork.StartStep));
        var (old, now) = (parent.Step(), fork.Step());
        Assert.Equal((old.Step, old.Loss, old.GradientNorm), (now.Step, now.Loss, now.GradientNorm));
        Assert.NotEqual(parent.Step().Loss, fork.Step().Loss);
    }

    [Fact]
    public void With_the_weights_carried_over_a_fork_begins_at_the_parents_loss_and_not_at_the_first()
    {
        using var folder = new TemporaryFolder();
        using var parent = Trained(folder["parent"]);
        using var fresh = TinyRun.New(Still);
        using var fork = Fork(folder["parent"], Carry.Weights, Still);

        Assert.True(SameBits(parent.State.Parameters, fork.State.Parameters));
        Assert.All(fork.State.Emas, ema => Assert.True(SameBits(parent.State.Parameters, ema)));
        Assert.Equal((0, 0, 0, 0), (fork.StepNumber, fork.StartStep, fork.State.Updates, fork.State.Optimizer.Updates));
        var (first, carried, later) = (Loss(fresh), Loss(fork), Loss(parent));
        Assert.True(carried < 0.8 * first, $"untrained {first:F3}, forked {carried:F3}");
        Assert.InRange(carried, 0.8 * later, 1.25 * later);
    }

    [Fact]
    public void Averages_go_on_where_they_were_with_an_optimizer_of_their_own_also_after_an_interruption()
    {
        using var folder = new TemporaryFolder();
        using var parent = Trained(folder["parent"]);
        using var whole = Fork(folder["parent"], Carry.Averages, Slower);
        Assert.Equal((0L, 30L, 0L), (whole.StepNumber, whole.State.Updates, whole.State.Optimizer.Updates));
        Assert.All(whole.State.Emas.Zip(parent.State.Emas), pair => Assert.True(SameBits(pair.First, pair.Second)));
        Assert.Equal(0, whole.State.Optimizer.ExpAvg.abs().sum().ToDouble());

        TinyRun.Steps(whole, 3);
        whole.Save(folder["three"]);
        using var resumed = TinyRun.Resume(folder["three"], Slower);
        Assert.Equal((33L, 3L), (resumed.State.Updates, resumed.State.Optimizer.Updates));
        Assert.Equal(TinyRun.Steps(whole, 3), TinyRun.Steps(resumed, 3));
        Assert.True(SameBits(whole.State.Emas[0], resumed.State.Emas[0]));
        Assert.False(SameBits(whole.State.Emas[0], whole.State.Parameters));
    }

    [Fact]
    public void A_run_of_another_length_and_set_may_start_from_it()
    {
        using var folder = new TemporaryFolder();
        using var parent = Trained(folder["parent"]);
        using var fork = Fork(folder["parent"], Carry.Weights, Parent with { Seed = 9, Dataset = new MovingShapes(4, 32, 9), Training = new() { Steps = 5, Batch = 2, EmaWidths = [0.2] } });
        Assert.True(double.IsFinite(fork.Step().Loss));
    }

    [Fact]
    public void What_does_not_fit_the_weights_is_refused_with_every_reason()
    {
        using var folder = new TemporaryFolder();
        using var parent = Trained(folder["parent"], steps: 1);
        var other = Parent with { Model = Parent.Model with { Width = 64 }, Codec = Parent.Codec with { Channels = 16 }, Training = Parent.Training with { EmaWidths = [0.2] } };

        var refused = Assert.Throws<CheckpointException>(() => Fork(folder["parent"], Carry.Averages, other));

        Assert.Equal("checkpoint_mismatch", refused.Code);
        Assert.All(["Width = 64", "Channels = 16", "averages"], word => Assert.Contains(word, refused.Message, StringComparison.Ordinal));
    }

    /// <summary>The parent's settings with a rate at which nothing is learnt: the loss is that of the weights it began with.</summary>
    private static TrainerSetup Still => Parent with { Training = Parent.Training with { LearningRate = 1e-8, FinalLearningRate = 0 } };

    private static double Loss(Trainer trainer) => TinyRun.Steps(trainer, 20).Average(step => step.Loss);

    private static Trainer Fork(string path, Carry carry, TrainerSetup setup) => Trainer.Fork(path, carry, setup, null, CancellationToken.None);

    private static Trainer Trained(string path, int steps = 30)
    {
        var trainer = TinyRun.New(Parent);
        TinyRun.Steps(trainer, steps);
        trainer.Save(path);
        return trainer;
    }
}
