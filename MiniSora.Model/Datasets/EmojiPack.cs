using System.Reflection;
using MiniSora.Model.Media;
using SkiaSharp;

namespace MiniSora.Model.Datasets;

/// <summary>What is on the disk of the animated emoji.</summary>
/// <param name="Prepared">Clips can be read.</param>
/// <param name="Clips">Number of clips, held-out ones included; 0 while not prepared.</param>
/// <param name="Selection">Which packages they come from, or null.</param>
/// <param name="Bytes">Bytes on disk, packages and caches together.</param>
public sealed record EmojiState(bool Prepared, int Clips, EmojiSelection? Selection, long Bytes);

/// <summary>
/// Fetches the animated Fluent emoji and turns them into captioned clips. Everything lies in
/// <c>{data}/datasets/emoji/</c>: the packages' archives (kept, so that other sizes can be made), a manifest, the clips.
/// </summary>
public static class EmojiPack
{
    /// <summary>Bytes to fetch, for people who decide.</summary>
    public static long DownloadBytes(EmojiSelection selection) => EmojiPackages.Of(selection).All.Sum(package => package.Bytes);

    /// <summary>Where archives may be put by hand and clips are kept.</summary>
    public static string Folder(string dataFolder) => Path.Combine(dataFolder, "datasets", DatasetCatalog.Emoji);

    /// <summary>What is on the disk. Cheap: reads the manifest and the files' lengths.</summary>
    public static EmojiState State(string dataFolder)
    {
        var folder = Folder(dataFolder);
        var bytes = Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length) : 0;
        return EmojiManifest.Read(folder) is { } found && ClipStore.Sizes(folder).Any(size => ClipStore.Exists(folder, size.Frames, size.Size, found.Sha256))
            ? new EmojiState(true, found.Manifest.Clips.Count, found.Manifest.Selection, bytes)
            : new EmojiState(false, 0, null, bytes);
    }

    /// <summary>
    /// Fetches what is missing, verifies it and decodes it. May be called again after any failure and goes on where it
    /// stopped, package by package; with everything in place it returns at once.
    /// </summary>
    /// <param name="dataFolder">The product's data folder.</param>
    /// <param name="options">What and from where.</param>
    /// <param name="progress">Progress, or null.</param>
    /// <param name="cancellationToken">Stops within about a second; packages fetched whole are kept.</param>
    /// <exception cref="DatasetException">With a code of <see cref="DatasetErrors"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static Task<EmojiState> PrepareAsync(
        string dataFolder, EmojiPackOptions options, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
        PrepareAsync(dataFolder, options, EmojiPackages.Of(options.Selection), progress, cancellationToken);

    internal static async Task<EmojiState> PrepareAsync(
        string dataFolder, EmojiPackOptions options, EmojiPackages packages, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var folder = Folder(dataFolder);
        try
        {
            Directory.CreateDirectory(folder);
            using var held = DatasetLock.Take(DatasetCatalog.Emoji, folder);
            if (IsReady(folder, options))
            {
                progress?.Report(new DatasetProgress(DatasetPhase.Ready, 1, ""));
                return State(dataFolder);
            }

            var meter = new DatasetMeter(progress);
            await BringAsync(folder, options, packages, meter, cancellationToken);

            // Decoding is work for the processor: it must not hold the caller's thread.
            await Task.Run(() => Decode(folder, options, packages, meter, cancellationToken), cancellationToken);
            meter.Report(DatasetPhase.Ready, 1, "");
            return State(dataFolder);
        }
        catch (IOException error) when (AtomicFile.IsDiskFull(error))
        {
            throw new DatasetException(DatasetErrors.DiskFull, $"No room left on the disk of {folder}.", [folder], error);
        }
    }

    /// <summary>Makes the clips of one more size from the kept archives.</summary>
    internal static void MakeSize(string folder, EmojiManifest manifest, string manifestSha256, int frames, int size, CancellationToken cancellationToken)
    {
        using var held = DatasetLock.Take(DatasetCatalog.Emoji, folder);
        if (ClipStore.Exists(folder, frames, size, manifestSha256))
            return;
        var archives = manifest.Sources.Select(source => Path.Combine(folder, new EmojiPackage(source.Package, source.Version, source.Sha256, 0).FileName)).ToList();
        if (archives.Find(archive => !File.Exists(archive)) is { } missing)
            throw new DatasetException(
                DatasetErrors.Missing, $"Clips of this size are made from {Path.GetFileName(missing)}, which is gone. Prepare the animated emoji again.", [DatasetCatalog.Emoji]);
        try
        {
            var decoded = EmojiDecoder.Decode(archives.Skip(1).ToList(), EmojiNames.Read(archives[0]), frames, size, _ => { }, cancellationToken);
            ClipStore.Write(folder, frames, size, manifestSha256, decoded.Select((pair, i) =>
                pair.Clip.Code == manifest.Clips[i].Code ? pair.Frames : throw new InvalidDataException("the archives are not those of the manifest")));
        }
        catch (InvalidDataException damaged)
        {
            throw Damaged(damaged);
        }
        catch (IOException error) when (AtomicFile.IsDiskFull(error))
        {
            throw new DatasetException(DatasetErrors.DiskFull, $"No room left on the disk of {folder}.", [folder], error);
        }
    }

    private static bool IsReady(string folder, EmojiPackOptions options) =>
        EmojiManifest.Read(folder) is { } found
        && found.Manifest.Selection >= options.Selection
        && ClipStore.Exists(folder, options.Frames, options.Size, found.Sha256);

    private static async Task BringAsync(
        string folder, EmojiPackOptions options, EmojiPackages packages, DatasetMeter meter, CancellationToken cancellationToken)
    {
        var download = new EmojiDownload(folder, options);
        download.Tidy();
        meter.Report(DatasetPhase.Verifying, 0, "");
        await download.TakeGivenAsync([.. packages.All], cancellationToken);
        var missing = new List<EmojiPackage>();
        foreach (var package in packages.All)
            if (!await download.HasAsync(package, cancellationToken))
                missing.Add(package);
        if (missing.Count == 0)
            return;

        var total = missing.Sum(package => package.Bytes);
        if (!options.Offline)
            RequireRoom(folder, total);
        var before = 0L;
        foreach (var package in missing)
        {
            var start = before;
            meter.Report(DatasetPhase.Downloading, Share(start), package.Name);
            await download.FetchAsync(
                package,
                bytes => meter.Report(DatasetPhase.Downloading, Share(start + Math.Min(bytes, package.Bytes)), package.Name),
                cancellationToken);
            before += package.Bytes;
        }

        double Share(long bytes) => DownloadShare * bytes / total;
    }

    /// <summary>Of the whole preparation; decoding takes about as long as fetching.</summary>
    private const double DownloadShare = 0.5;

    /// <summary>npm holds every package twice for a moment; the clips come on top.</summary>
    private static void RequireRoom(string folder, long downloadBytes)
    {
        const long clips = 300_000_000;
        if (new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace < downloadBytes + downloadBytes / 2 + clips)
            throw new DatasetException(
                DatasetErrors.DiskFull, $"Not enough room on the disk of {folder}: about {(downloadBytes * 3 / 2 + clips) / 1_000_000} MB are needed.", [folder]);
    }

    private static void Decode(string folder, EmojiPackOptions options, EmojiPackages packages, DatasetMeter meter, CancellationToken cancellationToken)
    {
        var start = meter.Fraction;
        var archives = packages.Clips.Select(package => Path.Combine(folder, package.FileName)).ToList();
        var clips = new List<EmojiClip>();
        var staging = Path.Combine(folder, $".download-{Guid.NewGuid():N}");
        try
        {
            meter.Report(DatasetPhase.Decoding, start, "");
            var names = EmojiNames.Read(Path.Combine(folder, packages.Captions.FileName));
            var decoded = EmojiDecoder.Decode(
                archives, names, options.Frames, options.Size, share => meter.Report(DatasetPhase.Decoding, start + (1 - start) * share, ""), cancellationToken);

            // The manifest names the clips, so it is known only after the last one: clips wait in a folder of their own.
            var facts = ClipStore.Write(staging, options.Frames, options.Size, "", decoded.Select(pair =>
            {
                clips.Add(pair.Clip);
                return pair.Frames;
            }));
            if (clips.Count == 0)
                throw new InvalidDataException("the packages hold no animated picture with a name");

            var manifest = new EmojiManifest(
                EmojiManifest.CurrentFormat,
                options.Selection,
                [.. packages.All.Select(package => new EmojiSource(package.Name, package.Version, package.Sha256))],
                $"SkiaSharp {typeof(SKCodec).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}",
                EmojiHoldOut.Mark(clips)).ToBytes();
            ClipStore.DeleteAll(folder);
            EmojiManifest.Write(folder, manifest);
            ClipStore.Adopt(staging, folder, options.Frames, options.Size, facts with { Belongs = EmojiManifest.Sha256Of(manifest) });
        }
        catch (InvalidDataException damaged)
        {
            throw Damaged(damaged);
        }
        finally
        {
            if (Directory.Exists(staging))
                Directory.Delete(staging, recursive: true);
        }
    }

    private static DatasetException Damaged(InvalidDataException inner) => new(
        DatasetErrors.Broken, $"The animated emoji cannot be decoded: {inner.Message}.", [DatasetCatalog.Emoji, inner.Message], inner);
}
