using MiniSora.Model.Layers;

namespace MiniSora.Model.Backbones;

/// <summary>Size of a LatteT2V (models.md §1.2); the defaults are Latte-1, 16 frames at 512².</summary>
internal sealed record LatteT2VOptions
{
    /// <summary>Attention heads.</summary>
    public int NumAttentionHeads { get; init; } = 16;

    /// <summary>Width of a head; the token width D is heads times this, a multiple of 4.</summary>
    public int AttentionHeadDim { get; init; } = 72;

    /// <summary>Latent channels.</summary>
    public int InChannels { get; init; } = 4;

    /// <summary>Output channels: twice the latent's with learned variance.</summary>
    public int OutChannels { get; init; } = 8;

    /// <summary>Pairs of a block over space and a block over time.</summary>
    public int NumLayers { get; init; } = 28;

    /// <summary>Whether queries, keys and values have biases.</summary>
    public bool AttentionBias { get; init; } = true;

    /// <summary>Edge of a latent frame in cells that the positions were made for; other sizes stretch the same coordinates.</summary>
    public int SampleSize { get; init; } = 64;

    /// <summary>Edge of a patch in cells.</summary>
    public int PatchSize { get; init; } = 2;

    /// <summary>Activation of the feed-forward layers.</summary>
    public GeluForm Activation { get; init; } = GeluForm.Tanh;

    /// <summary>ε of the norms in blocks.</summary>
    public double NormEpsilon { get; init; } = 1e-6;

    /// <summary>Width of a text token.</summary>
    public int CaptionChannels { get; init; } = 4096;

    /// <summary>Rows of the null caption that checkpoints carry.</summary>
    public int CaptionTokens { get; init; } = 120;

    /// <summary>Rows of the table of times: most frames of a clip.</summary>
    public int VideoLength { get; init; } = 16;

    /// <summary>Token width D.</summary>
    public int Width => NumAttentionHeads * AttentionHeadDim;
}
