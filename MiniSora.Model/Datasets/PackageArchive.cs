using System.Formats.Tar;
using System.IO.Compression;

namespace MiniSora.Model.Datasets;

/// <summary>
/// Reads npm archives entry by entry in memory. Nothing of an archive is ever written to the disk under a name of its
/// own choosing, so a crafted one cannot escape a folder; links and devices are skipped.
/// </summary>
internal static class PackageArchive
{
    /// <summary>Entries above this are refused: the largest real one is under 3 MB.</summary>
    private const long MaxEntryBytes = 16 * 1024 * 1024;

    /// <summary>Regular files of the archive whose name is wanted, in the archive's order.</summary>
    /// <param name="archive">A .tgz.</param>
    /// <param name="wanted">Chooses by the entry's full name.</param>
    /// <param name="position">Told the share of the archive read so far, 0 to 1.</param>
    /// <exception cref="InvalidDataException">Not a whole .tgz, or an entry is too large.</exception>
    internal static IEnumerable<(string Name, byte[] Content)> Entries(string archive, Func<string, bool> wanted, Action<double>? position = null)
    {
        using var file = new FileStream(archive, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
        using var unpacked = new GZipStream(file, CompressionMode.Decompress);
        using var tar = new TarReader(unpacked);
        while (Next(tar) is { } entry)
        {
            position?.Invoke((double)file.Position / file.Length);
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || !wanted(entry.Name))
                continue;
            if (entry.Length > MaxEntryBytes)
                throw new InvalidDataException($"{entry.Name} in {Path.GetFileName(archive)} has {entry.Length} bytes");
            var content = new byte[entry.Length];
            entry.DataStream?.ReadExactly(content);
            yield return (entry.Name, content);
        }
    }

    private static TarEntry? Next(TarReader tar)
    {
        try
        {
            return tar.GetNextEntry();
        }
        catch (EndOfStreamException cut)
        {
            throw new InvalidDataException("the archive ends in the middle", cut);
        }
    }
}
