using System.Text.Json;

namespace MiniSora.Model.Weights;

/// <summary>Reads and checks a header. Nothing in it is believed before it is checked: files come from strangers.</summary>
internal static class SafeTensorsHeader
{
    private const string MetadataKey = "__metadata__";

    internal static (Dictionary<string, string> Metadata, Dictionary<string, SafeTensorsEntry> Entries) Parse(string path, ReadOnlyMemory<byte> header, long dataStart, long fileLength)
    {
        var metadata = new Dictionary<string, string>();
        var entries = new Dictionary<string, SafeTensorsEntry>();
        try
        {
            CheckSize(path, header.Span);
            using var json = JsonDocument.Parse(header, new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false });
            foreach (var property in json.RootElement.EnumerateObject())
            {
                if (property.Name == MetadataKey)
                {
                    foreach (var item in property.Value.EnumerateObject())
                        metadata[item.Name] = item.Value.ValueKind == JsonValueKind.String ? item.Value.GetString()! : throw Bad(path, $"metadata entry \"{item.Name}\" is not a text.");
                }
                else
                {
                    entries[property.Name] = Entry(path, property.Name, property.Value, dataStart, fileLength);
                }
            }
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or FormatException)
        {
            // InvalidOperationException: valid JSON of another kind (an array where an object belongs).
            throw Bad(path, wrong.Message);
        }

        CheckLayout(path, entries.Values, dataStart, fileLength);
        return (metadata, entries);
    }

    private static void CheckSize(string path, ReadOnlySpan<byte> header)
    {
        var json = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = 4 });
        for (var values = 0; json.Read(); values++)
        {
            if (values > SafeTensorsFile.MostHeaderValues) throw Bad(path, $"it has more than {SafeTensorsFile.MostHeaderValues} values.");
        }
    }

    private static SafeTensorsEntry Entry(string path, string name, JsonElement value, long dataStart, long fileLength)
    {
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var dtype) || !value.TryGetProperty("shape", out var dimensions)
            || !value.TryGetProperty("data_offsets", out var offsets) || offsets.GetArrayLength() != 2)
            throw Bad(path, $"\"{name}\" lacks dtype, shape or data_offsets.");
        if (SafeTensorsType.Parse(dtype.GetString() ?? "") is not { } type)
            throw new SafeTensorsException(SafeTensorsError.Type, path, $"\"{name}\" has the unknown type {dtype.GetString()}.");

        var shape = new long[dimensions.GetArrayLength()];
        if (shape.Length > TensorExtent.MostDimensions)
            throw new SafeTensorsException(SafeTensorsError.Shape, path, $"\"{name}\" has {shape.Length} dimensions.");
        for (var i = 0; i < shape.Length; i++)
        {
            if (!dimensions[i].TryGetInt64(out shape[i]) || shape[i] < 0)
                throw new SafeTensorsException(SafeTensorsError.Shape, path, $"\"{name}\" has the impossible dimension {dimensions[i].GetRawText()}.");
        }

        if (TensorExtent.Bytes(shape, type.Bytes) is not { } bytes)
            throw new SafeTensorsException(SafeTensorsError.Shape, path, $"\"{name}\" has a shape larger than any file: {dimensions.GetRawText()}.");

        var room = fileLength - dataStart;
        if (!offsets[0].TryGetInt64(out var begin) || !offsets[1].TryGetInt64(out var end) || begin < 0 || end < begin)
            throw new SafeTensorsException(SafeTensorsError.Range, path, $"\"{name}\" lies at impossible offsets {offsets.GetRawText()}.");
        if (end > room)
            throw new SafeTensorsException(SafeTensorsError.Truncated, path, $"\"{name}\" ends at byte {end} of the data, of which there are {room}: the file is cut off.");
        if (end - begin != bytes)
            throw new SafeTensorsException(SafeTensorsError.Shape, path, $"\"{name}\" has {end - begin} bytes where its shape needs {bytes}.");
        return new SafeTensorsEntry(name, type.Type, shape, dataStart + begin, bytes);
    }

    /// <summary>Tensors must tile the data: an overlap or a hole means that something else is hidden in the file.</summary>
    private static void CheckLayout(string path, IEnumerable<SafeTensorsEntry> entries, long dataStart, long fileLength)
    {
        var at = dataStart;
        foreach (var entry in entries.OrderBy(entry => entry.Offset).ThenBy(entry => entry.Bytes))
        {
            if (entry.Offset != at)
                throw new SafeTensorsException(SafeTensorsError.Layout, path, $"\"{entry.Name}\" {(entry.Offset < at ? "overlaps the tensor before it" : "leaves a gap before it")}.");
            at += entry.Bytes;
        }

        if (at != fileLength) throw new SafeTensorsException(SafeTensorsError.Layout, path, $"{fileLength - at} bytes at the end belong to no tensor.");
    }

    private static SafeTensorsException Bad(string path, string detail) => new(SafeTensorsError.HeaderNotJson, path, $"the header cannot be read: {detail}");
}
