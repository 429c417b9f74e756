using MiniSora.Model.Backbones;
using MiniSora.Model.Sampling;

namespace MiniSora.Model.Cascade;

/// <summary>Error that stage A is trained on.</summary>
public enum ReconstructionError
{
    /// <summary>Mean absolute error.</summary>
    Absolute,

    /// <summary>Mean squared error.</summary>
    Squared,

    /// <summary>Their sum.</summary>
    Both,
}

/// <summary>What stage A's latents are in its training.</summary>
public enum CascadeLatents
{
    /// <summary>As the encoder makes them.</summary>
    Continuous,

    /// <summary>Moved to the nearest entries of a codebook.</summary>
    Codebook,
}

/// <summary>What a cascade learns to make.</summary>
public enum CascadeMedium
{
    /// <summary>Clips: stages B and C attend over frames too.</summary>
    Clips,

    /// <summary>Single frames.</summary>
    Images,
}

/// <summary>
/// A Stable Cascade small enough for a processor (models.md §1.3, mini configurations): stage A four times smaller than the picture, semantic latents eight
/// times, stages B and C with two levels each.
/// </summary>
public sealed record CascadeOptions
{
    /// <summary>Pictures.</summary>
    public static CascadeOptions MiniImage { get; } = new();

    /// <summary>Clips: stages B and C attend over frames too.</summary>
    public static CascadeOptions MiniVideo { get; } = new() { Frames = 16 };

    /// <summary>Clips or images. Default: clips.</summary>
    [Setting] public CascadeMedium Medium { get; init; } = CascadeMedium.Clips;

    /// <summary>Share of a run's steps that train stage A, which come first. Default 0.2.</summary>
    [Setting(Min = 0.01, Max = 0.9)] public double CodecShare { get; init; } = 0.2;

    /// <summary>Share of a run's steps that train the semantic encoder and stage B; those that are left train stage C. Default 0.3.</summary>
    [Setting(Min = 0.01, Max = 0.9)] public double DecoderShare { get; init; } = 0.3;

    /// <summary>Height of frames. Default 32.</summary>
    internal int Height { get; init; } = 32;

    /// <summary>Width of frames. Default 32.</summary>
    internal int Width { get; init; } = 32;

    /// <summary>Frames of a sampled clip; more than 1 adds attention over frames. Default 1.</summary>
    internal int Frames { get; init; } = 1;

    /// <summary>Channels of stage A at its lowest resolution. Default 64.</summary>
    [Setting(Min = 8, Max = 512, MultipleOf = 4)] public int CodecWidth { get; init; } = 64;

    /// <summary>Blocks at the lowest resolution of stage A's decoder. Default 2.</summary>
    [Setting(Min = 1, Max = 16, Advanced = true)] public int CodecBlocks { get; init; } = 2;

    /// <summary>Channels of stage A's latent. Default 4.</summary>
    [Setting(Min = 1, Max = 32, Advanced = true)] public int LatentChannels { get; init; } = 4;

    /// <summary>Whether stage A is trained through its codebook. Default: continuous.</summary>
    [Setting(Advanced = true)] public CascadeLatents Latents { get; init; } = CascadeLatents.Continuous;

    /// <summary>Entries of the codebook. Default 256.</summary>
    [Setting(Min = 2, Max = 16384, Advanced = true)] public int CodebookSize { get; init; } = 256;

    /// <summary>Error that stage A is trained on. Default: absolute plus squared.</summary>
    [Setting(Advanced = true)] public ReconstructionError Reconstruction { get; init; } = ReconstructionError.Both;

    /// <summary>Channels of the semantic encoder at its lowest resolution. Default 64.</summary>
    [Setting(Min = 8, Max = 512, MultipleOf = 4, Advanced = true)] public int SemanticWidth { get; init; } = 64;

    /// <summary>Channels of the semantic latent. Default 8.</summary>
    [Setting(Min = 1, Max = 64, Advanced = true)] public int SemanticChannels { get; init; } = 8;

    /// <summary>Channels of stage B's first level; the second has twice as many. Default 48.</summary>
    [Setting(Min = 8, Max = 512, MultipleOf = 8)] public int DecoderWidth { get; init; } = 48;

    /// <summary>Channels of stage C. Default 128.</summary>
    [Setting(Min = 16, Max = 1024, MultipleOf = 16)] public int PriorWidth { get; init; } = 128;

    /// <summary>Letters' repetitions of stage C's first and second level on the way down; on the way up the same mirrored. Default 2 and 4.</summary>
    internal IReadOnlyList<int> PriorBlocks { get; init; } = [2, 4];

    /// <summary>Heads of every attention; must divide the widths. Default 4.</summary>
    [Setting(Min = 1, Max = 32, Advanced = true)] public int Heads { get; init; } = 4;

    /// <summary>Width of the text encoder trained with stage C. Default 64.</summary>
    [Setting(Min = 16, Max = 512, MultipleOf = 8, Advanced = true)] public int TextWidth { get; init; } = 64;

    /// <summary>Tokens of a caption. Default 16.</summary>
    internal int TextLength { get; init; } = 16;

    /// <summary>Share of captions dropped in stage C's training. Default 0.05.</summary>
    internal double CaptionDropout { get; init; } = 0.05;

    /// <summary>Share of semantic latents dropped in stage B's training. Default 0.1.</summary>
    [Setting(Min = 0, Max = 1, Advanced = true)] public double SemanticDropout { get; init; } = 0.1;

    /// <summary>Learning rate of all stages. Default 1e-3.</summary>
    internal double LearningRate { get; init; } = 1e-3;

    /// <summary>Linear warm-up of each stage. Default 20.</summary>
    internal int WarmupSteps { get; init; } = 20;

    /// <summary>Stage that step 1, 2, … of <paramref name="steps"/> trains.</summary>
    internal CascadeStage StageOf(long step, long steps) =>
        step <= Math.Round(CodecShare * steps) ? CascadeStage.A : step <= Math.Round((CodecShare + DecoderShare) * steps) ? CascadeStage.B : CascadeStage.C;

    /// <summary>These for clips of a size, with the rest of what a spec says elsewhere.</summary>
    internal CascadeOptions For(BackboneOptions model, ClipSize size) => this with
    {
        Height = size.Height,
        Width = size.Width,
        Frames = Medium == CascadeMedium.Images ? 1 : size.Frames,
        TextLength = model.TextLength,
    };

    internal StageAOptions StageA => new(2, CodecBlocks, CodecWidth, LatentChannels, CodebookSize, 1);

    internal StageBOptions StageB => new(
        new UnetOptions
        {
            In = LatentChannels,
            Out = LatentChannels,
            Hidden = [DecoderWidth, 2 * DecoderWidth],
            Heads = [Heads, Heads],
            Down = [1, 2],
            Up = [2, 1],
            DownRepeats = [1, 1],
            UpRepeats = [1, 2],
            Levels = ["CT", "CTA"],
            Dropout = [0, 0],
            SelfAttention = [true, true],
            Condition = DecoderWidth,
            Scaling = new LevelScaling.Strided(),
            TemporalHeads = Frames > 1 ? Heads : 0,
        },
        Clip: 1, ClipTokens: 1, Semantic: SemanticChannels);

    internal StageCOptions StageC => new(
        new UnetOptions
        {
            In = SemanticChannels,
            Out = SemanticChannels,
            Hidden = [PriorWidth, PriorWidth],
            Heads = [Heads, Heads],
            Down = PriorBlocks,
            Up = [PriorBlocks[1], PriorBlocks[0]],
            DownRepeats = [1, 1],
            UpRepeats = [1, 1],
            Levels = ["CTA", "CTA"],
            Dropout = [0, 0],
            SelfAttention = [true, true],
            Condition = PriorWidth,
            Scaling = new LevelScaling.Interpolated([false]),
            TemporalHeads = Frames > 1 ? Heads : 0,
        },
        Text: TextWidth, Pooled: TextWidth, Image: 1);
}
