using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using MiniSora.Model.Media;

namespace MiniSora.Model.Datasets;

/// <summary>
/// Decoded clips of one size in one file, uint8 [N, T, S, S, 3], with a small JSON beside it that says how many they are
/// and what they hash to. Reads are positioned, so any number of threads may read.
/// </summary>
internal sealed class ClipStore
{
    private readonly SafeFileHandle file;
    private readonly int clipBytes;

    private ClipStore(SafeFileHandle file, int clipBytes, Facts facts) => (this.file, this.clipBytes, Count, Sha256) = (file, clipBytes, facts.Clips, facts.Sha256);

    internal int Count { get; }

    /// <summary>SHA-256 (hex) of all clips.</summary>
    internal string Sha256 { get; }

    /// <summary>What the JSON beside the clips says.</summary>
    /// <param name="Clips">N.</param>
    /// <param name="Sha256">Of the clips.</param>
    /// <param name="Belongs">SHA-256 of the manifest that names the clips.</param>
    internal sealed record Facts(int Clips, string Sha256, string Belongs);

    internal static string FileName(int frames, int size) => string.Create(CultureInfo.InvariantCulture, $"clips-{frames}x{size}x{size}.bin");

    /// <summary>Cheap check that clips of this size are there whole and belong to the manifest.</summary>
    internal static bool Exists(string folder, int frames, int size, string manifestSha256) =>
        ReadFacts(folder, frames, size) is { } facts
        && facts.Belongs == manifestSha256
        && new FileInfo(Path.Combine(folder, FileName(frames, size))) is { Exists: true } info
        && info.Length == (long)facts.Clips * frames * size * size * 3;

    /// <summary>Opens and verifies; the caller has checked <see cref="Exists"/>.</summary>
    internal static ClipStore Open(string id, string folder, int frames, int size)
    {
        var facts = ReadFacts(folder, frames, size) ?? throw Broken(id, "its list of clips is unreadable");
        var path = Path.Combine(folder, FileName(frames, size));
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 20))
            if (Convert.ToHexStringLower(SHA256.HashData(stream)) != facts.Sha256)
            {
                // Without its facts the file counts as absent, so that preparing again makes it anew.
                File.Delete(FactsPath(folder, frames, size));
                throw Broken(id, $"{Path.GetFileName(path)} has changed since it was written");
            }

        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        return new ClipStore(handle, frames * size * size * 3, facts);
    }

    internal byte[] Read(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        var clip = new byte[clipBytes];
        var read = 0;
        while (read < clipBytes)
        {
            var got = RandomAccess.Read(file, clip.AsSpan(read), (long)index * clipBytes + read);
            if (got == 0)
                throw new EndOfStreamException($"clip {index} of {Count} ends early");
            read += got;
        }

        return clip;
    }

    /// <summary>Writes clips and facts; the clips appear first, so facts always speak of whole clips.</summary>
    internal static Facts Write(string folder, int frames, int size, string manifestSha256, IEnumerable<byte[]> clips)
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var count = 0;
        AtomicFile.Write(Path.Combine(folder, FileName(frames, size)), stream =>
        {
            foreach (var clip in clips)
            {
                stream.Write(clip);
                sum.AppendData(clip);
                count++;
            }
        });
        var facts = new Facts(count, Convert.ToHexStringLower(sum.GetHashAndReset()), manifestSha256);
        AtomicFile.Write(FactsPath(folder, frames, size), stream => JsonSerializer.Serialize(stream, facts));
        return facts;
    }

    /// <summary>Moves clips written elsewhere on the same disk into a folder, with new facts.</summary>
    internal static void Adopt(string from, string folder, int frames, int size, Facts facts)
    {
        var name = FileName(frames, size);
        File.Move(Path.Combine(from, name), Path.Combine(folder, name), overwrite: true);
        AtomicFile.Write(FactsPath(folder, frames, size), stream => JsonSerializer.Serialize(stream, facts));
    }

    /// <summary>Removes clips of every size, facts first.</summary>
    internal static void DeleteAll(string folder)
    {
        foreach (var pattern in new[] { "clips-*.json", "clips-*.bin" })
            foreach (var path in Directory.GetFiles(folder, pattern))
                File.Delete(path);
    }

    /// <summary>Frames and sizes of the clips that are there.</summary>
    internal static IEnumerable<(int Frames, int Size)> Sizes(string folder)
    {
        if (!Directory.Exists(folder))
            yield break;
        foreach (var path in Directory.GetFiles(folder, "clips-*.json").Order(StringComparer.Ordinal))
        {
            var numbers = Path.GetFileNameWithoutExtension(path)["clips-".Length..].Split('x');
            if (numbers.Length == 3 && int.TryParse(numbers[0], CultureInfo.InvariantCulture, out var frames) && int.TryParse(numbers[1], CultureInfo.InvariantCulture, out var size))
                yield return (frames, size);
        }
    }

    private static string FactsPath(string folder, int frames, int size) => Path.Combine(folder, Path.ChangeExtension(FileName(frames, size), ".json"));

    private static Facts? ReadFacts(string folder, int frames, int size)
    {
        var path = FactsPath(folder, frames, size);
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize<Facts>(File.ReadAllBytes(path));
        }
        catch (JsonException)
        {
            return null; // written by rename, so this is damage: the same as not being there, it is made again
        }
    }

    private static DatasetException Broken(string id, string what) => new(
        DatasetErrors.Broken, $"The dataset {id} is damaged: {what}. Prepare it again.", [id, what]);
}
