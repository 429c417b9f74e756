namespace MiniSora.Model.Backbones;

/// <summary>How a network is told its caption.</summary>
public enum TextUse
{
    /// <summary>Caption tokens attend and are attended to beside the video's, and their mean is part of the condition.</summary>
    Sequence,

    /// <summary>Only their mean, as part of the condition that modulates every block: no tokens of text in the sequence, for short captions.</summary>
    Pooled,
}

/// <summary>Which network, and its size (models.md §6.3; the shipped recipes of the product's own use rung T1).</summary>
public sealed record BackboneOptions
{
    /// <summary>Cells that a local block sees: one and its neighbours in time, height and width.</summary>
    public const int LocalCells = 7;

    /// <summary>Which network. Default: the product's own.</summary>
    [Setting] public NetworkKind Network { get; init; } = NetworkKind.MiniSora;

    /// <summary>How Latte's blocks share space and time; of no meaning to other networks. Default interleaved.</summary>
    [Setting] public LatteVariant Variant { get; init; } = LatteVariant.Interleaved;

    /// <summary>What the network is told besides the time. MiniSora reads captions, DiT classes or nothing, Latte any. Default: text.</summary>
    [Setting] public ConditioningKind Conditioning { get; init; } = ConditioningKind.Text;

    /// <summary>What encodes captions for Latte; MiniSora has an encoder of its own always. Default: one that is trained with the network.</summary>
    [Setting(Advanced = true)] public TextEncoderKind TextEncoder { get; init; } = TextEncoderKind.Own;

    /// <summary>The imported T5: the name of a folder of weights in the data folder, on the command line also a path. Default: none.</summary>
    [Setting(MaxLength = 1024, Optional = true, Advanced = true)] public string TextWeights { get; init; } = "";

    /// <summary>Token width D. Default 128.</summary>
    [Setting(Min = 32, Max = 4096, MultipleOf = 16)] public int Width { get; init; } = 128;

    /// <summary>Number of transformer blocks L. Default 6.</summary>
    [Setting(Min = 1, Max = 64, Unit = "blocks")] public int Depth { get; init; } = 6;

    /// <summary>Attention heads K; must divide the width, and width/heads must be even. Default 4.</summary>
    [Setting(Min = 1, Max = 64)] public int Heads { get; init; } = 4;

    /// <summary>Spatial patch edge in latent cells (patches are q×p×p, with the temporal patch q). Default 2.</summary>
    [Setting(Min = 1, Max = 8)] public int Patch { get; init; } = 2;

    /// <summary>
    /// Latent frames in one of MiniSora's tokens (patches are q×p×p). A token that spans many frames sees how things move, so motion is learned much sooner,
    /// and there are fewer tokens; where a clip's frames do not fill the last one, its last frame is repeated. Default 1.
    /// </summary>
    [Setting(Min = 1, Max = 64, Unit = "frames")] public int TemporalPatch { get; init; } = 1;

    /// <summary>
    /// Width of blocks over single latent cells before and after MiniSora's transformer, joined by a shortcut past it (an hourglass, Crowson et al. 2024, with
    /// local layers at the fine level): outlines are drawn there, so that tokens may be coarse. 0: none. Default 0.
    /// </summary>
    [Setting(Min = 0, Max = 1024, MultipleOf = 16, Advanced = true)] public int LocalWidth { get; init; }

    /// <summary>Such blocks on each side. Default 2.</summary>
    [Setting(Min = 1, Max = 16, Unit = "blocks", Advanced = true)] public int LocalDepth { get; init; } = 2;

    /// <summary>Weights of the local blocks for latents of so many channels, without their modulation: also their multiply-accumulates a latent cell.</summary>
    public double LocalWeights(int channels)
    {
        double width = LocalWidth;
        return width == 0 ? 0 : (channels + 1) * width + 2 * LocalDepth * (LocalCells * width + 1 + width + 1) * width + (width + 1) * channels;
    }

    /// <summary>How MiniSora's tokens learn of the caption. Default: its tokens are part of the sequence.</summary>
    [Setting(Advanced = true)] public TextUse TextUse { get; init; } = TextUse.Sequence;

    /// <summary>Hidden width of the feed-forward layers as a multiple of the width. Default 4.</summary>
    [Setting(Min = 1, Max = 8, Advanced = true)] public double MlpRatio { get; init; } = 4;

    /// <summary>Longest prompt in text tokens L; longer prompts are cut with a warning. Default 32 (a Chinese caption needs a token per character).</summary>
    [Setting(Min = 4, Max = 256, Unit = "tokens", Advanced = true)] public int TextLength { get; init; } = 32;

    /// <summary>Blocks of the text encoder trained with the model. Default 1.</summary>
    [Setting(Min = 0, Max = 24, Unit = "blocks", Advanced = true)] public int TextDepth { get; init; } = 1;

    /// <summary>
    /// Independent images that Latte sees beside every clip of a batch (LatteIMG; Ma et al. 2024, §3.4); variants 1 and 2 only. Default 0.
    /// </summary>
    [Setting(Min = 0, Max = 64, Advanced = true)] public int ImageFrames { get; init; }
}
