namespace MiniSora.Model.Evaluation.Scores;

/// <summary>Which values of a metric are good.</summary>
public enum ScoreDirection
{
    /// <summary>The larger the better.</summary>
    Higher,

    /// <summary>The smaller the better.</summary>
    Lower,

    /// <summary>The nearer to the value of real clips the better: a still picture flickers least of all.</summary>
    LikeReal,
}

/// <summary>What a metric measures, and what two of its values must have in common to be compared.</summary>
/// <param name="Id">Stable name, part of every record.</param>
/// <param name="Version">Counts up when the same clips would give another number.</param>
/// <param name="Direction">What is good.</param>
public sealed record ScoreMetric(string Id, int Version, ScoreDirection Direction)
{
    /// <summary>It compares clips with the reference set.</summary>
    public bool UsesReference { get; init; }

    /// <summary>It is made of a feature network's output.</summary>
    public bool UsesFeatures { get; init; }

    /// <summary>Its expectation depends on how many clips there are (Fréchet distances, coverage).</summary>
    public bool DependsOnCount { get; init; }

    /// <summary>It depends on which prompts were asked.</summary>
    public bool UsesPrompts { get; init; }

    /// <summary>It belongs to the machine: time, memory, energy.</summary>
    public bool OfMachine { get; init; }
}

/// <summary>Every metric there is; docs/evaluation.md defines them.</summary>
public static class ScoreMetrics
{
    /// <summary>Harmonic mean of the joint accuracies on seen combinations, held-out pairs and held-out triples: what leaderboards rank.</summary>
    public static readonly ScoreMetric Quality = Prompted("quality");

    /// <summary>All four attributes right, combinations seen in training.</summary>
    public static readonly ScoreMetric JointSeen = Prompted("joint_seen");

    /// <summary>All four attributes right, pairs of colour and shape that training never showed.</summary>
    public static readonly ScoreMetric JointHeldOutPairs = Prompted("joint_held_out_pairs");

    /// <summary>All four attributes right, triples that training never showed.</summary>
    public static readonly ScoreMetric JointHeldOutTriples = Prompted("joint_held_out_triples");

    /// <summary>Both kinds of held-out combinations together.</summary>
    public static readonly ScoreMetric JointHeldOut = Prompted("joint_held_out");

    /// <summary>Shape right, all prompts.</summary>
    public static readonly ScoreMetric Shape = Prompted("shape");

    /// <summary>Colour right.</summary>
    public static readonly ScoreMetric Colour = Prompted("colour");

    /// <summary>Size right.</summary>
    public static readonly ScoreMetric Size = Prompted("size");

    /// <summary>Motion right.</summary>
    public static readonly ScoreMetric Motion = Prompted("motion");

    /// <summary>One compact object of a known shape and colour.</summary>
    public static readonly ScoreMetric Valid = Prompted("valid");

    /// <summary>Fréchet distance of clip features; FVD when the network is the I3D of that metric.</summary>
    public static readonly ScoreMetric FrechetClips = Featured("frechet_clips") with { DependsOnCount = true };

    /// <summary>The same extrapolated to infinitely many samples.</summary>
    public static readonly ScoreMetric FrechetClipsLimit = Featured("frechet_clips_limit");

    /// <summary>Kernel distance of clip features (KVD), times 1000.</summary>
    public static readonly ScoreMetric KernelClips = Featured("kernel_clips");

    /// <summary>Fréchet distance of frame features (FID with the Inception network).</summary>
    public static readonly ScoreMetric FrechetFrames = Featured("frechet_frames") with { DependsOnCount = true };

    /// <summary>Kernel distance of frame features (KID), times 1000.</summary>
    public static readonly ScoreMetric KernelFrames = Featured("kernel_frames");

    /// <summary>Share of real clips with a generated one in their neighbourhood.</summary>
    public static readonly ScoreMetric Coverage = Featured("coverage") with { Direction = ScoreDirection.Higher, DependsOnCount = true };

    /// <summary>Share of generated clips that are farther from their nearest training clip than that one from its own nearest.</summary>
    public static readonly ScoreMetric Authenticity = Featured("authenticity") with { Direction = ScoreDirection.Higher, DependsOnCount = true };

    /// <summary>Mean change from frame to frame.</summary>
    public static readonly ScoreMetric Flicker = Real("flicker");

    /// <summary>Mean second difference of frames.</summary>
    public static readonly ScoreMetric Jerk = Real("jerk");

    /// <summary>Median speed of textured blocks, pixels a frame.</summary>
    public static readonly ScoreMetric MotionMagnitude = Real("motion_magnitude");

    /// <summary>Mean change of a block's velocity from frame to frame, pixels a frame.</summary>
    public static readonly ScoreMetric MotionSmoothness = Real("motion_smoothness");

    /// <summary>The step from the last frame to the first over the mean step.</summary>
    public static readonly ScoreMetric LoopClosure = Real("loop_closure");

    /// <summary>Share of frames whose object is cut by the edge.</summary>
    public static readonly ScoreMetric Framing = Real("framing");

    /// <summary>Mean distance between pairs of clips, RMS of small pictures of them.</summary>
    public static readonly ScoreMetric Diversity = Real("diversity");

    /// <summary>Mean distance to the nearest training clip, RMS of small pictures.</summary>
    public static readonly ScoreMetric NearestTraining = Real("nearest_training");

    /// <summary>What the codec loses: peak signal-to-noise ratio of real clips through it, dB.</summary>
    public static readonly ScoreMetric CodecPsnr = new("codec_psnr", 1, ScoreDirection.Higher) { UsesReference = true };

    /// <summary>What the codec loses: structural similarity.</summary>
    public static readonly ScoreMetric CodecSsim = new("codec_ssim", 1, ScoreDirection.Higher) { UsesReference = true };

    /// <summary>Mean of the loss at ten noise levels, fixed clips and noise.</summary>
    public static readonly ScoreMetric ValidationLoss = new("validation_loss", 1, ScoreDirection.Lower) { UsesReference = true };

    /// <summary>Seconds of this machine for a second of video.</summary>
    public static readonly ScoreMetric SecondsPerSecond = new("seconds_per_second", 1, ScoreDirection.Lower) { OfMachine = true };

    /// <summary>Joules for a second of video.</summary>
    public static readonly ScoreMetric JoulesPerSecond = new("joules_per_second", 1, ScoreDirection.Lower) { OfMachine = true };

    /// <summary>All of them, in the order to show.</summary>
    public static IReadOnlyList<ScoreMetric> All { get; } =
    [
        Quality, JointSeen, JointHeldOut, JointHeldOutPairs, JointHeldOutTriples, Shape, Colour, Size, Motion, Valid,
        FrechetClips, FrechetClipsLimit, KernelClips, FrechetFrames, KernelFrames, Coverage, Authenticity,
        ValidationLoss, CodecPsnr, CodecSsim, Flicker, Jerk, MotionMagnitude, MotionSmoothness, LoopClosure, Framing, Diversity, NearestTraining,
        SecondsPerSecond, JoulesPerSecond,
    ];

    /// <summary>The metric with a name, or null.</summary>
    public static ScoreMetric? Find(string id) => All.FirstOrDefault(metric => metric.Id == id);

    private static ScoreMetric Prompted(string id) => new(id, 1, ScoreDirection.Higher) { UsesPrompts = true };

    private static ScoreMetric Featured(string id) => new(id, 1, ScoreDirection.Lower) { UsesReference = true, UsesFeatures = true };

    private static ScoreMetric Real(string id) => new(id, 1, ScoreDirection.LikeReal) { UsesReference = true };
}
