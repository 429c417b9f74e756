using Microsoft.Win32.SafeHandles;
using MiniSora.Model.Native;
using TorchSharp;

namespace MiniSora.Model.Weights;

/// <summary>One tensor of a file: its type, shape and place. <paramref name="Offset"/> counts bytes from the start of the file.</summary>
public sealed record SafeTensorsEntry(string Name, torch.ScalarType Type, IReadOnlyList<long> Shape, long Offset, long Bytes);

/// <summary>
/// An open safetensors file (format of huggingface/safetensors): its whole header is checked on opening, tensors are read when asked for.
/// Opening and the metadata need no libtorch; <see cref="Read"/> loads it.
/// Reads go through the file handle rather than a mapping: a file that shrinks or fails under a mapping would kill the process,
/// and the bytes are copied into the tensor either way.
/// </summary>
public sealed class SafeTensorsFile : IDisposable
{
    /// <summary>Largest accepted header, 100 MB as in the reference implementation.</summary>
    public const long LargestHeader = 100_000_000;

    /// <summary>
    /// Most JSON values in a header, about 300,000 tensors: a header of the largest size could hold 50 million and
    /// cost ten times its size in memory.
    /// </summary>
    public const int MostHeaderValues = 4_000_000;

    private readonly SafeFileHandle handle;
    private readonly string path;

    internal SafeTensorsFile(string path, SafeFileHandle handle, IReadOnlyDictionary<string, string> metadata, IReadOnlyDictionary<string, SafeTensorsEntry> entries)
    {
        this.path = path;
        this.handle = handle;
        Metadata = metadata;
        Entries = entries;
    }

    /// <summary>The header's <c>__metadata__</c>; empty when it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>All tensors by name.</summary>
    public IReadOnlyDictionary<string, SafeTensorsEntry> Entries { get; }

    /// <summary>A metadata value that must be there; <see cref="SafeTensorsError.Missing"/> otherwise.</summary>
    public string RequireMetadata(string key) => Metadata.TryGetValue(key, out var value)
        ? value
        : throw Refused(SafeTensorsError.Missing, $"the metadata entry \"{key}\" is missing.");

    /// <summary>Throws <see cref="SafeTensorsError.Missing"/> unless there is a tensor of this name.</summary>
    public SafeTensorsEntry Require(string name) => Entries.TryGetValue(name, out var entry)
        ? entry
        : throw Refused(SafeTensorsError.Missing, $"the tensor \"{name}\" is missing.");

    /// <summary>What a reader of this file throws when the content does not fit it; names the file.</summary>
    public SafeTensorsException Refused(SafeTensorsError error, string detail) => new(error, path, detail);

    /// <summary>A copy of one tensor on the processor, in the file's type. The caller owns it. May be called from several threads.</summary>
    public torch.Tensor Read(string name)
    {
        var entry = Require(name);
        TorchRuntime.EnsureLoaded();
        var tensor = torch.empty(entry.Shape.ToArray(), dtype: entry.Type);
        try
        {
            if (entry.Bytes > 0)
            {
                using var bytes = new FileRange(handle, entry.Offset, entry.Bytes, () => Refused(SafeTensorsError.Truncated, $"the file ends inside \"{name}\"."));
                bytes.CopyTo(tensor);
            }
        }
        catch
        {
            tensor.Dispose();
            throw;
        }

        return tensor;
    }

    /// <summary>All tensors whose name begins with <paramref name="prefix"/>, by the rest of their name. The caller owns them.</summary>
    public IReadOnlyDictionary<string, torch.Tensor> ReadAll(string prefix) =>
        Entries.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(name => name[prefix.Length..], Read);

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();
}
