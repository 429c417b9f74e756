using MiniSora.Model.Layers;

namespace MiniSora.Model.Backbones;

/// <summary>How OpenDiT's video networks attend.</summary>
internal enum OpenDiTAttention
{
    /// <summary>Its video DiT: all tokens of a clip see each other.</summary>
    Full,

    /// <summary>Its Latte: blocks of space and of time take turns.</summary>
    Interleaved,
}

/// <summary>Size of a video network of OpenDiT; the defaults are its Latte-XL/1x2x2.</summary>
internal sealed record OpenDiTOptions
{
    /// <summary>Latent frames, rows and columns; rows and columns alike.</summary>
    public PatchSize InputSize { get; init; } = new(16, 32, 32);

    /// <summary>Frames, rows and columns of a patch; must divide the input size.</summary>
    public PatchSize PatchSize { get; init; } = new(1, 2, 2);

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

    /// <summary>Width of the pooled text embedding.</summary>
    public int TextWidth { get; init; } = 768;

    /// <summary>Whether the output has as many channels again for the variance.</summary>
    public bool LearnSigma { get; init; } = true;

    /// <summary>How it attends.</summary>
    public OpenDiTAttention Attention { get; init; } = OpenDiTAttention.Interleaved;

    /// <summary>Output channels.</summary>
    public int OutChannels => LearnSigma ? 2 * InChannels : InChannels;
}
