using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Microsoft.Win32.SafeHandles;

namespace MiniSora.Model.Weights;

/// <summary>
/// The format of <c>torch.save</c> before PyTorch 1.6: pickles of a magic number, a version, facts of the machine, the content and the
/// keys of the storages, then each storage as a number of elements (8 bytes) and its bytes.
/// </summary>
internal static class LegacyTorchFile
{
    private const int Version = 1001;
    private static readonly BigInteger Magic = BigInteger.Parse("1950a86a20f9469cfc6c", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>The content, and where the bytes of each storage begin.</summary>
    internal static (PickleNode Value, IReadOnlyDictionary<string, long> Storages) Read(string path, SafeFileHandle handle)
    {
        TorchFileException Refused(TorchFileError error, string detail) => new(error, path, detail);
        var length = RandomAccess.GetLength(handle);
        var head = new byte[Math.Min(length, PickleLimits.Bytes)];
        using (var range = new FileRange(handle, 0, head.Length, () => Refused(TorchFileError.Truncated, "the file ends inside its pickles.")))
            range.ReadExactly(head);

        var at = 0;
        (PickleNode Value, IReadOnlyList<PicklePersistent> Persistent) Next()
        {
            var (value, persistent, bytes) = PickleReader.Read(path, head.AsSpan(at));
            at += bytes;
            return (value, persistent);
        }

        if (Next().Value is not PickleAtom { Value: BigInteger magic } || magic != Magic)
            throw Refused(TorchFileError.Pickle, "this pickle is no PyTorch checkpoint.");
        if (Next().Value is not PickleAtom { Value: (long)Version }) throw Refused(TorchFileError.Pickle, "it has an unknown version of the old format.");
        if (Next().Value is PickleDictionary machine && machine.Items.Exists(item => item is { Key: PickleAtom { Value: "little_endian" }, Value: PickleAtom { Value: false } }))
            throw Refused(TorchFileError.ByteOrder, "it was written on a big-endian machine.");
        var (content, persistent) = Next();
        if (Next().Value is not PickleList { Items: var keys }) throw Refused(TorchFileError.Pickle, "it has no list of storages.");

        var reader = new TorchTensorReader(path);
        var described = new Dictionary<string, TorchStorage>();
        foreach (var storage in persistent.Select(reader.Storage).OfType<TorchStorage>())
        {
            if (described.GetValueOrDefault(storage.Key, storage) != storage)
                throw Refused(TorchFileError.Storage, $"the storage \"{PickleText.Clean(storage.Key)}\" is described in two ways.");
            described[storage.Key] = storage;
        }

        var places = new Dictionary<string, long>();
        var place = (long)at;
        var count = new byte[8];
        foreach (var key in keys)
        {
            if (key is not PickleAtom { Value: string name } || !described.TryGetValue(name, out var storage))
                throw Refused(TorchFileError.Storage, "it lists a storage that nothing describes.");
            using (var range = new FileRange(handle, place, 8, () => Refused(TorchFileError.Truncated, "the file ends inside its storages.")))
                range.ReadExactly(count);
            if (BinaryPrimitives.ReadInt64LittleEndian(count) != storage.Elements)
                throw Refused(TorchFileError.Storage, $"the storage \"{PickleText.Clean(name)}\" has {BinaryPrimitives.ReadInt64LittleEndian(count)} elements where {storage.Elements} are promised.");
            if (storage.Bytes > length - place - 8) throw Refused(TorchFileError.Truncated, $"the storage \"{PickleText.Clean(name)}\" ends outside the file.");
            if (!places.TryAdd(name, place + 8)) throw Refused(TorchFileError.Duplicate, $"it has two storages \"{PickleText.Clean(name)}\".");
            place += 8 + storage.Bytes;
        }

        if (described.Keys.FirstOrDefault(key => !places.ContainsKey(key)) is { } missing)
            throw Refused(TorchFileError.Storage, $"the storage \"{PickleText.Clean(missing)}\" is missing.");
        return (content, places);
    }
}
