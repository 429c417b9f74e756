using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Retention;

/// <summary>What uses the disk; stored as text. A key <c>Class.…</c> of the texts.</summary>
public enum FileClass
{
    /// <summary>Checkpoints of training runs.</summary>
    Checkpoint,

    /// <summary>What sampling and evaluation runs made, with posters.</summary>
    Video,

    /// <summary>What training runs showed on their way, with posters.</summary>
    Preview,

    /// <summary>Logs of runs that lie in files.</summary>
    Log,

    /// <summary>Other files in the working folders of runs.</summary>
    Working,

    /// <summary>Files of nobody: their run or row is gone, or their writer died.</summary>
    Stray,

    /// <summary>What members uploaded.</summary>
    Upload,

    /// <summary>What posts show: the videos with their passports.</summary>
    Published,

    /// <summary>Clips to train on.</summary>
    Dataset,

    /// <summary>The portal's database.</summary>
    Database,

    /// <summary>Scores, feature networks, keys, the reserve.</summary>
    Other,
}

/// <summary>Which class an artifact is of.</summary>
internal static class FileClasses
{
    public static FileClass Of(string kind, RunKind? madeBy) => kind switch
    {
        "checkpoint" => FileClass.Checkpoint,
        "image" or "clip" or "pdf" => FileClass.Upload,
        "preview" or "estimate" => FileClass.Preview,
        "poster" when madeBy == RunKind.Training => FileClass.Preview,
        "video" or "poster" or "raw" or "nearest" => FileClass.Video,
        _ => FileClass.Other,
    };

    /// <inheritdoc cref="Of(string, RunKind?)"/>
    public static FileClass Of(Artifact artifact, RunKind? madeBy) => Of(artifact.Kind, madeBy);
}
