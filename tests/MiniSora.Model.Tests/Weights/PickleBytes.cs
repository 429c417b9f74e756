using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace MiniSora.Model.Tests.Weights;

/// <summary>Writes pickles instruction by instruction, sound ones and others.</summary>
internal sealed class PickleBytes
{
    private readonly List<byte> bytes = [];

    internal PickleBytes(byte protocol = 2) => Raw(0x80, protocol);

    internal byte[] ToArray() => [.. bytes];

    internal PickleBytes Raw(params byte[] more)
    {
        bytes.AddRange(more);
        return this;
    }

    internal PickleBytes Op(char code) => Raw((byte)code);

    internal PickleBytes Repeat(char code, int times)
    {
        bytes.AddRange(Enumerable.Repeat((byte)code, times));
        return this;
    }

    internal PickleBytes Text(string text)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, Encoding.UTF8.GetByteCount(text));
        return Op('X').Raw(length).Raw(Encoding.UTF8.GetBytes(text));
    }

    internal PickleBytes Integer(BigInteger value)
    {
        var digits = value.ToByteArray();
        return Raw(0x8a, (byte)digits.Length).Raw(digits);
    }

    internal PickleBytes Global(string module, string name) => Op('c').Raw(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    internal PickleBytes Store(byte index) => Op('q').Raw(index);

    internal PickleBytes Recall(byte index) => Op('h').Raw(index);

    internal PickleBytes Integers(params BigInteger[] values)
    {
        Op('(');
        foreach (var value in values) Integer(value);
        return Op('t');
    }

    internal PickleBytes Storage(string key, string type, BigInteger elements) =>
        Op('(').Text("storage").Global("torch", type).Text(key).Text("cpu").Integer(elements).Op('t').Op('Q');

    /// <summary>A tensor as <c>torch.save</c> describes it.</summary>
    internal PickleBytes Tensor(string key, BigInteger elements, BigInteger offset, BigInteger[] shape, BigInteger[] strides, string type = "FloatStorage") =>
        Global("torch._utils", "_rebuild_tensor_v2").Op('(').Storage(key, type, elements).Integer(offset).Integers(shape).Integers(strides)
            .Op('\x89').Global("collections", "OrderedDict").Op(')').Op('R').Op('t').Op('R');

    /// <summary>Four floats of storage 0.</summary>
    internal PickleBytes Four() => Tensor("0", 4, 0, [4], [1]);

    /// <summary>A dictionary with one tensor <c>w</c> and whatever else is written.</summary>
    internal static byte[] With(Action<PickleBytes> more)
    {
        var pickle = new PickleBytes().Op('}').Op('(').Text("w").Four();
        more(pickle);
        return pickle.Op('u').Op('.').ToArray();
    }
}
