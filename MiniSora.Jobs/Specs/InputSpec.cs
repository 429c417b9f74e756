using MiniSora.Model;

namespace MiniSora.Jobs.Specs;

/// <summary>How two clips are connected.</summary>
public enum Passage
{
    /// <summary>New frames between them.</summary>
    Between,

    /// <summary>They overlap: the passage starts from their cross-fade.</summary>
    CrossFade,
}

/// <summary>How a clip is taken back to noise before it is changed.</summary>
public enum Departure
{
    /// <summary>It is mixed with noise (SDEdit, Meng et al. 2022).</summary>
    Noise,

    /// <summary>Along the flow itself, under the prompt that describes it; more of it survives.</summary>
    Inversion,
}

/// <summary>What a task starts from besides its prompt.</summary>
public sealed record InputSpec
{
    /// <summary>The clip to extend, to close, to connect from or to change: SHA-256 in the portal; on the command line also a file.</summary>
    [Setting(MaxLength = 1024, Optional = true)] public string Video { get; init; } = "";

    /// <summary>The clip to connect to.</summary>
    [Setting(MaxLength = 1024, Optional = true)] public string SecondVideo { get; init; } = "";

    /// <summary>What the second clip shows; empty: the prompt says it too.</summary>
    [Setting(MaxLength = 500, Optional = true)] public string SecondPrompt { get; init; } = "";

    /// <summary>How two clips are connected. Default: between them.</summary>
    [Setting] public Passage Passage { get; init; } = Passage.Between;

    /// <summary>Frames of a clip that the model is shown at an end, in whole latent frames. Default 4.</summary>
    [Setting(Min = 1, Max = 128, Unit = "frames")] public int GivenFrames { get; init; } = 4;

    /// <summary>How often to extend. Default 1.</summary>
    [Setting(Min = 1, Max = 32)] public int Windows { get; init; } = 1;

    /// <summary>How much may change: the time from which the clip is made anew, 1 being pure noise. Default 0.6.</summary>
    [Setting(Min = 0.05, Max = 1)] public double Strength { get; init; } = 0.6;

    /// <summary>How a clip is taken back to noise. Default: by mixing.</summary>
    [Setting] public Departure Departure { get; init; } = Departure.Noise;

    /// <summary>What the clip shows before it is changed, for the inversion.</summary>
    [Setting(MaxLength = 500, Optional = true)] public string SourcePrompt { get; init; } = "";
}

/// <summary>Length and size of the clips to make; 0 is the checkpoint's own.</summary>
public sealed record SizeSpec
{
    /// <summary>Frames, T. Default 0.</summary>
    [Setting(Min = 0, Max = 256, MultipleOf = 2, Unit = "frames", Advanced = true)] public int Frames { get; init; }

    /// <summary>Height. Default 0.</summary>
    [Setting(Min = 0, Max = 512, MultipleOf = 4, Unit = "px", Advanced = true)] public int Height { get; init; }

    /// <summary>Width. Default 0.</summary>
    [Setting(Min = 0, Max = 512, MultipleOf = 4, Unit = "px", Advanced = true)] public int Width { get; init; }
}
