namespace MiniSora.Model.Weights;

/// <summary>Where a run finds imported networks, and keeps what it computes with them once.</summary>
/// <param name="DataFolder">The data folder; empty: only paths are understood.</param>
public sealed record WeightsPlace(string DataFolder)
{
    /// <summary>Without a data folder.</summary>
    public static WeightsPlace None { get; } = new("");

    /// <summary>Folder of cached text features.</summary>
    public string Features => DataFolder.Length > 0 ? Path.Combine(DataFolder, "features") : Path.Combine(Path.GetTempPath(), "minisora-features");

    /// <summary>The folder that a name or path means. Throws <see cref="PretrainedException"/> when there is none. Who may use paths is decided where specs are checked.</summary>
    public string Require(string nameOrPath) => WeightsShelf.Find(DataFolder, nameOrPath, paths: true)
        ?? throw new PretrainedException($"there are no imported weights \"{nameOrPath}\"");
}
