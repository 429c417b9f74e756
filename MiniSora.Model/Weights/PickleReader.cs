using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace MiniSora.Model.Weights;

/// <summary>
/// Reads one pickle (Python's serialisation, protocols 2 to 5 as <c>torch.save</c> writes them) into a description
/// (<see cref="PickleNode"/>). It looks up no class and calls nothing: names of functions stay names, calls become nodes.
/// The stack is on the heap, so nesting cannot exhaust the thread's; <see cref="PickleLimits"/> bounds time and memory.
/// </summary>
internal ref struct PickleReader
{
    private readonly string path;
    private readonly ReadOnlySpan<byte> bytes;
    private readonly List<PickleNode> stack = [];
    private readonly Stack<int> marks = [];
    private readonly Dictionary<uint, PickleNode> memo = [];
    private readonly List<PicklePersistent> persistent = [];
    private static readonly PickleAtom None = new(null), True = new(true), False = new(false);
    private int position;
    private int values;

    private PickleReader(string path, ReadOnlySpan<byte> bytes)
    {
        this.path = path;
        this.bytes = bytes;
    }

    /// <summary>Reads the pickle at the start of <paramref name="bytes"/>.</summary>
    /// <param name="path">Named in errors.</param>
    /// <param name="bytes">The pickle, and perhaps more behind it.</param>
    /// <returns>What it describes, the references to things outside of it in order, and its length.</returns>
    /// <exception cref="TorchFileException">Not well-formed, above a limit, or asks for a forbidden function.</exception>
    internal static (PickleNode Value, IReadOnlyList<PicklePersistent> Persistent, int Length) Read(string path, ReadOnlySpan<byte> bytes)
    {
        var reader = new PickleReader(path, bytes);
        var value = reader.Run();
        return (value, reader.persistent, reader.position);
    }

    private PickleNode Run()
    {
        while (true)
        {
            var code = (char)Byte();
            switch (code)
            {
                case '.': return Pop();
                case '\x80': Protocol(Byte()); break;
                case '\x95': Count(BinaryPrimitives.ReadUInt64LittleEndian(Take(8))); break;
                case 'N': Push(None); break;
                case '\x88': Push(True); break;
                case '\x89': Push(False); break;
                case 'K': Push(new PickleAtom((long)Byte())); break;
                case 'M': Push(new PickleAtom((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2)))); break;
                case 'J': Push(new PickleAtom((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4)))); break;
                case '\x8a': Push(Integer(Byte())); break;
                case '\x8b': Push(Integer(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
                case 'G': Push(new PickleAtom(BinaryPrimitives.ReadDoubleBigEndian(Take(8)))); break;
                case 'X': Push(Text(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
                case '\x8c': Push(Text(Byte())); break;
                case '\x8d': Push(Text(BinaryPrimitives.ReadUInt64LittleEndian(Take(8)))); break;
                // Python 2's strings: names in old checkpoints.
                case 'U': Push(Text(Byte())); break;
                case 'T': Push(Text(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
                case 'C': Push(Blob(Byte())); break;
                case 'B': Push(Blob(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
                case '\x8e' or '\x96': Push(Blob(BinaryPrimitives.ReadUInt64LittleEndian(Take(8)))); break;
                case ')': Push(new PickleTuple([])); break;
                case '\x85': Push(new PickleTuple([.. PopMany(1)])); break;
                case '\x86': Push(new PickleTuple([.. PopMany(2)])); break;
                case '\x87': Push(new PickleTuple([.. PopMany(3)])); break;
                case 't': Push(new PickleTuple([.. PopToMark()])); break;
                case ']' or '\x8f': Push(new PickleList()); break;
                case 'l': Push(Filled(new PickleList(), PopToMark())); break;
                case '\x91': Push(Filled(new PickleList(), PopToMark())); break;
                case '}': Push(new PickleDictionary()); break;
                case 'd': Push(Filled(new PickleDictionary(), PopToMark())); break;
                case 'a': Append(PopMany(1)); break;
                case 'e' or '\x90': Append(PopToMark()); break;
                case 's': SetItems(PopMany(2)); break;
                case 'u': SetItems(PopToMark()); break;
                case '(': Mark(); break;
                case '0': Discard(); break;
                case '1': PopToMark(); break;
                case '2': Push(Top()); break;
                case 'q': Store(Byte()); break;
                case 'r': Store(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))); break;
                case '\x94': Store((uint)memo.Count); break;
                case 'h': Push(Recall(Byte())); break;
                case 'j': Push(Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
                case 'c': Push(Global(Line(), Line())); break;
                case '\x93': StackGlobal(); break;
                case 'R' or '\x81': Call(); break;
                case '\x92': Discard(); Call(); break;
                case 'o': ObjectCall(PopToMark()); break;
                case 'b': Build(); break;
                case 'Q': Reference(); break;
                default: throw Refused(TorchFileError.Opcode, $"its pickle uses the instruction 0x{(int)code:x2}, which torch.save never writes.");
            }
        }
    }

    private readonly TorchFileException Refused(TorchFileError error, string detail) => new(error, path, detail);

    private readonly TorchFileException Malformed(string detail) => Refused(TorchFileError.Pickle, $"its pickle is not well-formed at byte {position}: {detail}.");

    private readonly void Protocol(byte version)
    {
        if (version is < 2 or > 5) throw Refused(TorchFileError.Opcode, $"its pickle has protocol {version}; 2 to 5 are read.");
    }

    private byte Byte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(bytes.Length - position)) throw Refused(TorchFileError.Truncated, "its pickle ends in the middle.");
        var taken = bytes.Slice(position, (int)count);
        position += (int)count;
        return taken;
    }

    private readonly void Count(ulong frame)
    {
        if (frame > (ulong)(bytes.Length - position)) throw Refused(TorchFileError.Truncated, "its pickle ends in the middle.");
    }

    private string Line()
    {
        var rest = bytes[position..];
        var length = rest[..Math.Min(rest.Length, PickleLimits.NameLength)].IndexOf((byte)'\n');
        if (length < 0)
            throw rest.Length < PickleLimits.NameLength ? Refused(TorchFileError.Truncated, "its pickle ends in the middle.") : Malformed("the name of a function does not end");
        position += length + 1;
        return Encoding.UTF8.GetString(rest[..length]);
    }

    private readonly void Spend()
    {
        if (values > PickleLimits.Values) throw Refused(TorchFileError.TooLarge, $"its pickle has more than {PickleLimits.Values} values.");
    }

    private void Push(PickleNode node)
    {
        values++;
        Spend();
        stack.Add(node);
    }

    private readonly int Floor => marks.Count == 0 ? 0 : marks.Peek();

    private readonly PickleNode Top() => stack.Count > Floor ? stack[^1] : throw Malformed("nothing on the stack");

    private readonly PickleNode Pop()
    {
        var top = Top();
        stack.RemoveAt(stack.Count - 1);
        return top;
    }

    private readonly List<PickleNode> PopMany(int count)
    {
        if (stack.Count - Floor < count) throw Malformed("too few values on the stack");
        return Cut(stack.Count - count);
    }

    private readonly List<PickleNode> PopToMark() => marks.Count == 0 ? throw Malformed("no mark") : Cut(marks.Pop());

    private readonly List<PickleNode> Cut(int start)
    {
        var cut = stack.GetRange(start, stack.Count - start);
        stack.RemoveRange(start, stack.Count - start);
        return cut;
    }

    private readonly void Discard()
    {
        // Python's POP on a bare mark removes the mark.
        if (marks.Count > 0 && stack.Count == Floor) marks.Pop();
        else Pop();
    }

    private readonly void Mark()
    {
        if (marks.Count >= PickleLimits.Marks) throw Refused(TorchFileError.Nesting, $"its pickle nests deeper than {PickleLimits.Marks} levels.");
        marks.Push(stack.Count);
    }

    private void Store(uint index)
    {
        values++;
        Spend();
        memo[index] = Top();
    }

    private readonly PickleNode Recall(uint index) => memo.TryGetValue(index, out var node) ? node : throw Malformed($"the memo has no entry {index}");

    private PickleAtom Integer(ulong length)
    {
        if (length > PickleLimits.IntegerBytes) throw Refused(TorchFileError.TooLarge, $"its pickle has an integer of {length} bytes.");
        var value = new BigInteger(Take(length));
        return value >= long.MinValue && value <= long.MaxValue ? new PickleAtom((long)value) : new PickleAtom(value);
    }

    private PickleAtom Text(ulong length) => new(Encoding.UTF8.GetString(Take(length)));

    private PickleAtom Blob(ulong length) => new(Take(length).ToArray());

    private readonly PickleGlobal Global(string module, string name)
    {
        if (ForbiddenFunctions.Has(module, name))
            throw Refused(TorchFileError.Forbidden, $"its pickle asks for {PickleText.Clean($"{module}.{name}")}, which runs programs or code. Nothing was run; the file is not to be trusted.");
        return new PickleGlobal(module, name);
    }

    private void StackGlobal()
    {
        var names = PopMany(2);
        if (names[0] is not PickleAtom { Value: string { Length: <= PickleLimits.NameLength } module } || names[1] is not PickleAtom { Value: string { Length: <= PickleLimits.NameLength } name })
            throw Malformed("the name of a function is no text");
        Push(Global(module, name));
    }

    private void Call()
    {
        var parts = PopMany(2);
        Push(new PickleCall(parts[0], parts[1]));
    }

    private void ObjectCall(List<PickleNode> parts)
    {
        if (parts.Count == 0) throw Malformed("a call of nothing");
        Push(new PickleCall(parts[0], new PickleTuple([.. parts[1..]])));
    }

    private readonly void Build()
    {
        // The state is what Python would put into the object's attributes. No tensor is ever there, so it is dropped.
        Pop();
        if (Top() is not PickleCall) throw Malformed("attributes for something that has none");
    }

    private void Reference()
    {
        var node = new PicklePersistent(Pop());
        persistent.Add(node);
        Push(node);
    }

    private readonly void Append(List<PickleNode> added)
    {
        var list = Top() switch
        {
            PickleList items => items.Items,
            PickleCall call => call.Items ??= [],
            _ => throw Malformed("items for something that is no list"),
        };
        list.AddRange(added);
    }

    private readonly void SetItems(List<PickleNode> items)
    {
        var pairs = Top() switch
        {
            PickleDictionary dictionary => dictionary.Items,
            PickleCall call => call.Pairs ??= [],
            _ => throw Malformed("entries for something that is no dictionary"),
        };
        AddPairs(pairs, items);
    }

    private readonly void AddPairs(List<(PickleNode Key, PickleNode Value)> pairs, List<PickleNode> items)
    {
        if (items.Count % 2 != 0) throw Malformed("a key without a value");
        for (var i = 0; i < items.Count; i += 2) pairs.Add((items[i], items[i + 1]));
    }

    private static PickleList Filled(PickleList list, List<PickleNode> items)
    {
        list.Items.AddRange(items);
        return list;
    }

    private readonly PickleDictionary Filled(PickleDictionary dictionary, List<PickleNode> items)
    {
        AddPairs(dictionary.Items, items);
        return dictionary;
    }
}

/// <summary>Text of strangers in messages: short, on one line, without control characters.</summary>
internal static class PickleText
{
    internal static string Clean(string text)
    {
        const int Longest = 120;
        var clean = string.Concat(text.Take(Longest).Select(c => char.IsControl(c) || char.IsSurrogate(c) || CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.Format ? '?' : c));
        return text.Length > Longest ? clean + "…" : clean;
    }
}
