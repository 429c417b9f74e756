using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Text;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Training;

public sealed class ReplicasTests : TorchTests
{
    private const int Lanes = 5;
    private static readonly BackboneOptions Options = new() { Width = 32, Depth = 2, Heads = 2, Patch = 1, TextLength = 6 };

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Replicas_together_have_the_gradient_of_one(int count)
    {
        using var network = new MiniSoraBackbone(Options, 4, 300);
        using var parameters = Trained(network);
        var alone = Run(network, parameters, 1);
        var together = Run(network, parameters, count);
        Assert.Equal(alone.Loss, together.Loss, 1e-6 * alone.Loss);
        Assert.Equal(alone.Norm, together.Norm, 1e-5 * alone.Norm);
        Assert.InRange(LargestDifference(alone.Gradient, together.Gradient), 0, 1e-5 * alone.Gradient.abs().max().item<float>());
    }

    [Fact]
    public void The_same_replicas_give_the_same_bits()
    {
        using var network = new MiniSoraBackbone(Options, 4, 300);
        using var parameters = Trained(network);
        Assert.True(SameBits(Run(network, parameters, 2).Gradient, Run(network, parameters, 2).Gradient));
    }

    [Fact]
    public void What_fails_in_a_replica_is_thrown_by_the_step_and_the_next_one_works()
    {
        using var network = new MiniSoraBackbone(Options, 4, 300);
        using var parameters = Trained(network);
        using var replicas = new Replicas(network, 2);
        using var wrong = Batch() with { Rows = 3 };
        Assert.Throws<ArgumentException>(() => replicas.Run(parameters, ScalarType.Float32, wrong));
        using var right = Batch();
        Assert.True(double.IsFinite(replicas.Run(parameters, ScalarType.Float32, right).Loss));
    }

    private static (double Loss, double Norm, Tensor Gradient) Run(MiniSoraBackbone network, Tensor parameters, int count)
    {
        using var replicas = new Replicas(network, count);
        using var batch = Batch();
        return replicas.Run(parameters, ScalarType.Float32, batch);
    }

    private static Tensor Trained(MiniSoraBackbone network)
    {
        using var generator = new Generator(3, CPU);
        // Away from the start, where most gradients are zero.
        var flat = network.Layout.Initialise(1);
        using var noise = randn(flat.shape, generator: generator).mul_(0.05f);
        return flat.add_(noise).requires_grad_(true);
    }

    private static TrainingBatch Batch()
    {
        using var generator = new Generator(5, CPU);
        Tensor Random(params long[] shape) => randn(shape, generator: generator).DetachFromDisposeScope();
        var times = new float[Lanes, 3];
        for (var lane = 0; lane < Lanes; lane++)
            for (var frame = 0; frame < 3; frame++)
                times[lane, frame] = lane == 1 && frame == 0 ? 0 : 0.1f + 0.15f * lane;
        var captions = Enumerable.Range(0, Lanes).Select(lane => new EncodedCaption([1, 10 + lane, 2, 0, 0, 0], 3, 3)).ToList();
        return new TrainingBatch(1, Random(Lanes, 3, 4, 4), Random(Lanes, 3, 4, 4), Random(Lanes, 3, 1, 1).abs(), FrameTimes.From(times), captions, 2, 2);
    }
}
