using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using TorchSharp;

namespace MiniSora.Model.Weights;

/// <summary>Reads and writes safetensors files (format of huggingface/safetensors: 8-byte length, JSON header, raw data).</summary>
public static class SafeTensors
{
    /// <summary>
    /// Writes <paramref name="tensors"/> (any device, any strides) to <paramref name="path"/>. The same content gives the same bytes.
    /// The file appears under its name only when it is complete and flushed to the disk: a process that dies here leaves the file
    /// that was there before. A full disk throws the system's <see cref="IOException"/> and leaves nothing behind.
    /// </summary>
    public static void Write(string path, IEnumerable<(string Name, torch.Tensor Value)> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        Write(path, tensors, metadata, static temporary => new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16));

    internal static void Write(string path, IEnumerable<(string Name, torch.Tensor Value)> tensors, IReadOnlyDictionary<string, string>? metadata, Func<string, FileStream> create)
    {
        // Large elements first keeps every tensor aligned to its element, as the reference implementation does.
        var ordered = tensors.Select(item => (item.Name, item.Value, Type: SafeTensorsType.Of(item.Value.dtype)))
            .OrderByDescending(item => item.Type.Bytes).ThenBy(item => item.Name, StringComparer.Ordinal).ToList();
        var temporary = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var file = create(temporary))
            {
                file.Write(Header(ordered, metadata));
                foreach (var (_, value, _) in ordered) WriteData(file, value);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Opens a file and checks its whole header; throws <see cref="SafeTensorsException"/> for a file that is not sound.</summary>
    public static SafeTensorsFile Open(string path)
    {
        var handle = File.OpenHandle(path);
        try
        {
            var length = RandomAccess.GetLength(handle);
            var prefix = new byte[8];
            if (length < 8 || RandomAccess.Read(handle, prefix, 0) < 8)
                throw new SafeTensorsException(SafeTensorsError.Truncated, path, $"{length} bytes are too few for a safetensors file.");
            var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (headerLength is 0 or > (ulong)SafeTensorsFile.LargestHeader)
                throw new SafeTensorsException(SafeTensorsError.HeaderLength, path, $"a header of {headerLength} bytes is impossible: this is no safetensors file.");
            if ((long)headerLength > length - 8)
                throw new SafeTensorsException(SafeTensorsError.Truncated, path, $"the header needs {headerLength} bytes, the file has {length - 8} after its length.");
            var header = new byte[headerLength];
            for (var have = 0; have < header.Length;)
            {
                var got = RandomAccess.Read(handle, header.AsSpan(have), 8 + have);
                if (got == 0) throw new SafeTensorsException(SafeTensorsError.Truncated, path, "the file ends inside its header.");
                have += got;
            }

            var (metadata, entries) = SafeTensorsHeader.Parse(path, header, 8 + header.Length, length);
            return new SafeTensorsFile(path, handle, metadata, entries);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static byte[] Header(List<(string Name, torch.Tensor Value, (string Name, int Bytes) Type)> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(item => item.Key, StringComparer.Ordinal)) json.WriteString(key, value);
                json.WriteEndObject();
            }

            long at = 0;
            var names = new HashSet<string> { "__metadata__" };
            foreach (var (name, value, type) in tensors)
            {
                if (!names.Add(name)) throw new ArgumentException($"Two tensors are named \"{name}\".", nameof(tensors));
                json.WriteStartObject(name);
                json.WriteString("dtype", type.Name);
                json.WriteStartArray("shape");
                foreach (var size in value.shape) json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(at);
                json.WriteNumberValue(at += value.NumberOfElements * type.Bytes);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Spaces behind the JSON put the data on a multiple of eight.
        var padded = (buffer.WrittenCount + 7) / 8 * 8;
        var header = new byte[8 + padded];
        header.AsSpan().Fill((byte)' ');
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)padded);
        buffer.WrittenSpan.CopyTo(header.AsSpan(8));
        return header;
    }

    private static void WriteData(Stream file, torch.Tensor value)
    {
        if (value.NumberOfElements == 0) return;
        using var scope = torch.NewDisposeScope();
        value.detach().cpu().contiguous().WriteBytesToStream(file, 1 << 20);
    }
}
