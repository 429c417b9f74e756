using MiniSora.Model;
using MiniSora.Model.Sampling;

namespace MiniSora.Jobs.Specs;

/// <summary>In which language an evaluation asks.</summary>
public enum PromptLanguage
{
    /// <summary>English.</summary>
    En,

    /// <summary>Chinese.</summary>
    Zh,

    /// <summary>One after the other in turn.</summary>
    Both,
}

/// <summary>Whose features the distances between sets of clips are made of.</summary>
public enum FeatureSource
{
    /// <summary>No distances.</summary>
    None,

    /// <summary>The small video encoder that ships with the product.</summary>
    Encoder,

    /// <summary>The operator's TorchScript networks in <c>features/</c> of the data folder: real FVD and FID.</summary>
    TorchScript,
}

/// <summary>Scores a checkpoint: samples from it, compares with real clips, writes every number with its conditions.</summary>
public sealed record EvaluationSpec : RunSpec
{
    /// <summary>SHA-256 (hex) of the checkpoint in the portal; on the command line also a file or a run's folder.</summary>
    [Setting(MaxLength = 1024)] public string Checkpoint { get; init; } = "";

    /// <summary>Clips of captions that training showed. Default 128.</summary>
    [Setting(Min = 4, Max = 4096, Unit = "clips")] public int SeenClips { get; init; } = 128;

    /// <summary>Clips of each kind of held-out combination (moving shapes only). Default 64.</summary>
    [Setting(Min = 0, Max = 4096, Unit = "clips")] public int HeldOutClips { get; init; } = 64;

    /// <summary>Real clips to compare with. Default 256.</summary>
    [Setting(Min = 4, Max = 4096, Unit = "clips")] public int References { get; init; } = 256;

    /// <summary>Language of the prompts. Default: both in turn.</summary>
    [Setting] public PromptLanguage Language { get; init; } = PromptLanguage.Both;

    /// <summary>Feature network of the distances. Default: the encoder.</summary>
    [Setting] public FeatureSource Features { get; init; } = FeatureSource.Encoder;

    /// <summary>Clips of the validation loss; 0 leaves it out. Default 16.</summary>
    [Setting(Min = 0, Max = 256, Unit = "clips", Advanced = true)] public int ValidationClips { get; init; } = 16;

    /// <summary>Clips to keep as videos, each with its nearest training clip. Default 8.</summary>
    [Setting(Min = 0, Max = 64, Unit = "clips", Advanced = true)] public int KeepClips { get; init; } = 8;

    /// <summary>How to sample.</summary>
    public SamplerOptions Sampler { get; init; } = new();
}
