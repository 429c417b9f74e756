using MiniSora.Model.Media;

namespace MiniSora.Model.Datasets;

/// <summary>One import of a folder: list, probe and decode each file, then put the whole in its place.</summary>
internal sealed class FolderImport(string source, string target, int frames, int size, DatasetMeter meter)
{
    private const int LongestSide = 8192;
    private const int ShortestSide = 8;

    internal async Task<ImportReport> RunAsync(CancellationToken cancellationToken)
    {
        var parent = Path.GetDirectoryName(target)!;
        var staging = Path.Combine(parent, $".import-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(staging);
            var report = await DecodeAllAsync(staging, cancellationToken);
            Replace(staging);
            meter.Report(DatasetPhase.Ready, 1, "");
            return report;
        }
        catch (IOException error) when (AtomicFile.IsDiskFull(error))
        {
            throw new DatasetException(DatasetErrors.DiskFull, $"No room left on the disk of {parent}.", [parent], error);
        }
        finally
        {
            if (Directory.Exists(staging))
                Directory.Delete(staging, recursive: true);
        }
    }

    private async Task<ImportReport> DecodeAllAsync(string staging, CancellationToken cancellationToken)
    {
        var (files, refused) = FolderListing.Of(source);
        var accepted = new List<FolderClip>();

        // Clips go to the disk as they come, since a folder may hold more than fits into memory.
        var raw = Path.Combine(staging, "raw");
        await using (var stream = new FileStream(raw, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20, useAsync: true))
            for (var i = 0; i < files.Count; i++)
            {
                meter.Report(DatasetPhase.Decoding, (double)i / files.Count, files[i].File);
                var (clip, refusal) = await DecodeAsync(files[i].File, cancellationToken);
                if (refusal is not null)
                {
                    refused.Add(refusal);
                    continue;
                }

                await stream.WriteAsync(clip, cancellationToken);
                accepted.Add(new FolderClip(files[i].File, files[i].Caption.English, files[i].Caption.Chinese));
            }

        if (accepted.Count == 0)
            throw new DatasetException(
                DatasetErrors.NothingUsable,
                $"No file of {source} could be used; {refused.Count} were refused{(refused.Count > 0 ? $", the first, {refused[0].File}, because of {refused[0].Reason}" : "")}.",
                [$"{refused.Count}"]);
        var manifest = new FolderManifest(FolderManifest.CurrentFormat, Path.GetFullPath(source), frames, size, accepted, refused).ToBytes();
        FolderManifest.Write(staging, manifest);
        ClipStore.Write(staging, frames, size, EmojiManifest.Sha256Of(manifest), Clips(raw, accepted.Count));
        File.Delete(raw);
        return new ImportReport(accepted.Count, refused);
    }

    private IEnumerable<byte[]> Clips(string raw, int count)
    {
        using var stream = File.OpenRead(raw);
        for (var i = 0; i < count; i++)
        {
            var clip = new byte[frames * size * size * 3];
            stream.ReadExactly(clip);
            yield return clip;
        }
    }

    private async Task<(byte[] Clip, RefusedFile? Refusal)> DecodeAsync(string file, CancellationToken cancellationToken)
    {
        var path = Path.Combine(source, file);
        VideoInfo info;
        try
        {
            info = await VideoFile.ProbeAsync(path, cancellationToken);
        }
        catch (MediaException refused) when (refused.Code == MediaErrors.NotAVideo)
        {
            return ([], new RefusedFile(file, FolderRefusals.NotAVideo, refused.Arguments[1]));
        }

        if (Math.Max(info.Width, info.Height) > LongestSide || Math.Min(info.Width, info.Height) < ShortestSide)
            return ([], new RefusedFile(file, FolderRefusals.BadDimensions, $"{info.Width} × {info.Height}"));
        if (info.Seconds > FolderDataset.MaxSeconds)
            return ([], new RefusedFile(file, FolderRefusals.TooLong, $"{info.Seconds:F1} s"));
        if (info.Frames < frames)
            return ([], new RefusedFile(file, FolderRefusals.TooShort, $"{info.Frames} < {frames}"));
        try
        {
            return (await VideoReader.ReadFramesAsync(path, info.Frames, FramePicks.Uniform(info.Frames, frames), size, size, cancellationToken), null);
        }
        catch (MediaException refused) when (refused.Code == MediaErrors.NotAVideo)
        {
            return ([], new RefusedFile(file, FolderRefusals.Damaged, refused.Arguments[1]));
        }
    }

    /// <summary>Runs that read the old clips keep reading them: their file stays open while its folder goes.</summary>
    private void Replace(string staging)
    {
        var old = $"{staging}-old";
        if (Directory.Exists(target))
            Directory.Move(target, old);
        Directory.Move(staging, target);
        if (Directory.Exists(old))
            Directory.Delete(old, recursive: true);
    }
}
