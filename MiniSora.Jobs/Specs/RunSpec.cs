using MiniSora.Model;
using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Cascade;
using MiniSora.Model.Objectives;
using MiniSora.Model.Sampling;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Specs;

/// <summary>What a run shall do. Immutable; its canonical YAML is stored with the run and hashed.</summary>
public abstract record RunSpec
{
    /// <summary>Name people see. 1–120 characters.</summary>
    [Setting(MaxLength = 120)] public string Name { get; init; } = "";

    /// <summary>Seed of every random choice of the run. Default 1.</summary>
    [Setting(Min = 0, Max = 9_007_199_254_740_991)] public long Seed { get; init; } = 1;

    /// <summary><c>auto</c>, <c>cpu</c> or <c>cuda:N</c>. Default <c>auto</c>: the first GPU, else the processor.</summary>
    [Setting(MaxLength = 16, Advanced = true)] public string Device { get; init; } = "auto";
}

/// <summary>Which clips a training run sees.</summary>
public sealed record DataSpec
{
    /// <summary>Identifier of the dataset: <c>shapes</c>, <c>emoji</c>, a toy world (<c>world-occlusion</c>, <c>world-brush</c>, <c>world-parallax</c>, <c>world-grid</c>) or the name of an imported folder.</summary>
    [Setting(MaxLength = 80)] public string Dataset { get; init; } = "shapes";

    /// <summary>Frames per clip, T. Default 16.</summary>
    [Setting(Min = 2, Max = 256, MultipleOf = 2, Unit = "frames")] public int Frames { get; init; } = 16;

    /// <summary>Height and width in pixels; a multiple of 4 × patch. Default 32.</summary>
    [Setting(Min = 16, Max = 512, MultipleOf = 8, Unit = "px")] public int Size { get; init; } = 32;

    /// <summary>
    /// Further shapes of clips beside the main one, as frames×height×width with an optional share: <c>24x48x32</c>, <c>8x32x48*2</c>. Every batch is of one
    /// shape and about as many tokens.
    /// </summary>
    [Setting(MaxLength = 40, MaxCount = 16, Advanced = true)] public IReadOnlyList<string> Buckets { get; init; } = [];

    /// <summary>What becomes of shapes that are no squares. Default: they stay what they are.</summary>
    [Setting(Advanced = true)] public Framing Framing { get; init; } = Framing.Native;
}

/// <summary>How clips of other proportions are taken.</summary>
public enum Framing
{
    /// <summary>As they are.</summary>
    Native,

    /// <summary>Their centre square, as a comparison.</summary>
    SquareCrop,
}

/// <summary>Preview clips sampled from the current weights while training.</summary>
public sealed record PreviewSpec
{
    /// <summary>Seconds between previews; 0 switches them off. Default 30.</summary>
    [Setting(Min = 0, Max = 86_400, Unit = "s")] public double EverySeconds { get; init; } = 30;

    /// <summary>The fixed prompts, one clip each, always with the same seeds.</summary>
    [Setting(MaxLength = 500, MaxCount = 8)] public IReadOnlyList<string> Prompts { get; init; } = [];

    /// <summary>How previews are sampled.</summary>
    public SamplerOptions Sampler { get; init; } = new() { Steps = 10 };
}

/// <summary>A training run.</summary>
public sealed record TrainingSpec : RunSpec
{
    /// <summary>Another run's checkpoint.</summary>
    public StartSpec Start { get; init; } = new();

    /// <summary>Data.</summary>
    public DataSpec Data { get; init; } = new();

    /// <summary>Codec.</summary>
    public CodecOptions Codec { get; init; } = new();

    /// <summary>Network.</summary>
    public BackboneOptions Model { get; init; } = new();

    /// <summary>Stages and sizes of a cascade.</summary>
    public CascadeOptions Cascade { get; init; } = new();

    /// <summary>Objective.</summary>
    public ObjectiveOptions Objective { get; init; } = new();

    /// <summary>Optimizer and length.</summary>
    public TrainingOptions Training { get; init; } = new();

    /// <summary>Previews.</summary>
    public PreviewSpec Preview { get; init; } = new();

    /// <summary>Loss on fixed clips.</summary>
    public ValidationSpec Validation { get; init; } = new();

    /// <summary>Limits of what it spends.</summary>
    public BudgetSpec Budget { get; init; } = new();
}

/// <summary>A sampling run: clip k of prompt j uses seed + j·clips + k.</summary>
public sealed record SamplingSpec : RunSpec
{
    /// <summary>SHA-256 (hex) of the checkpoint in the portal; on the command line also a file or a run's folder.</summary>
    [Setting(MaxLength = 1024)] public string Checkpoint { get; init; } = "";

    /// <summary>What to make. Default: text to video.</summary>
    [Setting] public SamplingTask Task { get; init; } = SamplingTask.TextToVideo;

    /// <summary>Prompt in English or Chinese; empty means without a prompt.</summary>
    [Setting(MaxLength = 500, Optional = true)] public string Prompt { get; init; } = "";

    /// <summary>First frame for image-to-video: SHA-256 of an upload in the portal; on the command line also a file.</summary>
    [Setting(MaxLength = 1024, Optional = true)] public string Image { get; init; } = "";

    /// <summary>Clips that the task starts from.</summary>
    public InputSpec Input { get; init; } = new();

    /// <summary>Clips to make. Default 4.</summary>
    [Setting(Min = 1, Max = 64, Unit = "clips")] public int Clips { get; init; } = 4;

    /// <summary>Length and size of the clips.</summary>
    public SizeSpec Size { get; init; } = new();

    /// <summary>How to sample.</summary>
    public SamplerOptions Sampler { get; init; } = new();

    /// <summary>So many of the first clips are also made without the step cache, to report PSNR and SSIM. Default 0.</summary>
    [Setting(Min = 0, Max = 64, Unit = "clips", Advanced = true)] public int CacheChecks { get; init; }

    /// <summary>Pictures of each clip while it is sampled, at most; fewer where they would take more than a small share of the time. 0: none. Default 6.</summary>
    [Setting(Min = 0, Max = 50, Advanced = true)] public int StepPreviews { get; init; } = 6;

    /// <summary>
    /// A video that the first clip is to make again: how near it comes is reported. SHA-256 of a video in the portal; on the command line also a file.
    /// </summary>
    [Setting(MaxLength = 1024, Optional = true, Advanced = true)] public string Original { get; init; } = "";

    /// <summary>Frames per second of the video file. Default 8.</summary>
    [Setting(Min = 1, Max = 60, Unit = "fps", Advanced = true)] public int FramesPerSecond { get; init; } = 8;
}
