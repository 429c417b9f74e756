namespace MiniSora.Model.Weights;

/// <summary>
/// What a pickle describes, as a description: functions are names and their calls are nodes, so reading runs nothing.
/// Classes rather than records: a node may contain itself, and a record's equality would never end.
/// </summary>
internal abstract class PickleNode;

/// <summary>null, bool, long, BigInteger, double, string or byte[].</summary>
internal sealed class PickleAtom(object? value) : PickleNode
{
    internal object? Value { get; } = value;
}

/// <summary>A tuple.</summary>
internal sealed class PickleTuple(PickleNode[] items) : PickleNode
{
    internal PickleNode[] Items { get; } = items;
}

/// <summary>A list or a set.</summary>
internal sealed class PickleList : PickleNode
{
    internal List<PickleNode> Items { get; } = [];
}

/// <summary>A dictionary, in the order written; a key may come twice.</summary>
internal sealed class PickleDictionary : PickleNode
{
    internal List<(PickleNode Key, PickleNode Value)> Items { get; } = [];
}

/// <summary>The name of a class or function.</summary>
internal sealed class PickleGlobal(string module, string name) : PickleNode
{
    internal string FullName { get; } = $"{module}.{name}";
}

/// <summary>A call that Python would make and we do not: what is called, with what, and what is then put into the result.</summary>
internal sealed class PickleCall(PickleNode callee, PickleNode arguments) : PickleNode
{
    internal PickleNode Callee { get; } = callee;

    internal PickleNode Arguments { get; } = arguments;

    internal List<PickleNode>? Items { get; set; }

    internal List<(PickleNode Key, PickleNode Value)>? Pairs { get; set; }

    /// <summary>The full name of the function or class, or null when the callee is itself computed.</summary>
    internal string? Function => (Callee as PickleGlobal)?.FullName;

    internal PickleNode? Argument(int index) => Arguments is PickleTuple tuple && index < tuple.Items.Length ? tuple.Items[index] : null;
}

/// <summary>A reference to something outside the pickle: with PyTorch, a storage.</summary>
internal sealed class PicklePersistent(PickleNode id) : PickleNode
{
    internal PickleNode Id { get; } = id;
}
