using System.Buffers.Binary;
using System.Text;

namespace MiniSora.Model.Tests.Weights;

/// <summary>Writes zip archives with stored entries as <c>torch.save</c> does, and archives that lie.</summary>
internal sealed class ArchiveBytes
{
    private readonly MemoryStream file = new();
    private readonly List<(string Name, ushort Method, uint Bytes, uint Packed, uint Offset)> directory = [];

    /// <summary>A checkpoint with one storage of four floats.</summary>
    internal static byte[] Checkpoint(byte[] pickle) => new ArchiveBytes().Add("a/data.pkl", pickle).Add("a/data/0", Floats(4)).ToArray();

    internal static byte[] Floats(int count) => [.. Enumerable.Range(0, count).SelectMany(i => BitConverter.GetBytes((float)i))];

    internal uint Position => (uint)file.Position;

    internal ArchiveBytes Add(string name, byte[] content, ushort method = 0, uint? bytes = null)
    {
        List(name, Position, bytes ?? (uint)content.Length, method, (uint)content.Length);
        file.Write(Header(name, content.Length, method));
        file.Write(content);
        return this;
    }

    /// <summary>An entry in the directory alone.</summary>
    internal ArchiveBytes List(string name, uint offset, uint bytes, ushort method = 0, uint? packed = null)
    {
        directory.Add((name, method, bytes, packed ?? bytes, offset));
        return this;
    }

    internal static byte[] Header(string name, int bytes, ushort method = 0)
    {
        var header = new byte[30];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x04034b50);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), method);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(18), bytes);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(22), bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(26), (ushort)name.Length);
        return [.. header, .. Encoding.UTF8.GetBytes(name)];
    }

    internal byte[] ToArray()
    {
        var start = Position;
        foreach (var (name, method, bytes, packed, offset) in directory)
        {
            var entry = new byte[46];
            BinaryPrimitives.WriteUInt32LittleEndian(entry, 0x02014b50);
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(10), method);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(20), packed);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(24), bytes);
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(28), (ushort)name.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(42), offset);
            file.Write(entry);
            file.Write(Encoding.UTF8.GetBytes(name));
        }

        var end = new byte[22];
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(8), (ushort)directory.Count);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(10), (ushort)directory.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(12), Position - start);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(16), start);
        file.Write(end);
        return file.ToArray();
    }
}
