using System.Numerics;
using static TorchSharp.torch;

namespace MiniSora.Model.Weights;

/// <summary>What a pickle says of a storage: its key, element type (null: not supported), and number of elements.</summary>
internal sealed record TorchStorage(string Key, ScalarType? Type, int ElementBytes, long Elements)
{
    /// <summary>Bytes of the whole storage; a count that does not fit was refused when this was read.</summary>
    internal long Bytes => Elements * ElementBytes;
}

/// <summary>A strided view of a storage: <paramref name="Offset"/> and <paramref name="Strides"/> in elements, not negative and inside.</summary>
internal sealed record TorchTensor(TorchStorage Storage, ScalarType Type, long[] Shape, long[] Strides, long Offset)
{
    /// <summary>Bytes of a copy.</summary>
    internal long Bytes => TensorExtent.Bytes(Shape, Storage.ElementBytes)!.Value;

    /// <summary>Elements of the storage between the first and the last that is used.</summary>
    internal long Span => TensorExtent.Span(Shape, Strides)!.Value;
}

/// <summary>Understands the nodes by which <c>torch.save</c> describes tensors and storages.</summary>
internal sealed class TorchTensorReader(string path)
{
    /// <summary>The storage a reference names; null when it is no storage.</summary>
    internal TorchStorage? Storage(PickleNode node)
    {
        // ('storage', class, key, device, number of elements [, view]); a view of a part is (key, first element, number of elements).
        if (node is not PicklePersistent { Id: PickleTuple { Items: { Length: 5 or 6 } id } } || id[0] is not PickleAtom { Value: "storage" })
            return null;
        if (id[1] is not PickleGlobal type || id[2] is not PickleAtom { Value: string key } || Integer(id[4]) is not { } elements)
            throw Refused(TorchFileError.Pickle, "a storage is not described as torch.save does.");
        if (id.Length == 6 && id[5] is not PickleAtom { Value: null })
            throw Refused(TorchFileError.Storage, $"the storage \"{PickleText.Clean(key)}\" is a part of another; such old files are not read.");
        if (TorchStorageType.Parse(type.FullName) is not { } known)
            throw Refused(TorchFileError.Storage, $"the storage \"{PickleText.Clean(key)}\" is of the unknown class {PickleText.Clean(type.FullName)}.");
        if (elements < 0 || elements > long.MaxValue / known.Bytes)
            throw Refused(TorchFileError.Storage, $"the storage \"{PickleText.Clean(key)}\" has the impossible number of {elements} elements.");
        return new TorchStorage(key, known.Type, known.Bytes, elements);
    }

    /// <summary>The tensor a node describes; null when it describes none, or one of a type that is not supported.</summary>
    internal TorchTensor? Tensor(PickleNode node, string name)
    {
        // Wrappers: the tensor is the first argument, or the arguments of a rebuild that is itself an argument.
        for (var depth = 0; depth < PickleLimits.Depth; depth++)
        {
            if (node is not PickleCall call) return null;
            switch (call.Function)
            {
                case "torch._utils._rebuild_tensor_v2" or "torch._utils._rebuild_tensor":
                    return Rebuilt(call, name);
                case "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state" or "torch.nn.parameter.Parameter" when call.Argument(0) is { } data:
                    node = data;
                    break;
                case "torch._tensor._rebuild_from_type_v2" when call.Argument(0) is PickleGlobal rebuild && call.Argument(2) is PickleTuple arguments:
                    node = new PickleCall(rebuild, arguments);
                    break;
                default:
                    return null;
            }
        }

        throw Refused(TorchFileError.Nesting, $"\"{PickleText.Clean(name)}\" is wrapped too often.");
    }

    private TorchTensor? Rebuilt(PickleCall call, string name)
    {
        // (storage, offset, shape, strides [, requires_grad, hooks [, metadata]])
        if (call.Argument(0) is not { } reference || Storage(reference) is not { } storage || Integer(call.Argument(1)) is not { } offset
            || Integers(call.Argument(2)) is not { } shape || Integers(call.Argument(3)) is not { } strides || shape.Length != strides.Length)
            throw Refused(TorchFileError.Pickle, $"the tensor \"{PickleText.Clean(name)}\" is not described as torch.save does.");
        if (shape.Length > TensorExtent.MostDimensions || shape.Any(size => size < 0) || strides.Any(stride => stride < 0)
            || TensorExtent.Bytes(shape, storage.ElementBytes) is null || TensorExtent.Span(shape, strides) is not { } span)
            throw Refused(TorchFileError.Shape, $"the tensor \"{PickleText.Clean(name)}\" has the impossible shape [{string.Join(", ", shape.Take(8))}] or strides [{string.Join(", ", strides.Take(8))}].");
        if (offset < 0 || span > storage.Elements || offset > storage.Elements - span)
            throw Refused(TorchFileError.Range, $"the tensor \"{PickleText.Clean(name)}\" needs {span} elements from {offset}, its storage has {storage.Elements}.");
        return storage.Type is { } type ? new TorchTensor(storage, type, shape, strides, offset) : null;
    }

    private long? Integer(PickleNode? node) => node switch
    {
        PickleAtom { Value: long value } => value,
        PickleAtom { Value: BigInteger value } => throw Refused(TorchFileError.Shape, $"a size of {value.GetBitLength()} bits is impossible."),
        _ => null,
    };

    private long[]? Integers(PickleNode? node)
    {
        if (node is PickleCall { Function: "torch.Size" } size) node = size.Argument(0);
        var items = node switch { PickleTuple tuple => tuple.Items, PickleList list => [.. list.Items], _ => null };
        if (items is null) return null;
        var integers = new long[items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            if (Integer(items[i]) is not { } value) return null;
            integers[i] = value;
        }

        return integers;
    }

    private TorchFileException Refused(TorchFileError error, string detail) => new(error, path, detail);
}
