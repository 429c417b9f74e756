namespace MiniSora.Model.Backbones;

/// <summary>Size of a Latte (models.md §1.2); the defaults are Latte-XL/2, unconditional, 16 frames at 256².</summary>
internal sealed record LatteOptions
{
    /// <summary>Edge of a latent frame in cells.</summary>
    public int InputSize { get; init; } = 32;

    /// <summary>Edge of a patch in cells; must divide the input size.</summary>
    public int PatchSize { get; init; } = 2;

    /// <summary>Latent channels.</summary>
    public int InChannels { get; init; } = 4;

    /// <summary>Token width D; a multiple of 4.</summary>
    public int HiddenSize { get; init; } = 1152;

    /// <summary>Blocks; even in the variants whose blocks are for space or for time.</summary>
    public int Depth { get; init; } = 28;

    /// <summary>Attention heads; must divide the width.</summary>
    public int NumHeads { get; init; } = 16;

    /// <summary>Hidden width of the feed-forward layers as a multiple of the width.</summary>
    public double MlpRatio { get; init; } = 4;

    /// <summary>Rows of the table of times: most frames of a clip.</summary>
    public int NumFrames { get; init; } = 16;

    /// <summary>Share of labels dropped in training; above 0 the label table has a null row.</summary>
    public double ClassDropoutProb { get; init; } = 0.1;

    /// <summary>Classes, for <see cref="LatteConditioning.Label"/>.</summary>
    public int NumClasses { get; init; } = 1000;

    /// <summary>Whether the output has as many channels again for the variance.</summary>
    public bool LearnSigma { get; init; } = true;

    /// <summary>What conditions it besides the time.</summary>
    public LatteConditioning Conditioning { get; init; } = LatteConditioning.None;

    /// <summary>Numbers of a flattened text embedding: CLIP's 77 tokens of 768 in the video model, 1024 in the joint image-video model.</summary>
    public int TextWidth { get; init; } = 77 * 768;

    /// <summary>Whether the text reaches the final layer too. The original leaves it out, so published weights want false.</summary>
    public bool TextInFinalLayer { get; init; }

    /// <summary>How blocks share space and time.</summary>
    public LatteVariant Variant { get; init; } = LatteVariant.Interleaved;

    /// <summary>Output channels.</summary>
    public int OutChannels => LearnSigma ? 2 * InChannels : InChannels;

    /// <summary>Patches along an edge.</summary>
    public int Grid => InputSize / PatchSize;
}
