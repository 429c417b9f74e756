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
        if (Videos is null)
            return;
        Array.Sort(files, StringComparer.Ordinal);
        for (var index = 0; index < files.Length; index++)
        {
            var target = Name(index, files.Length);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Move(files[index], target, overwrite: true);
            Wrote(target);
        }
    }

    /// <summary>The clips, each written as a video in passing when videos are wanted.</summary>
    public IEnumerable<byte[]> WithVideos(IEnumerable<byte[]> clips, Action<byte[], int, string> write, int count)
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

    /// <summary>Writes the array and the sheet, or just runs through the clips when neither is wanted.</summary>
    public void WriteArrays(IEnumerable<byte[]> clips, int count, int frames, int height, int width)
    {
        // The array is written while the clips are made: thousands of them need not fit into memory at once.
        var kept = Sheet is null ? null : new List<byte[]>();
        var passing = kept is null ? clips : clips.Select(clip =>
        {
            kept.Add(clip);
            return clip;
        });
        if (Raw is not null)
        {
            NpyFile.WriteUInt8(Path.GetFullPath(Raw), [count, frames, height, width, 3], passing);
            Wrote(Path.GetFullPath(Raw));
        }
        else
        {
            foreach (var _ in passing)
            {
                // Making them is the work.
            }
        }

        if (kept is null)
            return;
        ContactSheet.Write(Path.GetFullPath(Sheet!), kept, frames, height, width, Math.Min(SheetColumns, frames));
        Wrote(Path.GetFullPath(Sheet!));
    }

    /// <summary>One video of a prompt file, with the tags of a spec that makes it again.</summary>
    public static void WriteVideo(SamplingSession session, SamplingSpec spec, SampleRequest request, PromptLine line, byte[] clip, string path, CancellationToken cancellationToken)
    {
        var own = spec with
        {
            Name = line.Prompt.Length is > 0 and <= 120 ? line.Prompt : spec.Name,
            Prompt = line.Prompt,
            Seed = line.Seed,
            Clips = 1,
            Checkpoint = session.CheckpointHash,
            Task = request.FirstFrame is null ? SamplingTask.TextToVideo : SamplingTask.ImageToVideo,
        };
        var tags = VideoTags.Of(SpecYaml.Write(own), line.Seed, line.Prompt, session.CheckpointHash);
        VideoFile.WriteAsync(path, clip, session.Frames, session.Height, session.Width, spec.FramesPerSecond, tags, cancellationToken).GetAwaiter().GetResult();
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
