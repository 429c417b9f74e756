using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace MiniSora.Model.Weights;

/// <summary>One entry of an archive, as its directory describes it.</summary>
/// <param name="Name">Full name.</param>
/// <param name="HeaderOffset">Where its own header begins.</param>
/// <param name="Bytes">Length of its data.</param>
/// <param name="Stored">Neither compressed nor encrypted.</param>
internal sealed record ArchiveEntry(string Name, long HeaderOffset, long Bytes, bool Stored);

/// <summary>
/// The directory of a zip archive (PKWARE APPNOTE 6.3, with zip64) whose entries lie in it uncompressed, as <c>torch.save</c> writes
/// them. A reader of our own because it must give the place of the data in the file, and bounds what a directory may cost:
/// nothing is ever inflated.
/// </summary>
internal sealed class StoredArchive
{
    private const int EndBytes = 22, End64Bytes = 56, LocatorBytes = 20, EntryBytes = 46, HeaderBytes = 30;
    private const uint EndMark = 0x06054b50, End64Mark = 0x06064b50, LocatorMark = 0x07064b50, EntryMark = 0x02014b50, HeaderMark = 0x04034b50;
    private readonly string path;
    private readonly SafeFileHandle handle;
    private readonly long directoryStart;
    private readonly Dictionary<string, ArchiveEntry> entries = [];

    /// <summary>Reads the directory; throws <see cref="TorchFileException"/> when it is not sound.</summary>
    internal StoredArchive(string path, SafeFileHandle handle)
    {
        this.path = path;
        this.handle = handle;
        var (count, bytes, start) = End();
        directoryStart = start;
        if (count > PickleLimits.ArchiveEntries || bytes > PickleLimits.ArchiveDirectoryBytes)
            throw Refused(TorchFileError.TooLarge, $"its archive has {count} entries in a directory of {bytes} bytes.");
        var directory = ReadAt(start, (int)bytes);
        var at = 0;
        for (var i = 0L; i < count; i++) at = AddEntry(directory, at);
    }

    internal IReadOnlyDictionary<string, ArchiveEntry> Entries => entries;

    /// <summary>Where the data of an entry begins in the file.</summary>
    internal long Locate(ArchiveEntry entry)
    {
        if (!entry.Stored)
            throw Refused(TorchFileError.Compressed, $"the entry \"{PickleText.Clean(entry.Name)}\" is compressed or encrypted, which torch.save never does.");
        if (entry.HeaderOffset > directoryStart - HeaderBytes) throw Broken($"the entry \"{PickleText.Clean(entry.Name)}\" begins outside");
        var name = Encoding.UTF8.GetBytes(entry.Name);
        var header = ReadAt(entry.HeaderOffset, (int)Math.Min(HeaderBytes + name.Length, directoryStart - entry.HeaderOffset)).AsSpan();
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != HeaderMark) throw Broken($"the entry \"{PickleText.Clean(entry.Name)}\" has no header");
        var nameBytes = BinaryPrimitives.ReadUInt16LittleEndian(header[26..]);
        var data = entry.HeaderOffset + HeaderBytes + nameBytes + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        if (entry.Bytes > directoryStart - data) throw Refused(TorchFileError.Truncated, $"the entry \"{PickleText.Clean(entry.Name)}\" ends outside the file.");
        if (BinaryPrimitives.ReadUInt16LittleEndian(header[8..]) != 0 || !header[HeaderBytes..].SequenceEqual(name) || nameBytes != name.Length)
            throw Broken($"the entry \"{PickleText.Clean(entry.Name)}\" has another name or form in its own header");
        return data;
    }

    private (long Count, long Bytes, long Start) End()
    {
        var length = RandomAccess.GetLength(handle);
        var tail = ReadAt(Math.Max(0, length - EndBytes - ushort.MaxValue), (int)Math.Min(length, EndBytes + ushort.MaxValue));
        var at = tail.Length - EndBytes;
        while (at >= 0 && !(BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at)) == EndMark && at + EndBytes + BinaryPrimitives.ReadUInt16LittleEndian(tail.AsSpan(at + 20)) == tail.Length))
            at--;
        if (at < 0) throw Refused(TorchFileError.Truncated, "its archive has no end: the file is cut off.");
        var end = tail.AsSpan(at);
        var endOffset = length - tail.Length + at;
        long count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
        long bytes = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
        long start = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        var limit = endOffset;
        if (at >= LocatorBytes && BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at - LocatorBytes)) == LocatorMark)
        {
            var offset = BinaryPrimitives.ReadInt64LittleEndian(tail.AsSpan(at - LocatorBytes + 8));
            if (offset < 0 || offset > endOffset - LocatorBytes - End64Bytes) throw Broken("its zip64 end lies outside");
            var end64 = ReadAt(offset, End64Bytes).AsSpan();
            if (BinaryPrimitives.ReadUInt32LittleEndian(end64) != End64Mark) throw Broken("it has no zip64 end");
            count = BinaryPrimitives.ReadInt64LittleEndian(end64[32..]);
            bytes = BinaryPrimitives.ReadInt64LittleEndian(end64[40..]);
            start = BinaryPrimitives.ReadInt64LittleEndian(end64[48..]);
            limit = offset;
        }

        if (count < 0 || bytes < 0 || start < 0 || bytes > limit || start > limit - bytes || count > bytes / EntryBytes) throw Broken("its directory lies outside");
        return (count, bytes, start);
    }

    private int AddEntry(byte[] directory, int at)
    {
        if (directory.Length - at < EntryBytes || BinaryPrimitives.ReadUInt32LittleEndian(directory.AsSpan(at)) != EntryMark) throw Broken("its directory ends early");
        var entry = directory.AsSpan(at);
        var (nameBytes, extraBytes, commentBytes) = (
            BinaryPrimitives.ReadUInt16LittleEndian(entry[28..]), BinaryPrimitives.ReadUInt16LittleEndian(entry[30..]), BinaryPrimitives.ReadUInt16LittleEndian(entry[32..]));
        if (entry.Length < EntryBytes + nameBytes + extraBytes + commentBytes) throw Broken("its directory ends early");
        if (nameBytes > PickleLimits.NameLength) throw Refused(TorchFileError.TooLarge, $"an entry of its archive has a name of {nameBytes} bytes.");
        var name = Encoding.UTF8.GetString(entry.Slice(EntryBytes, nameBytes));
        long packed = BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]);
        long bytes = BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]);
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(entry[42..]);
        Zip64(entry.Slice(EntryBytes + nameBytes, extraBytes), ref bytes, ref packed, ref offset);
        if (bytes < 0 || packed < 0 || offset < 0) throw Broken($"the entry \"{PickleText.Clean(name)}\" has negative sizes");
        var stored = BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]) == 0 && (entry[8] & 1) == 0 && packed == bytes;
        if (!entries.TryAdd(name, new ArchiveEntry(name, offset, bytes, stored)))
            throw Refused(TorchFileError.Duplicate, $"its archive has two entries \"{PickleText.Clean(name)}\".");
        return at + EntryBytes + nameBytes + extraBytes + commentBytes;
    }

    /// <summary>Replaces those of the three numbers that do not fit 32 bits; they come in this order in the extra field 1.</summary>
    private void Zip64(ReadOnlySpan<byte> extra, ref long bytes, ref long packed, ref long offset)
    {
        while (extra.Length >= 4)
        {
            var (id, length) = (BinaryPrimitives.ReadUInt16LittleEndian(extra), BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]));
            if (length > extra.Length - 4) throw Broken("an extra field ends outside");
            if (id == 1)
            {
                var field = extra.Slice(4, length);
                Take(ref field, ref bytes);
                Take(ref field, ref packed);
                Take(ref field, ref offset);
                return;
            }

            extra = extra[(4 + length)..];
        }
    }

    private void Take(ref ReadOnlySpan<byte> field, ref long value)
    {
        if (value != uint.MaxValue) return;
        if (field.Length < 8) throw Broken("a zip64 field is too short");
        value = BinaryPrimitives.ReadInt64LittleEndian(field);
        field = field[8..];
    }

    private byte[] ReadAt(long offset, int count)
    {
        var buffer = new byte[count];
        using var range = new FileRange(handle, offset, count, () => Refused(TorchFileError.Truncated, "the file ends inside its archive."));
        range.ReadExactly(buffer);
        return buffer;
    }

    private TorchFileException Refused(TorchFileError error, string detail) => new(error, path, detail);

    private TorchFileException Broken(string detail) => Refused(TorchFileError.Zip, $"its archive is not sound: {detail}.");
}
