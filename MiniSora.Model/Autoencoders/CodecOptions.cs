namespace MiniSora.Model.Autoencoders;

/// <summary>Which pixel-to-latent codec a run uses.</summary>
public enum CodecKind
{
    /// <summary>PCA over blocks of 2 frames × 4×4 pixels ("linear VAE"): fits in seconds, decodes with one matrix product.</summary>
    Linear,

    /// <summary>Small causal convolutional VAE, trained at the start of the run.</summary>
    CausalVae,

    /// <summary>A published autoencoder of images (Rombach et al. 2022), frame by frame, from imported weights.</summary>
    Kl,

    /// <summary>Stage A of Stable Cascade, frame by frame, from imported weights.</summary>
    StageA,
}

/// <summary>Settings of the codec.</summary>
public sealed record CodecOptions
{
    /// <summary>Which codec. Default: <see cref="CodecKind.Linear"/>.</summary>
    [Setting] public CodecKind Kind { get; init; } = CodecKind.Linear;

    /// <summary>
    /// The imported autoencoder: the name of a folder of weights in the data folder, on the command line also a path. Only for
    /// <see cref="CodecKind.Kl"/> and <see cref="CodecKind.StageA"/>. Default: none.
    /// </summary>
    [Setting(MaxLength = 1024, Optional = true)] public string Weights { get; init; } = "";

    /// <summary>Latent channels of a codec of the run's own; an imported one has its own number. Default 32 (of the 96 values of a 2×4×4 RGB block): 24 lose outlines that the attribute reader needs.</summary>
    [Setting(Min = 4, Max = 96)] public int Channels { get; init; } = 32;

    /// <summary>
    /// How far the linear codec evens out its components: component i is divided by σ₁^(1−a) σᵢ^a, where σ are their standard deviations
    /// in falling order. 1 gives all the same variance, 0 keeps their proportions. In between, noise hides details before it hides layout, so that sampling settles
    /// layout first; with 1 it would have to settle both at once. Ignored by the convolutional VAE. Default 0.25.
    /// </summary>
    [Setting(Min = 0, Max = 1, Advanced = true)] public double Whitening { get; init; } = 0.25;

    /// <summary>Training steps of the convolutional VAE; ignored by the linear codec. Default 600.</summary>
    [Setting(Min = 1, Max = 1_000_000, Unit = "steps", Advanced = true)] public int VaeSteps { get; init; } = 600;

    /// <summary>Base width of the convolutional VAE; ignored by the linear codec. Default 32.</summary>
    [Setting(Min = 16, Max = 512, MultipleOf = 16, Advanced = true)] public int VaeWidth { get; init; } = 32;
}
