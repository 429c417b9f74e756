using MiniSora.Jobs.Specs;
using MiniSora.Web.Gallery;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Models;

/// <summary>Another checkpoint of the same run.</summary>
public sealed record ModelVersion(string Sha256, long Step);

/// <summary>A checkpoint as its page shows it.</summary>
/// <param name="DownloadUrl">Null when the file is not kept any more.</param>
/// <param name="Spec">Null when it is of a version that cannot be read any more.</param>
/// <param name="Parameters">Weights of the network, counted from the spec; 0 where it cannot be read.</param>
/// <param name="Versions">All checkpoints of the run, this one among them, oldest first.</param>
/// <param name="Posts">Newest videos made from it.</param>
/// <param name="PostCount">All videos made from it that are shown.</param>
public sealed record ModelCard(
    string Sha256,
    long Step,
    long Bytes,
    string? DownloadUrl,
    DateTimeOffset CreatedAt,
    Guid RunId,
    long RunNumber,
    string RunName,
    RunState RunState,
    string OwnerName,
    string OwnerHandle,
    long TotalSteps,
    string SoftwareVersion,
    string? Machine,
    long? StartStep,
    string? StartSha256,
    string SpecYaml,
    TrainingSpec? Spec,
    long Parameters,
    IReadOnlyList<ModelVersion> Versions,
    IReadOnlyList<PostTile> Posts,
    int PostCount);

/// <summary>What an address named.</summary>
/// <param name="Card">Null when the run has written no checkpoint.</param>
public sealed record FoundModel(Guid RunId, long RunNumber, string RunName, ModelCard? Card);
