namespace MiniSora.Model.Training;

/// <summary>Arithmetic of the forward and backward pass; master weights and the optimizer are always fp32.</summary>
public enum Precision
{
    /// <summary>bf16 where a short calibration says that it is faster here, else fp32.</summary>
    Auto,

    /// <summary>32-bit floats.</summary>
    Fp32,

    /// <summary>bfloat16 compute with fp32 master weights.</summary>
    Bf16,
}

/// <summary>How a gradient becomes an update.</summary>
public enum OptimizerKind
{
    /// <summary>AdamW (Loshchilov and Hutter 2019) for every parameter.</summary>
    Adamw,

    /// <summary>
    /// Muon (Jordan et al. 2024) for the matrices between hidden layers: their averaged gradient, orthogonalised. AdamW for the rest.
    /// </summary>
    Muon,
}

/// <summary>What the backward pass finds of the forward pass.</summary>
public enum Activations
{
    /// <summary>Everything it needs.</summary>
    Keep,

    /// <summary>Only the input of each block, which is computed once more: gradient checkpointing.</summary>
    Recompute,
}

/// <summary>Length of the run and the optimizer's settings.</summary>
public sealed record TrainingOptions
{
    /// <summary>Optimizer steps. Default 5,000.</summary>
    [Setting(Min = 1, Max = 10_000_000, Unit = "steps")] public int Steps { get; init; } = 5000;

    /// <summary>Clips per step. Default 16.</summary>
    [Setting(Min = 1, Max = 4096, Unit = "clips")] public int Batch { get; init; } = 16;

    /// <summary>How a gradient becomes an update. Default AdamW.</summary>
    [Setting] public OptimizerKind Optimizer { get; init; } = OptimizerKind.Adamw;

    /// <summary>Peak learning rate, for AdamW and Muon alike: see <see cref="OrthogonalUpdate"/> for the common scale. Default 1e-3.</summary>
    [Setting(Min = 1e-8, Max = 1)] public double LearningRate { get; init; } = 1e-3;

    /// <summary>Learning rate at the last step (cosine decay). Default 1e-5.</summary>
    [Setting(Min = 0, Max = 1, Advanced = true)] public double FinalLearningRate { get; init; } = 1e-5;

    /// <summary>Linear warm-up. Default 100.</summary>
    [Setting(Min = 0, Max = 1_000_000, Unit = "steps", Advanced = true)] public int WarmupSteps { get; init; } = 100;

    /// <summary>AdamW β1. Default 0.9.</summary>
    [Setting(Min = 0, Max = 0.9999, Advanced = true)] public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW β2. Default 0.95.</summary>
    [Setting(Min = 0, Max = 0.99999, Advanced = true)] public double Beta2 { get; init; } = 0.95;

    /// <summary>Decoupled weight decay on matrices; vectors and embeddings have none. Default 0.01.</summary>
    [Setting(Min = 0, Max = 1, Advanced = true)] public double WeightDecay { get; init; } = 0.01;

    /// <summary>Largest global gradient norm; 0 switches clipping off. Default 1.</summary>
    [Setting(Min = 0, Max = 1000, Advanced = true)] public double GradientClip { get; init; } = 1;

    /// <summary>Arithmetic. Default: automatic.</summary>
    [Setting] public Precision Precision { get; init; } = Precision.Auto;

    /// <summary>Relative widths of the two power-function EMA copies (Karras et al. 2024, EDM2). Default 0.05 and 0.10.</summary>
    [Setting(Min = 0.01, Max = 0.25, MinCount = 1, MaxCount = 2, Advanced = true)] public IReadOnlyList<double> EmaWidths { get; init; } = [0.05, 0.10];

    /// <summary>
    /// Constant decay of one more averaged copy, as DiT and Latte keep it with 0.9999; 0: none. Short runs are over before such a copy has
    /// forgotten its start. Default 0.
    /// </summary>
    [Setting(Min = 0, Max = 0.99999, Advanced = true)] public double EmaDecay { get; init; }

    /// <summary>
    /// Every step works through its clips in so many parts, one after another: less memory, the same gradient up to rounding. Default 1.
    /// </summary>
    [Setting(Min = 1, Max = 1024, Advanced = true)] public int Accumulation { get; init; } = 1;

    /// <summary>
    /// What is kept for the backward pass. Recomputing the blocks takes about a third longer and saves most of the memory that grows with depth and
    /// batch; the gradient is the same up to rounding. Default: keep.
    /// </summary>
    [Setting(Advanced = true)] public Activations Activations { get; init; } = Activations.Keep;

    /// <summary>
    /// Devices of this machine that share each step's clips: so many GPUs from the run's device on, or so many replicas on the processor. 0: one
    /// device, on the processor a replica per core. Default 0.
    /// </summary>
    [Setting(Min = 0, Max = 64, Advanced = true)] public int Devices { get; init; }

    /// <summary>
    /// Share of each clip's video tokens that is dropped after the first blocks (MicroDiT): steps get cheaper by nearly that share, and the loss is
    /// on what is left. The number kept of a frame is the nearest that fits the network. Default 0: none.
    /// </summary>
    [Setting(Min = 0, Max = 0.9, Advanced = true)] public double MaskRatio { get; init; }

    /// <summary>Blocks that see all tokens before some are dropped. Default 2.</summary>
    [Setting(Min = 1, Max = 64, Unit = "blocks", Advanced = true)] public int MaskMixerBlocks { get; init; } = 2;

    /// <summary>Last share of the steps in which no token is dropped, so that the network gets used to whole clips. Default 0.1.</summary>
    [Setting(Min = 0, Max = 1, Advanced = true)] public double UnmaskedShare { get; init; } = 0.1;

    /// <summary>First step that limits the gradient (Latte's <c>start_clip_iter</c>). Default 0: from the beginning.</summary>
    [Setting(Min = 0, Max = 10_000_000, Unit = "steps", Advanced = true)] public int ClipFrom { get; init; }

    /// <summary>
    /// Stored copies of the power-function averages along the run, evenly spaced, from which a width can be reconstructed after training
    /// (<see cref="Sampling.SamplerOptions.EmaWidth"/>): two bytes a weight and width each, in every checkpoint. Default 0: the last ones only.
    /// </summary>
    [Setting(Min = 0, Max = 64, Advanced = true)] public int EmaSnapshots { get; init; }

    /// <summary>A checkpoint at least every so many steps; further ones are written when stopped and at the end. Default 500.</summary>
    [Setting(Min = 1, Max = 1_000_000, Unit = "steps")] public int CheckpointSteps { get; init; } = 500;

    /// <summary>Averaged copies by what <see cref="Sampling.SamplerOptions.Ema"/> calls them: the widths, then the constant decay if there is one.</summary>
    public IReadOnlyList<double> Averages => EmaDecay > 0 ? [.. EmaWidths, EmaDecay] : EmaWidths;
}
