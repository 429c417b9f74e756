using System.Globalization;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Media;
using MiniSora.Model.Sampling;

namespace MiniSora.Jobs.Cli;

/// <summary>Where a sampling command puts its clips.</summary>
internal sealed record SampleOutputs(string? Videos, string? Raw, string? Sheet)
{
    private const int SheetColumns = 8;

    public bool None => Videos is null && Raw is null && Sheet is null;

    private bool OneFile => Videos!.EndsWith(".mp4", StringComparison.OrdinalIgnoreCase);

    /// <summary>Moves finished videos to their names.</summary>
    public void MoveVideos(string[] files)
    {
        Array.Sort(files, StringComparer.Ordinal);
        for (var index = 0; index < files.Length; index++)
        {
            var target = Name(index, files.Length);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Move(files[index], target, overwrite: true);
            Wrote(target);
        }
    }

    /// <summary>Moves files into a folder under their own names.</summary>
    public static void MoveInto(string target, string[] files)
    {
        Directory.CreateDirectory(target);
        foreach (var file in files)
            File.Move(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
        Wrote(target);
    }

    /// <summary>The clips, each written as a video in passing when videos are wanted.</summary>
    public IEnumerable<PixelClip> WithVideos(IEnumerable<PixelClip> clips, Action<PixelClip, int, string> write, int count)
    {
        var index = 0;
        foreach (var clip in clips)
        {
            if (Videos is not null)
            {
                var target = Name(index, count);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                write(clip, index, target);
                Wrote(target);
            }

            index++;
            yield return clip;
        }
    }

    /// <summary>Writes the array and the sheet, or just runs through the clips when neither is wanted. Both need clips of one size.</summary>
    public void WriteArrays(IEnumerable<PixelClip> clips, int count)
    {
        // The array is written while the clips are made: thousands of them need not fit into memory at once.
        var kept = Sheet is null ? null : new List<byte[]>();
        IEnumerable<byte[]> Pixels(PixelClip head, IEnumerator<PixelClip> others)
        {
            kept?.Add(head.Pixels);
            yield return head.Pixels;
            while (others.MoveNext())
            {
                var clip = others.Current;
                if ((clip.Frames, clip.Height, clip.Width) != (head.Frames, head.Height, head.Width) && !(Raw is null && Sheet is null))
                    throw new RunFailureException("clips_differ", $"A clip has {clip.Frames} × {clip.Height} × {clip.Width}, the first {head.Frames} × {head.Height} × {head.Width}.");
                kept?.Add(clip.Pixels);
                yield return clip.Pixels;
            }
        }

        using var all = clips.GetEnumerator();
        if (!all.MoveNext())
            return;
        var first = all.Current;
        if (Raw is not null)
        {
            NpyFile.WriteUInt8(Path.GetFullPath(Raw), [count, first.Frames, first.Height, first.Width, 3], Pixels(first, all));
            Wrote(Path.GetFullPath(Raw));
        }
        else
        {
            foreach (var _ in Pixels(first, all))
            {
                // Making them is the work.
            }
        }

        if (kept is null)
            return;
        ContactSheet.Write(Path.GetFullPath(Sheet!), kept, first.Frames, first.Height, first.Width, Math.Min(SheetColumns, first.Frames));
        Wrote(Path.GetFullPath(Sheet!));
    }

    /// <summary>One video of a prompt file, with the tags of a spec that makes it again.</summary>
    public static void WriteVideo(SamplingSpec own, PixelClip clip, string path, CancellationToken cancellationToken)
    {
        var tags = VideoTags.Of(SpecYaml.Write(own), own.Seed, own.Prompt, own.Checkpoint);
        VideoFile.WriteAsync(path, clip.Pixels, clip.Frames, clip.Height, clip.Width, own.FramesPerSecond, tags, cancellationToken).GetAwaiter().GetResult();
    }

    private string Name(int index, int count)
    {
        var full = Path.GetFullPath(Videos!);
        if (!OneFile)
            return Path.Combine(full, string.Create(CultureInfo.InvariantCulture, $"{index:D5}.mp4"));
        return count == 1 ? full : Path.Combine(Path.GetDirectoryName(full)!, string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(full)}-{index}.mp4"));
    }

    private static void Wrote(string path) => Console.WriteLine(path);
}
