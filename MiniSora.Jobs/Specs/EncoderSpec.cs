using MiniSora.Model;

namespace MiniSora.Jobs.Specs;

/// <summary>The size and training of the small video encoder.</summary>
public sealed record EncoderOptions
{
    /// <summary>Width D. Default 96.</summary>
    [Setting(Min = 16, Max = 1024, MultipleOf = 8)] public int Width { get; init; } = 96;

    /// <summary>Blocks. Default 4.</summary>
    [Setting(Min = 1, Max = 32)] public int Depth { get; init; } = 4;

    /// <summary>Attention heads; must divide the width. Default 4.</summary>
    [Setting(Min = 1, Max = 64)] public int Heads { get; init; } = 4;

    /// <summary>Steps. Default 2000.</summary>
    [Setting(Min = 1, Max = 1_000_000, Unit = "steps")] public int Steps { get; init; } = 2000;

    /// <summary>Clips a step. Default 32.</summary>
    [Setting(Min = 2, Max = 1024, MultipleOf = 2, Unit = "clips")] public int Batch { get; init; } = 32;

    /// <summary>Peak of the learning rate. Default 1e-3.</summary>
    [Setting(Min = 1e-8, Max = 1)] public double LearningRate { get; init; } = 1e-3;
}

/// <summary>Trains the feature network of our own distances, on moving shapes, on the processor.</summary>
public sealed record EncoderSpec : RunSpec
{
    /// <summary>Network and training.</summary>
    public EncoderOptions Encoder { get; init; } = new();
}
