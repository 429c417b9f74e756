namespace MiniSora.Model.Datasets;

/// <summary>What became of an import.</summary>
/// <param name="Accepted">Number of clips.</param>
/// <param name="Refused">Every file that could not be used, with its reason, in the order of the listing.</param>
public sealed record ImportReport(int Accepted, IReadOnlyList<RefusedFile> Refused)
{
    /// <summary>Frames per clip, T; 0 where the report does not say.</summary>
    public int Frames { get; init; }

    /// <summary>Height and width of the clips in pixels; 0 where the report does not say.</summary>
    public int Size { get; init; }
}
