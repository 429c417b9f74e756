using MiniSora.Jobs.Runs;

namespace MiniSora.Web.Artifacts;

/// <summary>That a file of the store belongs to a run or was uploaded by a member. Several rows may name one file.</summary>
public sealed class Artifact
{
    public Guid Id { get; init; }

    /// <summary>The run that made it; null for an upload.</summary>
    public Guid? RunId { get; init; }

    public Guid OwnerId { get; init; }

    public int Attempt { get; init; }

    /// <summary><c>checkpoint</c>, <c>preview</c>, <c>estimate</c> (a clip on its way; gone when it is there), <c>video</c>, <c>poster</c>, <c>raw</c>, <c>image</c>, <c>clip</c>, <c>pdf</c> (uploads).</summary>
    public string Kind { get; init; } = "";

    /// <summary>SHA-256, 64 lower-case hex digits.</summary>
    public string Sha256 { get; init; } = "";

    public long Bytes { get; init; }

    /// <summary>Name for downloads.</summary>
    public string FileName { get; init; } = "";

    public long Step { get; init; }

    /// <summary>Prompt number of a preview, clip number of a video and its poster.</summary>
    public int Index { get; init; }

    public string? Prompt { get; init; }

    public long? Seed { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Steps in all, of an estimate.</summary>
    public long? Steps => EstimateFile.StepsOf(FileName);

    /// <summary>Address under which the portal serves it.</summary>
    public string Url => UrlOf(Sha256, FileName);

    /// <summary>Address of a stored file.</summary>
    public static string UrlOf(string sha256, string fileName) => $"/files/{sha256}/{Uri.EscapeDataString(fileName)}";
}
