using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using MiniSora.Model.Datasets;

namespace MiniSora.Model.Tests.Datasets;

/// <summary>Real, tiny archives of the same make as the published ones: animated WebP pictures by ffmpeg, names as JSON.</summary>
internal sealed class TinyEmojiPackages
{
    internal const int SourceFrames = 20;

    private static readonly Lazy<byte[]> Moving = new(() => WebP(SourceFrames));
    private static readonly Lazy<byte[]> Still = new(() => WebP(1));

    private static readonly string[] Tones = ["1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff"];

    internal TinyEmojiPackages(string folder)
    {
        Folder = folder;
        Directory.CreateDirectory(folder);
        var captions = Pack("emojibase-data", Names());
        var clips = Pack("tiny-anim",
        [
            ("package/package.json", "{}"u8.ToArray()),
            ("package/assets/../../../evil.webp", Moving.Value),
            ("package/assets/1f401.webp", Moving.Value),
            ("package/assets/2764-fe0f.webp", Moving.Value),
            ("package/assets/1f44b.webp", Moving.Value),
            .. Tones.Select(tone => ($"package/assets/1f44b-{tone}.webp", Moving.Value)),
            ("package/assets/1f300.webp", Still.Value),
            ("package/assets/1f999.webp", Moving.Value),
        ]);
        Packages = new EmojiPackages(captions, [clips]);
    }

    internal string Folder { get; }

    internal EmojiPackages Packages { get; }

    internal IReadOnlyList<string> Archives => [.. Packages.All.Select(package => Path.Combine(Folder, package.FileName))];

    private EmojiPackage Pack(string name, IEnumerable<(string Name, byte[] Content)> files)
    {
        var path = Path.Combine(Folder, $"{name}-1.0.0.tgz");
        using (var file = File.Create(path))
        using (var packed = new GZipStream(file, CompressionLevel.Fastest))
        using (var tar = new TarWriter(packed))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "package/assets/1f600.webp") { LinkName = "/etc/passwd" });
            foreach (var (entry, content) in files)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, entry) { DataStream = new MemoryStream(content) });
        }

        return new EmojiPackage(name, "1.0.0", Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))), new FileInfo(path).Length);
    }

    private static IEnumerable<(string, byte[])> Names()
    {
        yield return ("package/en/data.json", Json("mouse", "red heart", "waving hand", "skin tone", ["animal", "tiny", "squeak", "cheese"]));
        yield return ("package/zh/data.json", Json("老鼠", "红心", "挥手", "肤色", ["动物", "小"]));
    }

    private static byte[] Json(string mouse, string heart, string hand, string skin, string[] tags)
    {
        var list = string.Join(",", tags.Select(tag => $"\"{tag}\""));
        var skins = string.Join(",", Tones.Select((tone, i) =>
            $$"""{"label":"{{hand}}: {{skin}} {{i + 1}}","hexcode":"1F44B-{{tone.ToUpperInvariant()}}","group":1,"tone":{{i + 1}}}"""));
        return Encoding.UTF8.GetBytes($$"""
            [{"label":"{{mouse}}","hexcode":"1F401","tags":[{{list}}],"group":3},
             {"label":"{{heart}}","hexcode":"2764","tags":[],"group":0},
             {"label":"{{hand}}","hexcode":"1F44B","tags":["bye"],"group":1,"skins":[{{skins}}]},
             {"label":"cyclone","hexcode":"1F300","tags":[],"group":5}]
            """);
    }

    /// <summary>A red square on nothing that moves from left to right, 64 × 64.</summary>
    private static byte[] WebP(int frames)
    {
        var path = Path.Combine(Path.GetTempPath(), $"minisora-{Guid.NewGuid():N}.webp");
        try
        {
            // Pixels first, ffmpeg after: RGBA frames through a file keep this free of filters.
            var raw = new byte[frames * 64 * 64 * 4];
            for (var t = 0; t < frames; t++)
                for (var y = 24; y < 40; y++)
                    for (var x = 0; x < 16; x++)
                    {
                        var at = ((t * 64 + y) * 64 + x + t * 48 / Math.Max(1, frames - 1)) * 4;
                        (raw[at], raw[at + 1], raw[at + 2], raw[at + 3]) = (230, 20, 20, 255);
                    }

            File.WriteAllBytes(path + ".raw", raw);
            using var process = Process.Start(new ProcessStartInfo(
                "ffmpeg",
                ["-v", "error", "-f", "rawvideo", "-pix_fmt", "rgba", "-s", "64x64", "-r", "24", "-i", path + ".raw",
                 "-c:v", "libwebp_anim", "-lossless", "1", "-loop", "0", path]))!;
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
            File.Delete(path + ".raw");
        }
    }
}
