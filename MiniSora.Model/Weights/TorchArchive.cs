using System.Text;
using Microsoft.Win32.SafeHandles;

namespace MiniSora.Model.Weights;

/// <summary>The zip archive of <c>torch.save</c>: <c>NAME/data.pkl</c>, <c>NAME/data/KEY</c> per storage, <c>NAME/byteorder</c>.</summary>
internal sealed class TorchArchive
{
    private const string PickleName = "data.pkl";
    private readonly string path;
    private readonly SafeFileHandle handle;
    private readonly StoredArchive archive;
    private readonly string folder;

    internal TorchArchive(string path, SafeFileHandle handle)
    {
        (this.path, this.handle, archive) = (path, handle, new StoredArchive(path, handle));
        var pickles = archive.Entries.Keys.Where(name => name == PickleName || name.EndsWith("/" + PickleName, StringComparison.Ordinal)).ToList();
        if (pickles.Count != 1) throw Refused(TorchFileError.Zip, $"its archive has {pickles.Count} entries {PickleName}: this is no PyTorch checkpoint.");
        folder = pickles[0][..^PickleName.Length];
        if (archive.Entries.ContainsKey(folder + "constants.pkl"))
            throw Refused(TorchFileError.TorchScript, "this is a TorchScript program, not a checkpoint.");
        foreach (var entry in archive.Entries.Values.Where(entry => !entry.Stored)) archive.Locate(entry);
        if (archive.Entries.TryGetValue(folder + "byteorder", out var order) && (order.Bytes > 16 || Encoding.ASCII.GetString(ReadAll(order)) != "little"))
            throw Refused(TorchFileError.ByteOrder, "it was written on a big-endian machine.");
    }

    /// <summary>The pickle's bytes.</summary>
    internal byte[] Pickle()
    {
        var entry = archive.Entries[folder + PickleName];
        if (entry.Bytes > PickleLimits.Bytes) throw Refused(TorchFileError.TooLarge, $"its pickle has {entry.Bytes} bytes.");
        return ReadAll(entry);
    }

    /// <summary>Where the bytes of each storage begin in the file, by key. Each is whole, and none shares bytes with another.</summary>
    internal IReadOnlyDictionary<string, long> Locate(IEnumerable<TorchStorage> storages)
    {
        var places = new Dictionary<string, long>();
        var ranges = new List<(long Start, long End, string Key)> { (archive.Entries[folder + PickleName].HeaderOffset, archive.Locate(archive.Entries[folder + PickleName]) + archive.Entries[folder + PickleName].Bytes, PickleName) };
        foreach (var storage in storages.Distinct())
        {
            if (!archive.Entries.TryGetValue($"{folder}data/{storage.Key}", out var entry))
                throw Refused(TorchFileError.Storage, $"the storage \"{PickleText.Clean(storage.Key)}\" is missing.");
            if (entry.Bytes != storage.Bytes)
                throw Refused(TorchFileError.Storage, $"the storage \"{PickleText.Clean(storage.Key)}\" has {entry.Bytes} bytes where {storage.Bytes} are promised.");
            if (places.ContainsKey(storage.Key)) continue;
            places[storage.Key] = archive.Locate(entry);
            ranges.Add((entry.HeaderOffset, places[storage.Key] + entry.Bytes, storage.Key));
        }

        ranges.Sort();
        for (var i = 1; i < ranges.Count; i++)
        {
            if (ranges[i].Start < ranges[i - 1].End)
                throw Refused(TorchFileError.Layout, $"the storages \"{PickleText.Clean(ranges[i - 1].Key)}\" and \"{PickleText.Clean(ranges[i].Key)}\" share bytes.");
        }

        return places;
    }

    private byte[] ReadAll(ArchiveEntry entry)
    {
        var bytes = new byte[entry.Bytes];
        using var range = new FileRange(handle, archive.Locate(entry), entry.Bytes, () => Refused(TorchFileError.Truncated, "the file ends inside its archive."));
        range.ReadExactly(bytes);
        return bytes;
    }

    private TorchFileException Refused(TorchFileError error, string detail) => new(error, path, detail);
}
