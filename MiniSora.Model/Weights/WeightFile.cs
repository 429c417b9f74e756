using TorchSharp;

namespace MiniSora.Model.Weights;

/// <summary>How weights lie in a file.</summary>
public enum WeightFormat
{
    /// <summary>safetensors.</summary>
    SafeTensors,

    /// <summary>A zip archive of <c>torch.save</c>, PyTorch 1.6 and later.</summary>
    Torch,

    /// <summary>The sequence of pickles of <c>torch.save</c> before PyTorch 1.6.</summary>
    TorchLegacy,

    /// <summary>An index (<c>*.index.json</c>) that says in which of several files each tensor is.</summary>
    Sharded,
}

/// <summary>One tensor of a file.</summary>
public sealed record WeightEntry(string Name, torch.ScalarType Type, IReadOnlyList<long> Shape, long Bytes);

/// <summary>Something in a file that is no weight: where it was and what it is, in words. It was not built, and nothing of it was run.</summary>
public sealed record SkippedValue(string Name, string What);

/// <summary>
/// The one door to published weights: safetensors, PyTorch checkpoints old and new, and sharded sets, told apart by content and never by
/// the file's name. Everything is checked on opening; no code of a file is run; memory stays in proportion to the file.
/// When all names begin with <c>module.</c> or <c>_orig_mod.</c> (wrappers for several devices and for compilation), that is taken off.
/// </summary>
public sealed class WeightFile : IDisposable
{
    private static readonly string[] Wrappers = ["module.", "_orig_mod."];
    private readonly Func<string, torch.Tensor> read;
    private readonly IReadOnlyList<IDisposable> owned;
    private readonly string path;
    private readonly string wrapper;

    internal WeightFile(string path, WeightFormat format, IEnumerable<WeightEntry> entries, Func<string, torch.Tensor> read, IReadOnlyList<IDisposable> owned, bool unwrap = true)
    {
        (this.path, Format, this.read, this.owned) = (path, format, read, owned);
        var all = entries.ToList();
        wrapper = "";
        for (var again = unwrap; again;)
        {
            again = false;
            foreach (var one in Wrappers.Where(one => all.Count > 0 && all.TrueForAll(entry => entry.Name.AsSpan(wrapper.Length).StartsWith(one, StringComparison.Ordinal))))
            {
                wrapper += one;
                again = true;
            }
        }

        Entries = all.Select(entry => entry with { Name = entry.Name[wrapper.Length..] }).ToDictionary(entry => entry.Name);
    }

    /// <summary>What kind of file it is.</summary>
    public WeightFormat Format { get; }

    /// <summary>All tensors by name.</summary>
    public IReadOnlyDictionary<string, WeightEntry> Entries { get; }

    /// <summary>What is in the file besides; empty for safetensors. At most a thousand, the last then says how many more.</summary>
    public IReadOnlyList<SkippedValue> Skipped { get; internal init; } = [];

    /// <summary>The header's metadata of a safetensors file; empty otherwise.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; internal init; } = new Dictionary<string, string>();

    /// <summary>The key of a PyTorch checkpoint under which the tensors were found; empty: at the top.</summary>
    public string Root { get; internal init; } = "";

    /// <summary>Keys at the top of a PyTorch checkpoint under which there are tensors.</summary>
    public IReadOnlyList<string> Roots { get; internal init; } = [];

    /// <summary>Opens a file and checks it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="root">
    /// Of a PyTorch checkpoint: the key whose tensors are wanted (<c>model</c>, or several joined by dots), empty for everything, null to
    /// choose as the originals' loaders do: averaged weights (<c>ema</c>) first, then <c>model</c>, <c>state_dict</c>, else everything.
    /// </param>
    /// <exception cref="WeightFileException">Of no known format, not sound, or there is no such root.</exception>
    public static WeightFile Open(string path, string? root = null) => Open(path, root, unwrap: true);

    /// <summary>As above; names are left as they are unless <paramref name="unwrap"/>.</summary>
    internal static WeightFile Open(string path, string? root, bool unwrap)
    {
        switch (WeightFormats.Of(path))
        {
            case WeightFormat.Torch: return FromTorch(path, root, WeightFormat.Torch, unwrap);
            case WeightFormat.TorchLegacy: return FromTorch(path, root, WeightFormat.TorchLegacy, unwrap);
            case WeightFormat.Sharded: return ShardIndex.Open(path);
            default:
                var file = SafeTensors.Open(path);
                return new WeightFile(path, WeightFormat.SafeTensors, file.Entries.Values.Select(entry => new WeightEntry(entry.Name, entry.Type, entry.Shape, entry.Bytes)), file.Read, [file], unwrap)
                {
                    Metadata = file.Metadata,
                };
        }
    }

    /// <summary>A copy of one tensor on the processor, contiguous, in the file's type. The caller owns it.</summary>
    public torch.Tensor Read(string name) => Entries.ContainsKey(name)
        ? read(wrapper + name)
        : throw new WeightSetException(WeightSetError.Missing, path, $"the tensor \"{name}\" is missing.");

    /// <summary>All tensors whose name begins with <paramref name="prefix"/>, by the rest of their name. The caller owns them.</summary>
    public IReadOnlyDictionary<string, torch.Tensor> ReadAll(string prefix = "")
    {
        var all = new Dictionary<string, torch.Tensor>();
        try
        {
            foreach (var name in Entries.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))) all.Add(name[prefix.Length..], Read(name));
        }
        catch
        {
            foreach (var tensor in all.Values) tensor.Dispose();
            throw;
        }

        return all;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var one in owned) one.Dispose();
    }

    private static WeightFile FromTorch(string path, string? root, WeightFormat format, bool unwrap)
    {
        var file = TorchFile.Open(path, root, format == WeightFormat.TorchLegacy);
        return new WeightFile(path, format, file.Tensors.Select(item => new WeightEntry(item.Key, item.Value.Type, item.Value.Shape, item.Value.Bytes)), file.Read, [file], unwrap)
        {
            Skipped = file.Skipped,
            Root = file.Root,
            Roots = file.Roots,
        };
    }
}
