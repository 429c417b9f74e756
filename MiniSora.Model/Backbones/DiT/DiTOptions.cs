namespace MiniSora.Model.Backbones;

/// <summary>Size of a DiT or SiT (models.md §1.1); the defaults are DiT-XL/2 on ImageNet at 256².</summary>
internal sealed record DiTOptions
{
    /// <summary>Edge of the latent image in cells.</summary>
    public int InputSize { get; init; } = 32;

    /// <summary>Edge of a patch in cells; must divide the input size.</summary>
    public int PatchSize { get; init; } = 2;

    /// <summary>Latent channels.</summary>
    public int InChannels { get; init; } = 4;

    /// <summary>Token width D; a multiple of 4.</summary>
    public int HiddenSize { get; init; } = 1152;

    /// <summary>Blocks.</summary>
    public int Depth { get; init; } = 28;

    /// <summary>Attention heads; must divide the width.</summary>
    public int NumHeads { get; init; } = 16;

    /// <summary>Hidden width of the feed-forward layers as a multiple of the width.</summary>
    public double MlpRatio { get; init; } = 4;

    /// <summary>Share of labels dropped in training; above 0 the label table has a null row.</summary>
    public double ClassDropoutProb { get; init; } = 0.1;

    /// <summary>Classes; 0 for an unconditional network, which has no label table.</summary>
    public int NumClasses { get; init; } = 1000;

    /// <summary>Whether the output has as many channels again for the variance.</summary>
    public bool LearnSigma { get; init; } = true;

    /// <summary>Output channels.</summary>
    public int OutChannels => LearnSigma ? 2 * InChannels : InChannels;

    /// <summary>Patches along an edge.</summary>
    public int Grid => InputSize / PatchSize;
}
