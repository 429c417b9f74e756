using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;
using MiniSora.Model.Native;
using MiniSora.Model.Objectives;
using MiniSora.Model.Training;

namespace MiniSora.Model.Tests.Training;

/// <summary>A run over moving shapes of 8 frames at 16 px that takes milliseconds a step.</summary>
internal static class TinyRun
{
    public static TrainerSetup Setup(ulong seed = 3, Precision precision = Precision.Fp32) => new(
        seed,
        new MovingShapes(8, 16, 1),
        new CodecOptions { Channels = 8 },
        new BackboneOptions { Width = 32, Depth = 2, Heads = 2, Patch = 2, TextLength = 16, TextDepth = 1 },
        new ObjectiveOptions { ImageFraction = 0.2, MaskedFraction = 0.4 },
        new TrainingOptions { Steps = 60, Batch = 4, WarmupSteps = 5, Precision = precision },
        Placement.Cpu,
        "name: tiny\n",
        "test");

    public static Trainer New(TrainerSetup setup) => Trainer.Create(setup, null, CancellationToken.None);

    public static Trainer Resume(string path, TrainerSetup setup) => Trainer.Resume(path, setup, null, CancellationToken.None);

    public static List<StepResult> Steps(Trainer trainer, int count) => [.. Enumerable.Range(0, count).Select(_ => trainer.Step())];
}
