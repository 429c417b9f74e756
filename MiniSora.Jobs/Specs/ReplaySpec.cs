using MiniSora.Model;

namespace MiniSora.Jobs.Specs;

/// <summary>
/// Takes some steps of a training run again from a checkpoint in its middle. Its losses are compared with those the run reported: data and noise
/// are functions of the seed, so that an honest trace is met but for rounding.
/// </summary>
public sealed record ReplaySpec : RunSpec
{
    /// <summary>SHA-256 (hex) of the checkpoint in the portal; on the command line also a file or a run's folder.</summary>
    [Setting(MaxLength = 1024)] public string Checkpoint { get; init; } = "";

    /// <summary>Steps to take. Default 20.</summary>
    [Setting(Min = 1, Max = 10_000, Unit = "steps")] public int ReplaySteps { get; init; } = 20;
}
