using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using MiniSora.Model.Media;

namespace MiniSora.Model.Datasets;

/// <summary>A folder of videos: class folders, or a captions file. Lives in <c>{data}/datasets/{name}/</c>.</summary>
public sealed partial class FolderDataset : IVideoDataset
{
    /// <summary>Videos longer than this are refused: sixteen frames of an hour show no motion.</summary>
    public const double MaxSeconds = 120;

    private readonly FolderManifest manifest;
    private readonly ClipStore store;
    private readonly int[] classOf;

    private FolderDataset(string name, FolderManifest manifest, ClipStore store, string manifestSha256)
    {
        (Id, this.manifest, this.store, Frames, Height, Width) = (name, manifest, store, manifest.Frames, manifest.Size, manifest.Size);
        // Class folders, when every clip lies in one; a captions file may stand beside them.
        var folders = manifest.Clips.Select(clip => FolderListing.ClassFolder(clip.File)).ToList();
        string[] names = folders.Contains(null) ? [] : [.. folders.Distinct().Order(StringComparer.Ordinal)!];
        Classes = [.. names.Select(FolderListing.ClassCaption)];
        classOf = names.Length == 0 ? [] : [.. folders.Select(folder => Array.IndexOf(names, folder))];
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"folder/1 {store.Sha256} {manifestSha256}")));
    }

    /// <inheritdoc/>
    public string Id { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int Frames { get; }

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public long Count => store.Count;

    /// <summary>True for names an import may take: lower-case letters, digits, <c>-</c>, <c>_</c>, 1–80 characters, no built-in set's.</summary>
    public static bool IsName(string name) => NamePattern().IsMatch(name) && !DatasetCatalog.IsDrawn(name) && name != DatasetCatalog.Emoji;

    /// <summary>Names of imported folders under the data folder, sorted.</summary>
    public static IReadOnlyList<string> Names(string dataFolder)
    {
        var parent = Path.Combine(dataFolder, "datasets");
        return Directory.Exists(parent)
            ? [.. Directory.GetDirectories(parent).Where(FolderManifest.IsIn).Select(path => Path.GetFileName(path)!).Where(IsName).Order(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>The report of an import, or null where there is none of that name.</summary>
    public static ImportReport? Report(string dataFolder, string name) =>
        IsName(name) && FolderManifest.Read(FolderOf(dataFolder, name), name) is var (manifest, _)
            ? new ImportReport(manifest.Clips.Count, manifest.Refused) { Frames = manifest.Frames, Size = manifest.Size }
            : null;

    /// <summary>
    /// Reads every video of a folder, uniformly sampled, centre-cropped to a square, into one cache. Captions come from
    /// <c>captions.csv</c> (header <c>path,caption[,caption_zh]</c>) or <c>captions.jsonl</c>, else from the class folders' names.
    /// Importing under the same name again replaces the clips, once the new ones are whole.
    /// </summary>
    /// <param name="sourceFolder">Folder of videos; only read.</param>
    /// <param name="dataFolder">The product's data folder.</param>
    /// <param name="name">Identifier for specs: see <see cref="IsName"/>.</param>
    /// <param name="frames">T, at least 2.</param>
    /// <param name="size">Height and width in pixels, at least 8.</param>
    /// <param name="progress">Progress, or null.</param>
    /// <param name="cancellationToken">Leaves what was there before untouched.</param>
    /// <exception cref="DatasetException">Bad name, missing folder, unreadable captions, nothing usable, disk full.</exception>
    /// <exception cref="MediaException">ffmpeg is not installed.</exception>
    public static Task<ImportReport> ImportAsync(
        string sourceFolder, string dataFolder, string name, int frames, int size,
        IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 8);
        if (!IsName(name))
            throw new DatasetException(
                DatasetErrors.Name, $"'{name}' cannot name a dataset: use 1 to 80 lower-case letters, digits, - and _; names of built-in sets are taken.", [name]);
        if (!Directory.Exists(sourceFolder))
            throw new DatasetException(DatasetErrors.FolderMissing, $"There is no folder {sourceFolder}.", [sourceFolder]);
        return new FolderImport(sourceFolder, FolderOf(dataFolder, name), frames, size, new DatasetMeter(progress)).RunAsync(cancellationToken);
    }

    /// <summary>Opens an imported folder at the size of its import.</summary>
    /// <param name="dataFolder">The product's data folder.</param>
    /// <param name="name">Name given at the import.</param>
    /// <param name="frames">T.</param>
    /// <param name="size">Height and width in pixels.</param>
    /// <exception cref="DatasetException">Unknown, broken, or not imported at this size.</exception>
    public static FolderDataset Open(string dataFolder, string name, int frames, int size)
    {
        var folder = FolderOf(dataFolder, name);
        if (!IsName(name) || FolderManifest.Read(folder, name) is not var (manifest, sha256))
            throw new DatasetException(
                DatasetErrors.Unknown, $"There is no dataset {name}. There are: {string.Join(", ", DatasetCatalog.Ids(dataFolder))}.", [name]);
        if ((manifest.Frames, manifest.Size) != (frames, size))
            throw new DatasetException(
                DatasetErrors.Size,
                $"The dataset {name} was imported as {manifest.Frames} frames of {manifest.Size} pixels, not {frames} of {size}. Use that size, or import the folder again at the other.",
                [name, $"{frames}", $"{size}", $"{manifest.Frames} × {manifest.Size}"]);
        if (!ClipStore.Exists(folder, frames, size, sha256))
            throw new DatasetException(DatasetErrors.Broken, $"The clips of {name} are gone or incomplete. Import the folder again.", [name, ClipStore.FileName(frames, size)]);
        return new FolderDataset(name, manifest, ClipStore.Open(name, folder, frames, size), sha256);
    }

    /// <summary>The class folders' names, in order, where every clip lies in one.</summary>
    public IReadOnlyList<Caption> Classes { get; }

    /// <inheritdoc/>
    public int ClassOf(long index) => classOf[(int)index];

    /// <inheritdoc/>
    public Clip Read(long index, SplitMix64 random)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)index, (ulong)Count, nameof(index));
        var clip = manifest.Clips[(int)index];
        return new Clip(store.Read((int)index), new Caption(clip.English, clip.Chinese));
    }

    private static string FolderOf(string dataFolder, string name) => Path.Combine(dataFolder, "datasets", name);

    [GeneratedRegex("^[a-z0-9][a-z0-9_-]{0,79}$", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();
}
