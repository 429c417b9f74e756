using MiniSora.Model.Autoencoders;
using MiniSora.Model.Layers;
using MiniSora.Model.Systems;
using MiniSora.Model.Tests.Systems;
using MiniSora.Model.Text;
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
        using var fixture = new Trained(system);
        var alone = fixture.Run(1);
        var together = fixture.Run(count);
        Assert.Equal(alone.Loss, together.Loss, 1e-5 * alone.Loss);
        Assert.Equal(alone.Norm, together.Norm, 1e-4 * alone.Norm);
        Assert.InRange(LargestDifference(alone.Gradient, together.Gradient), 0, 1e-4 * alone.Gradient.abs().max().item<float>());
    }

    [Fact]
    public void The_same_replicas_give_the_same_bits()
    {
        using var fixture = new Trained("minisora");
        Assert.True(SameBits(fixture.Run(2).Gradient, fixture.Run(2).Gradient));
    }

    [Fact]
    public void What_fails_in_a_replica_is_thrown_by_the_step_and_the_next_one_works()
    {
        using var fixture = new Trained("minisora");
        using var replicas = new Replicas(fixture.System, 2);
        using var batch = fixture.Builder.Build(1);
        using var tooShort = zeros(fixture.Parameters.shape[0] - 1).requires_grad_(true);
        Assert.ThrowsAny<Exception>(() => replicas.Run(tooShort, ScalarType.Float32, batch));
        Assert.True(double.IsFinite(replicas.Run(fixture.Parameters, ScalarType.Float32, batch).Loss));
    }

    /// <summary>A system with weights away from its start, where most gradients are zero.</summary>
    private sealed class Trained : IDisposable
    {
        private readonly IVideoCodec codec;

        public Trained(string name)
        {
            var setup = name == "minisora" ? TinyRun.Setup() : TinySystem.Setup(name);
            setup = setup with { Training = setup.Training with { Batch = 5 } };
            codec = CodecFactory.Fit(setup, null, CancellationToken.None);
            var vocabulary = Vocabulary.Build(["a red circle moves left", "a red circle moves right"]);
            System = VideoSystem.Of(
                setup.Model, setup.Objective, (setup.Dataset.Frames / codec.FramesPerLatent, codec.LatentChannels, setup.Dataset.Width / codec.Downsample), vocabulary, setup.Dataset.Classes);
            Builder = new BatchBuilder(setup, codec, System);
            using var generator = new Generator(3, CPU);
            var flat = System.Layout.Initialise(1);
            using var noise = randn(flat.shape, generator: generator).mul_(0.05f);
            Parameters = flat.add_(noise).requires_grad_(true);
        }

        public IVideoSystem System { get; }

        public BatchBuilder Builder { get; }

        public Tensor Parameters { get; }

        public (double Loss, double Norm, Tensor Gradient) Run(int count)
        {
            using var replicas = new Replicas(System, count);
            using var batch = Builder.Build(1);
            return replicas.Run(Parameters, ScalarType.Float32, batch);
        }

        public void Dispose()
        {
            Parameters.Dispose();
            System.Dispose();
            codec.Dispose();
        }
    }
}
