using MiniSora.Model.Weights;

namespace MiniSora.Jobs.Specs;

/// <summary>What the place that validates knows about itself. A null member means: not known here, do not check.</summary>
public sealed record SpecContext
{
    /// <summary>Checks nothing but the document.</summary>
    public static SpecContext Nothing { get; } = new();

    /// <summary>Identifiers of datasets that exist, ready or not.</summary>
    public IReadOnlySet<string>? KnownDatasets { get; init; }

    /// <summary>Identifiers of datasets that can be read now.</summary>
    public IReadOnlySet<string>? ReadyDatasets { get; init; }

    /// <summary>What a folder of imported weights (a name, on the command line also a path) holds; null: there is none of that name.</summary>
    public Func<string, WeightsDescription?>? Weights { get; init; }

    /// <summary>Whether a checkpoint (hash, or file or folder on the command line) exists.</summary>
    public Func<string, bool>? CheckpointExists { get; init; }

    /// <summary>Whether an image (hash, or file on the command line) exists.</summary>
    public Func<string, bool>? ImageExists { get; init; }

    /// <summary>Whether a video (hash, or file on the command line) exists.</summary>
    public Func<string, bool>? VideoExists { get; init; }

    /// <summary>The training spec inside the checkpoint that a spec names, for its averages, network and objective.</summary>
    public TrainingSpec? Source { get; init; }

    /// <summary>The step of that checkpoint.</summary>
    public long? SourceStep { get; init; }

    /// <summary>Another average than the checkpoint keeps is no problem here: the nearest is taken, with a warning.</summary>
    public bool NearestAverage { get; init; }

    /// <summary>Memory of the machine that would run it, in bytes.</summary>
    public long? MachineMemoryBytes { get; init; }

    /// <summary>Rates for the estimate; defaults when not measured.</summary>
    public Calibration Calibration { get; init; } = Calibration.Uncalibrated;
}
