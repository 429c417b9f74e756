using System.Text.RegularExpressions;

namespace MiniSora.Model.Datasets;

/// <summary>Decodes the animated pictures of the archives, in the archives' order, a few at a time in parallel.</summary>
internal static partial class EmojiDecoder
{
    private const int Batch = 16;

    /// <summary>Clips with names in both languages, uint8 [T, S, S, 3] each; still pictures are left out.</summary>
    /// <param name="archives">The .tgz files.</param>
    /// <param name="names">Names by code points.</param>
    /// <param name="frames">T.</param>
    /// <param name="size">S in pixels.</param>
    /// <param name="progress">Told the share done, 0 to 1.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    internal static IEnumerable<(EmojiClip Clip, byte[] Frames)> Decode(
        IReadOnlyList<string> archives, EmojiNames names, int frames, int size, Action<double> progress, CancellationToken cancellationToken)
    {
        for (var number = 0; number < archives.Count; number++)
        {
            var done = number;
            var files = PackageArchive
                .Entries(archives[number], name => FilePattern().IsMatch(name), share => progress((done + share) / archives.Count))
                .Select(entry => (Code: FilePattern().Match(entry.Name).Groups[1].Value, entry.Content));
            foreach (var batch in files.Chunk(Batch))
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (var clip in DecodeBatch(batch, names, frames, size))
                    yield return clip;
            }
        }
    }

    private static IEnumerable<(EmojiClip Clip, byte[] Frames)> DecodeBatch(
        (string Code, byte[] Content)[] batch, EmojiNames names, int frames, int size)
    {
        var decoded = new (EmojiClip Clip, byte[] Frames)?[batch.Length];

        // One core is left for the portal and for a run that may be under way.
        var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Clamp(Environment.ProcessorCount - 1, 1, 8) };
        Parallel.For(0, batch.Length, options, i =>
        {
            var (code, content) = batch[i];
            var sourceFrames = AnimatedWebP.FrameCount(content);
            if (sourceFrames < 2 || names.Find(code) is not { } name)
                return;
            var clip = new EmojiClip(
                code, name.Base, name.Tone, name.Group, name.English, name.Chinese, name.EnglishTags, name.ChineseTags, sourceFrames, HeldOut: false);
            decoded[i] = (clip, AnimatedWebP.Read(content, frames, size));
        });
        return decoded.OfType<(EmojiClip, byte[])>();
    }

    [GeneratedRegex(@"^package/assets/([0-9a-f]+(?:-[0-9a-f]+)*)\.webp$", RegexOptions.CultureInvariant)]
    private static partial Regex FilePattern();
}
