using MiniSora.Model;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Specs;

/// <summary>The checkpoint of another run that a training run starts from.</summary>
public sealed record StartSpec
{
    /// <summary>SHA-256 (hex) of the checkpoint in the portal; on the command line also a file or a run's folder. Empty: untrained weights.</summary>
    [Setting(MaxLength = 1024, Optional = true)] public string Checkpoint { get; init; } = "";

    /// <summary>What is taken over. Default: everything, so that the run goes on where the other one was.</summary>
    [Setting] public Carry Carry { get; init; } = Carry.Everything;
}
