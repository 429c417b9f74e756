using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Systems;
using MiniSora.Model.Tests.Systems;
using MiniSora.Model.Text;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Training;

/// <summary>A system with weights away from its start, where most gradients are zero.</summary>
internal sealed class TrainedSystem : IDisposable
{
    private readonly IVideoCodec codec;

    public TrainedSystem(string name, Func<TrainerSetup, TrainerSetup>? change = null)
    {
        var setup = name switch
        {
            "minisora" => TinyRun.Setup(),
            // Tokens of three frames, of which the last ones are not full.
            "minisora spanning" => TinyRun.Setup() with { Model = TinyRun.Setup().Model with { TemporalPatch = 3, TextUse = TextUse.Pooled } },
            _ => TinySystem.Setup(name),
        };
        setup = setup with { Training = setup.Training with { Batch = 5 } };
        setup = change?.Invoke(setup) ?? setup;
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

    public (double Loss, double Norm, Tensor Gradient) Run(int count, Activations activations = Activations.Keep, ScalarType compute = ScalarType.Float32)
    {
        using var replicas = new Replicas(System, count, activations);
        using var batch = Builder.Build(1);
        return replicas.Run(Parameters, compute, batch);
    }

    public void Dispose()
    {
        Parameters.Dispose();
        System.Dispose();
        codec.Dispose();
    }
}
