using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Training;

public sealed class ReplicasTests : TorchTests
{
    public static TheoryData<string, int> Cases => new() { { "minisora", 2 }, { "minisora", 3 }, { "minisora", 9 }, { "latte text", 2 }, { "dit label", 2 } };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Replicas_together_have_the_gradient_of_one(string system, int count)
    {
        using var fixture = new TrainedSystem(system);
        var alone = fixture.Run(1);
        var together = fixture.Run(count);
        Assert.Equal(alone.Loss, together.Loss, 1e-5 * alone.Loss);
        Assert.Equal(alone.Norm, together.Norm, 1e-4 * alone.Norm);
        Assert.InRange(LargestDifference(alone.Gradient, together.Gradient), 0, 1e-4 * alone.Gradient.abs().max().item<float>());
    }

    [Fact]
    public void The_same_replicas_give_the_same_bits()
    {
        using var fixture = new TrainedSystem("minisora");
        Assert.True(SameBits(fixture.Run(2).Gradient, fixture.Run(2).Gradient));
    }

    [Fact]
    public void A_run_that_asks_for_two_devices_of_the_processor_has_two_replicas_and_the_same_loss()
    {
        var setup = TinyRun.Setup();
        using var alone = TinyRun.New(setup with { Training = setup.Training with { Devices = 1 } });
        using var shared = TinyRun.New(setup with { Training = setup.Training with { Devices = 2 } });
        foreach (var (one, two) in TinyRun.Steps(alone, 3).Zip(TinyRun.Steps(shared, 3)))
        {
            Assert.Equal(one.Loss, two.Loss, 1e-3 * one.Loss);
            Assert.Equal(one.GradientNorm, two.GradientNorm, 1e-2 * one.GradientNorm);
        }

        Assert.Equal([1, 2, 5], new[] { 1, 2, 5 }.Select(wanted => Replicas.Devices(CPU, wanted).Count));
        Assert.Equal(get_num_threads(), Replicas.Devices(CPU, 0).Count);
    }

    [Fact]
    public void What_fails_in_a_replica_is_thrown_by_the_step_and_the_next_one_works()
    {
        using var fixture = new TrainedSystem("minisora");
        using var replicas = new Replicas(fixture.System, 2);
        using var batch = fixture.Builder.Build(1);
        using var tooShort = zeros(fixture.Parameters.shape[0] - 1).requires_grad_(true);
        Assert.ThrowsAny<Exception>(() => replicas.Run(tooShort, ScalarType.Float32, batch));
        Assert.True(double.IsFinite(replicas.Run(fixture.Parameters, ScalarType.Float32, batch).Loss));
    }
}
