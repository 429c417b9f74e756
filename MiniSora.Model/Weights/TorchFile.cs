using Microsoft.Win32.SafeHandles;
using MiniSora.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Weights;

/// <summary>
/// An open PyTorch checkpoint (<c>torch.save</c>), either a zip archive (since PyTorch 1.6) or the older sequence of pickles
/// (<see cref="LegacyTorchFile"/>). Everything is checked on opening; bytes of tensors are read when asked for. No code of the file is run.
/// </summary>
internal sealed class TorchFile : IDisposable
{
    private readonly string path;
    private readonly SafeFileHandle handle;
    private readonly IReadOnlyDictionary<string, long> storages;
    private readonly Dictionary<string, TorchTensor> tensors = [];

    /// <param name="path">Named in errors.</param>
    /// <param name="handle">The open file; belongs to this object.</param>
    /// <param name="tree">The tensors.</param>
    /// <param name="storages">Where the bytes of each storage begin, by key; checked against the file's length.</param>
    private TorchFile(string path, SafeFileHandle handle, TorchTree tree, IReadOnlyDictionary<string, long> storages)
    {
        (this.path, this.handle, this.storages, Skipped, Root, Roots) = (path, handle, storages, tree.Skipped, tree.Root, tree.Roots);
        var room = (Int128)RandomAccess.GetLength(handle) * PickleLimits.Expansion + PickleLimits.ExpansionBytes;
        foreach (var (name, tensor) in tree.Tensors)
        {
            if (!tensors.TryAdd(name, tensor)) throw Refused(TorchFileError.Duplicate, $"it has two tensors \"{PickleText.Clean(name)}\".");
            if ((room -= tensor.Bytes) < 0) throw Refused(TorchFileError.Expansion, "its tensors together are far larger than the file: they repeat the same bytes.");
        }
    }

    /// <summary>All tensors by name.</summary>
    internal IReadOnlyDictionary<string, TorchTensor> Tensors => tensors;

    /// <summary>What was not read.</summary>
    internal IReadOnlyList<SkippedValue> Skipped { get; }

    /// <summary>The key the tensors were taken from; empty: the top.</summary>
    internal string Root { get; }

    /// <summary>Keys that could have been taken.</summary>
    internal IReadOnlyList<string> Roots { get; }

    /// <summary>Opens and checks a file; see <see cref="TorchTree.Read"/> for <paramref name="root"/>.</summary>
    internal static TorchFile Open(string path, string? root, bool legacy)
    {
        var handle = File.OpenHandle(path);
        try
        {
            return legacy ? OpenLegacy(path, handle, root) : OpenArchive(path, handle, root);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>A copy of one tensor on the processor, contiguous, in the file's type. The caller owns it.</summary>
    internal Tensor Read(string name)
    {
        if (!tensors.TryGetValue(name, out var tensor)) throw Refused(TorchFileError.Missing, $"the tensor \"{name}\" is missing.");
        TorchRuntime.EnsureLoaded();
        if (tensor.Bytes == 0) return empty(tensor.Shape, dtype: tensor.Type);
        var contiguous = TensorExtent.IsContiguous(tensor.Shape, tensor.Strides);
        var whole = empty(contiguous ? tensor.Shape : [tensor.Span], dtype: tensor.Type);
        try
        {
            using var bytes = new FileRange(
                handle, storages[tensor.Storage.Key] + tensor.Offset * tensor.Storage.ElementBytes, tensor.Span * tensor.Storage.ElementBytes,
                () => Refused(TorchFileError.Truncated, $"the file ends inside \"{name}\"."));
            bytes.CopyTo(whole);
            if (contiguous) return whole;
            using var view = whole.as_strided(tensor.Shape, tensor.Strides, 0);
            var copy = view.contiguous();
            whole.Dispose();
            return copy;
        }
        catch
        {
            whole.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    private static TorchFile OpenArchive(string path, SafeFileHandle handle, string? root)
    {
        var archive = new TorchArchive(path, handle);
        var (value, _, _) = PickleReader.Read(path, archive.Pickle());
        var tree = TorchTree.Read(path, value, root);
        return new TorchFile(path, handle, tree, archive.Locate(tree.Tensors.Select(item => item.Tensor.Storage)));
    }

    private static TorchFile OpenLegacy(string path, SafeFileHandle handle, string? root)
    {
        var (value, storages) = LegacyTorchFile.Read(path, handle);
        return new TorchFile(path, handle, TorchTree.Read(path, value, root), storages);
    }

    private TorchFileException Refused(TorchFileError error, string detail) => new(error, path, detail);
}
