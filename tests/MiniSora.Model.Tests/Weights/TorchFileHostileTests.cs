using System.IO.Compression;
using System.Numerics;
using System.Text;
using MiniSora.Model.Weights;

namespace MiniSora.Model.Tests.Weights;

/// <summary>Files that want to harm: each is refused by name, with memory in proportion.</summary>
public sealed class TorchFileHostileTests : TorchTests, IDisposable
{
    private readonly TemporaryFolder folder = new();

    void IDisposable.Dispose()
    {
        folder.Dispose();
        Dispose();
    }

    private string Name => folder["a.pt"];

    [Fact]
    public void The_writer_of_these_tests_writes_what_is_read()
    {
        File.WriteAllBytes(Name, ArchiveBytes.Checkpoint(PickleBytes.With(_ => { })));
        using var file = WeightFile.Open(Name);
        Assert.Equal([0, 1, 2, 3], file.Read("w").data<float>().ToArray());
    }

    [Theory]
    [InlineData("os", "system")]
    [InlineData("posix", "system")]
    [InlineData("nt", "system")]
    [InlineData("subprocess", "Popen")]
    [InlineData("builtins", "eval")]
    [InlineData("builtins", "exec")]
    [InlineData("__builtin__", "getattr")]
    [InlineData("importlib", "import_module")]
    [InlineData("runpy", "_run_code")]
    [InlineData("operator", "attrgetter")]
    [InlineData("torch.hub", "load")]
    [InlineData("torch", "hub.load")]
    [InlineData("torch.serialization", "load")]
    [InlineData("os.path", "join")]
    [InlineData("webbrowser", "open")]
    public void A_pickle_that_asks_for_a_program_is_refused_even_where_it_would_be_skipped(string module, string function)
    {
        var canary = folder["canary"];
        Refused(TorchFileError.Forbidden, PickleBytes.With(pickle => pickle.Text("args").Global(module, function).Op('(').Text($"touch {canary}").Op('t').Op('R')));
        Refused(TorchFileError.Forbidden, PickleBytes.With(pickle => pickle.Text("args").Text(module).Text(function).Op('\x93').Text($"touch {canary}").Op('\x85').Op('R')));
        Assert.False(File.Exists(canary));
    }

    [Fact]
    public void Foreign_objects_are_listed_and_not_built()
    {
        File.WriteAllBytes(Name, ArchiveBytes.Checkpoint(PickleBytes.With(pickle => pickle
            .Text("args").Global("argparse", "Namespace").Op(')').Op('\x81').Op('}').Text("lr").Integer(3).Op('s').Op('b')
            .Text("array").Global("numpy.core.multiarray", "_reconstruct").Op(')').Op('R').Text("evil\u202e\n").Global("a.b", "c"))));
        using var file = WeightFile.Open(Name);
        Assert.Equal(["w"], file.Entries.Keys);
        Assert.Equal(
            [new SkippedValue("args", "an object of argparse.Namespace, not built"), new SkippedValue("array", "an object of numpy.core.multiarray._reconstruct, not built"), new SkippedValue("evil??", "the name a.b.c")],
            file.Skipped);
    }

    [Theory]
    [InlineData("shape of 2^63", TorchFileError.Shape)]
    [InlineData("shape of 2^62 by 2^62", TorchFileError.Shape)]
    [InlineData("empty shape of 2^62 by 2^62", TorchFileError.Shape)]
    [InlineData("negative shape", TorchFileError.Shape)]
    [InlineData("negative stride", TorchFileError.Shape)]
    [InlineData("stride of 2^62", TorchFileError.Shape)]
    [InlineData("sixty-five dimensions", TorchFileError.Shape)]
    [InlineData("strides that end outside", TorchFileError.Range)]
    [InlineData("offset outside", TorchFileError.Range)]
    [InlineData("offset near 2^63", TorchFileError.Range)]
    [InlineData("negative offset", TorchFileError.Range)]
    [InlineData("repeated to a terabyte", TorchFileError.Expansion)]
    [InlineData("other number of strides", TorchFileError.Pickle)]
    [InlineData("storage of 2^62", TorchFileError.Storage)]
    [InlineData("larger storage", TorchFileError.Storage)]
    [InlineData("smaller storage", TorchFileError.Storage)]
    [InlineData("other type", TorchFileError.Storage)]
    [InlineData("unknown type", TorchFileError.Storage)]
    [InlineData("key elsewhere", TorchFileError.Storage)]
    public void A_tensor_that_lies_is_refused(string lie, TorchFileError error)
    {
        var huge = BigInteger.Pow(2, 62);
        Refused(error, new PickleBytes().Op('}').Text("w").Raw((lie switch
        {
            "shape of 2^63" => Tensor(4, 0, [2 * huge], [1]),
            "shape of 2^62 by 2^62" => Tensor(4, 0, [huge, huge], [0, 0]),
            "empty shape of 2^62 by 2^62" => Tensor(4, 0, [0, huge, huge], [1, 1, 1]),
            "negative shape" => Tensor(4, 0, [-1], [1]),
            "negative stride" => Tensor(4, 3, [4], [-1]),
            "stride of 2^62" => Tensor(4, 0, [4], [huge]),
            "sixty-five dimensions" => Tensor(4, 0, [.. Enumerable.Repeat(BigInteger.One, 65)], [.. Enumerable.Repeat(BigInteger.One, 65)]),
            "strides that end outside" => Tensor(4, 0, [2, 2], [3, 1]),
            "offset outside" => Tensor(4, 1, [4], [1]),
            "offset near 2^63" => Tensor(4, 2 * huge - 1, [4], [1]),
            "negative offset" => Tensor(4, -1, [4], [1]),
            "repeated to a terabyte" => Tensor(4, 0, [BigInteger.Pow(2, 38)], [0]),
            "other number of strides" => Tensor(4, 0, [4], [1, 1]),
            "storage of 2^62" => Tensor(huge, 0, [4], [1]),
            "larger storage" => Tensor(5, 0, [4], [1]),
            "smaller storage" => Tensor(3, 0, [3], [1]),
            "other type" => Tensor(4, 0, [4], [1], "DoubleStorage"),
            "unknown type" => Tensor(4, 0, [4], [1], "SecretStorage"),
            _ => new PickleBytes().Tensor("../../../etc/passwd", 4, 0, [4], [1]),
        }).ToArray()[2..]).Op('s').Op('.').ToArray());
    }

    private static PickleBytes Tensor(BigInteger elements, BigInteger offset, BigInteger[] shape, BigInteger[] strides, string type = "FloatStorage") =>
        new PickleBytes().Tensor("0", elements, offset, shape, strides, type);

    [Fact]
    public void Nesting_without_end_is_refused()
    {
        Refused(TorchFileError.Nesting, new PickleBytes().Repeat(']', 100_000).Repeat('a', 99_999).Op('.').ToArray());
        Refused(TorchFileError.Nesting, new PickleBytes().Repeat('(', 2_000).ToArray());
        Refused(TorchFileError.Nesting, new PickleBytes().Op('}').Store(0).Text("w").Four().Op('s').Text("self").Recall(0).Op('s').Op('.').ToArray());
        Refused(TorchFileError.Nesting, new PickleBytes().Op(']').Store(0).Recall(0).Op('a').Op('.').ToArray());
        Refused(TorchFileError.Nesting, PickleBytes.With(pickle =>
        {
            pickle.Text("p");
            for (var i = 0; i < 100; i++) pickle.Global("torch._utils", "_rebuild_parameter");
            pickle.Four();
            for (var i = 0; i < 100; i++) pickle.Op('\x85').Op('R');
        }));
    }

    [Fact]
    public void Few_bytes_that_describe_billions_of_values_are_refused()
    {
        var laughs = new PickleBytes().Op('}').Text("w").Four().Op('s').Store(0);
        for (byte level = 0; level < 25; level++)
        {
            laughs.Op('}').Op('(');
            for (var i = 0; i < 10; i++) laughs.Text($"{i}").Recall(level);
            laughs.Op('u').Store((byte)(level + 1));
        }

        Refused(TorchFileError.TooLarge, laughs.Op('.').ToArray());
        Refused(TorchFileError.TooLarge, new PickleBytes().Repeat('N', 1_100_000).Op('.').ToArray());
        Refused(TorchFileError.TooLarge, new PickleBytes().Op('N').Repeat('\x94', 1_100_000).Op('.').ToArray());
        Refused(TorchFileError.TooLarge, new PickleBytes().Op('}').Text(new string('a', 600)).Four().Op('s').Op('.').ToArray());
        Refused(TorchFileError.TooLarge, new PickleBytes().Raw(0x8b, 0xff, 0xff, 0xff, 0x7f).ToArray());
    }

    [Theory]
    [InlineData("", TorchFileError.Truncated)]
    [InlineData("X\u007f\u0000\u0000\u0000abc", TorchFileError.Truncated)]
    [InlineData(".", TorchFileError.Pickle)]
    [InlineData("R", TorchFileError.Pickle)]
    [InlineData("t", TorchFileError.Pickle)]
    [InlineData("Nh\u0001.", TorchFileError.Pickle)]
    [InlineData("}Ns.", TorchFileError.Pickle)]
    [InlineData("NNNs.", TorchFileError.Pickle)]
    [InlineData("NNa.", TorchFileError.Pickle)]
    [InlineData("NNb.", TorchFileError.Pickle)]
    [InlineData("}(Nu.", TorchFileError.Pickle)]
    [InlineData("(o.", TorchFileError.Pickle)]
    [InlineData("cno end", TorchFileError.Truncated)]
    [InlineData("I1\n.", TorchFileError.Opcode)]
    [InlineData("ios\nsystem\n.", TorchFileError.Opcode)]
    [InlineData("P0\n.", TorchFileError.Opcode)]
    [InlineData("\u007f", TorchFileError.Opcode)]
    [InlineData("K\u0001.", TorchFileError.NoTensors)]
    [InlineData("}.", TorchFileError.NoTensors)]
    public void A_malformed_pickle_is_refused(string instructions, TorchFileError error) =>
        Refused(error, new PickleBytes().Raw(Encoding.Latin1.GetBytes(instructions)).ToArray());

    [Fact]
    public void Tensors_of_one_name_are_refused() => Refused(TorchFileError.Duplicate, PickleBytes.With(pickle => pickle.Text("w").Four()));

    [Fact]
    public void A_compressed_bomb_is_refused_unopened()
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) deflate.Write(new byte[100 << 20]);
        RefusedFile(TorchFileError.Compressed, new ArchiveBytes().Add("a/data.pkl", packed.ToArray(), method: 8, bytes: 100 << 20).ToArray());
        RefusedFile(TorchFileError.Compressed, new ArchiveBytes().Add("a/data.pkl", PickleBytes.With(_ => { })).Add("a/data/0", packed.ToArray(), method: 8, bytes: 16).ToArray());
    }

    [Fact]
    public void An_archive_that_lies_is_refused()
    {
        var pickle = PickleBytes.With(_ => { });
        RefusedFile(TorchFileError.Duplicate, new ArchiveBytes().Add("a/data.pkl", pickle).Add("a/data/0", new byte[16]).Add("a/data/0", new byte[16]).ToArray());
        RefusedFile(TorchFileError.Zip, new ArchiveBytes().Add("a/data.pkl", pickle).Add("b/data.pkl", pickle).ToArray());
        RefusedFile(TorchFileError.Zip, new ArchiveBytes().Add("readme", pickle).ToArray());
        RefusedFile(TorchFileError.Zip, new ArchiveBytes().Add("a/data.pkl", pickle).List("a/data/0", 0, 16).ToArray());
        RefusedFile(TorchFileError.Zip, new ArchiveBytes().Add("a/data.pkl", pickle).List("a/data/0", 0x7fffffff, 16).ToArray());
        RefusedFile(TorchFileError.Storage, new ArchiveBytes().Add("a/data.pkl", pickle).ToArray());
        RefusedFile(TorchFileError.Truncated, new ArchiveBytes().Add("a/data.pkl", []).List("a/data.pkl2", 0, 16).ToArray());
        RefusedFile(TorchFileError.ByteOrder, new ArchiveBytes().Add("a/data.pkl", pickle).Add("a/data/0", new byte[16]).Add("a/byteorder", "big"u8.ToArray()).ToArray());

        // The second storage lies in the first one's bytes.
        var two = PickleBytes.With(more => more.Text("v").Tensor("1", 4, 0, [4], [1]));
        byte[] inner = [.. ArchiveBytes.Header("a/data/1", 16), .. new byte[16]];
        var three = PickleBytes.With(more => more.Text("v").Tensor("1", 4, 0, [4], [1]).Text("u").Tensor("2", inner.Length / 2, 0, [2], [1], "HalfStorage"));
        var overlapping = new ArchiveBytes().Add("a/data.pkl", three).Add("a/data/0", new byte[16]);
        var start = overlapping.Position + (uint)ArchiveBytes.Header("a/data/2", 0).Length;
        RefusedFile(TorchFileError.Layout, overlapping.Add("a/data/2", inner).List("a/data/1", start, 16).ToArray());
        Refused(TorchFileError.Storage, two);
    }

    [Fact]
    public void A_directory_of_too_many_entries_is_refused()
    {
        var archive = new ArchiveBytes().Add("a/data.pkl", PickleBytes.With(_ => { }));
        for (var i = 0; i < 65_000; i++) archive.List($"{i}", 0, 0);
        var file = archive.ToArray();

        // More entries than the directory has bytes for.
        BitConverter.GetBytes((ushort)65_535).CopyTo(file, file.Length - 12);
        RefusedFile(TorchFileError.Zip, file);
    }

    [Theory]
    [InlineData("training.pt")]
    [InlineData("training-legacy.pt")]
    public void A_checkpoint_cut_off_anywhere_is_refused(string name)
    {
        var whole = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Weights", "torch-1.13", name));
        for (var length = 4; length < whole.Length; length += 7)
        {
            File.WriteAllBytes(Name, whole[..length]);
            Assert.Equal(TorchFileError.Truncated, Assert.Throws<TorchFileException>(() => WeightFile.Open(Name).Dispose()).Error);
        }
    }

    [Fact]
    public void A_checkpoint_of_the_old_format_that_lies_is_refused()
    {
        var whole = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Weights", "torch-1.13", "views-legacy.pt"));
        byte[] other = [.. whole];
        other[4] ^= 1;
        RefusedFile(TorchFileError.Pickle, other);
        RefusedFile(TorchFileError.Pickle, [.. new PickleBytes().Op('N').Op('.').ToArray()]);

        // The number of elements before the last storage's bytes.
        other = [.. whole];
        for (var i = other.Length - 8; i > 0; i--)
        {
            if (BitConverter.ToInt64(other, i) != 3) continue;
            BitConverter.GetBytes(long.MaxValue).CopyTo(other, i);
            break;
        }

        RefusedFile(TorchFileError.Storage, other);
    }

    private void Refused(TorchFileError error, byte[] pickle) => RefusedFile(error, ArchiveBytes.Checkpoint(pickle));

    private void RefusedFile(TorchFileError error, byte[] content)
    {
        File.WriteAllBytes(Name, content);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var thrown = Assert.Throws<TorchFileException>(() => WeightFile.Open(Name).Dispose());
        Assert.Equal((error, "a.pt: "), (thrown.Error, thrown.Message[..6]));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200 << 20);
    }
}
