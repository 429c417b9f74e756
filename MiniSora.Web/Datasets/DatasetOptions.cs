namespace MiniSora.Web.Datasets;

/// <summary>Section <c>Datasets</c> of the settings.</summary>
public sealed class DatasetOptions
{
    /// <summary>Never fetch anything; also <c>MINISORA_OFFLINE=1</c>. Archives that lie in <c>{data}/datasets/emoji</c> are used.</summary>
    public bool Offline { get; set; }

    /// <summary>Whether the emoji are prepared without being asked. Tests of pages switch it off. Default true.</summary>
    public bool PrepareAtStart { get; set; } = true;
}
