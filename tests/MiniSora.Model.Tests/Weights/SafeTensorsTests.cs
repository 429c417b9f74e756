using System.Buffers.Binary;
using System.Text;
using MiniSora.Model.Native;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Model.Tests.Weights;

public sealed class SafeTensorsTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("minisora-test-");
    private readonly DisposeScope scope;

    public SafeTensorsTests()
    {
        TorchRuntime.EnsureLoaded();
        scope = torch.NewDisposeScope();
    }

    public void Dispose()
    {
        scope.Dispose();
        folder.Delete(recursive: true);
    }

    private string Name(string file = "a.safetensors") => Path.Combine(folder.FullName, file);

    [Theory]
    [InlineData(torch.ScalarType.Float32)]
    [InlineData(torch.ScalarType.Float64)]
    [InlineData(torch.ScalarType.BFloat16)]
    [InlineData(torch.ScalarType.Float16)]
    [InlineData(torch.ScalarType.Int64)]
    [InlineData(torch.ScalarType.Int32)]
    [InlineData(torch.ScalarType.Byte)]
    [InlineData(torch.ScalarType.Bool)]
    public void Every_type_comes_back_bit_for_bit(torch.ScalarType type)
    {
        var values = (torch.arange(0, 24, dtype: torch.ScalarType.Float32) % 7).reshape(2, 3, 4).to(type);
        SafeTensors.Write(Name(), [("a", values)]);
        using var file = SafeTensors.Open(Name());
        var back = file.Read("a");
        Assert.Equal(type, back.dtype);
        Assert.Equal(values.shape, back.shape);
        Assert.True(values.bytes.SequenceEqual(back.bytes));
    }

    [Fact]
    public void Scalars_empty_tensors_views_and_metadata_survive()
    {
        var matrix = torch.arange(0, 6, dtype: torch.ScalarType.Float32).reshape(2, 3);
        SafeTensors.Write(
            Name(),
            [("view", matrix.t()), ("scalar", torch.tensor(3.5f)), ("empty", torch.empty(new long[] { 0, 4 })), ("learned", torch.ones(2, requires_grad: true))],
            new Dictionary<string, string> { ["spec"] = "prompt: \"红心 ❤\"\nsteps: 3", ["step"] = "400" });
        using var file = SafeTensors.Open(Name());
        Assert.Equal("prompt: \"红心 ❤\"\nsteps: 3", file.RequireMetadata("spec"));
        Assert.Equal([0, 3, 1, 4, 2, 5], file.Read("view").data<float>().ToArray());
        Assert.Equal(3.5f, file.Read("scalar").item<float>());
        Assert.Equal([0, 4], file.Read("empty").shape);
        Assert.Equal(["learned"], file.ReadAll("le").Keys.Select(rest => "le" + rest));
    }

    [Fact]
    public void The_same_content_gives_the_same_bytes_in_any_order()
    {
        var (a, b) = (torch.ones(3), torch.zeros(5, dtype: torch.ScalarType.Byte));
        SafeTensors.Write(Name("1"), [("a", a), ("b", b)], new Dictionary<string, string> { ["x"] = "1", ["y"] = "2" });
        SafeTensors.Write(Name("2"), [("b", b), ("a", a)], new Dictionary<string, string> { ["y"] = "2", ["x"] = "1" });
        Assert.Equal(File.ReadAllBytes(Name("1")), File.ReadAllBytes(Name("2")));
    }

    [Fact]
    public void A_file_of_the_reference_implementation_is_read()
    {
        // Written by the Python package, shared fixture flow_intervals_b.safetensors.
        using var file = SafeTensors.Open(Path.Combine(AppContext.BaseDirectory, "Weights", "reference.safetensors"));
        foreach (var (name, entry) in file.Entries)
        {
            using var tensor = file.Read(name);
            Assert.Equal(entry.Shape, tensor.shape);
            Assert.True(entry.Type != torch.ScalarType.Float32 || tensor.isfinite().all().item<bool>());
        }

        Assert.NotEmpty(file.Entries);
    }

    [Theory]
    [InlineData("", SafeTensorsError.Truncated)]
    [InlineData("1234567", SafeTensorsError.Truncated)]
    public void A_file_too_short_for_a_length_is_named(string content, SafeTensorsError error)
    {
        File.WriteAllText(Name(), content);
        Refused(error);
    }

    [Theory]
    [InlineData(0UL, SafeTensorsError.HeaderLength)]
    [InlineData(ulong.MaxValue, SafeTensorsError.HeaderLength)]
    [InlineData(100_000_001UL, SafeTensorsError.HeaderLength)]
    [InlineData(5_000UL, SafeTensorsError.Truncated)]
    public void A_lying_header_length_is_named(ulong length, SafeTensorsError error)
    {
        var bytes = new byte[100];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        File.WriteAllBytes(Name(), bytes);
        Refused(error);
    }

    [Theory]
    [InlineData("not json", SafeTensorsError.HeaderNotJson)]
    [InlineData("[1]", SafeTensorsError.HeaderNotJson)]
    [InlineData("""{"a":3}""", SafeTensorsError.HeaderNotJson)]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", SafeTensorsError.HeaderNotJson)]
    [InlineData("""{"a":{"dtype":7,"shape":[2],"data_offsets":[0,8]}}""", SafeTensorsError.HeaderNotJson)]
    [InlineData("""{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}""", SafeTensorsError.HeaderNotJson)]
    [InlineData("""{"__metadata__":{"a":1}}""", SafeTensorsError.HeaderNotJson)]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", SafeTensorsError.HeaderNotJson)]
    [InlineData("""[[[[[[[[[[[[[]]]]]]]]]]]]]""", SafeTensorsError.HeaderNotJson)]
    [InlineData("""{"a":{"dtype":"X9","shape":[2],"data_offsets":[0,8]}}""", SafeTensorsError.Type)]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", SafeTensorsError.Shape)]
    [InlineData("""{"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]}}""", SafeTensorsError.Shape)]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", SafeTensorsError.Shape)]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", SafeTensorsError.Shape)]
    [InlineData("""{"a":{"dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}}""", SafeTensorsError.Shape)]
    [InlineData("""{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}""", SafeTensorsError.Shape)]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", SafeTensorsError.Range)]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", SafeTensorsError.Range)]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", SafeTensorsError.Truncated)]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", SafeTensorsError.Layout)]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", SafeTensorsError.Layout)]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", SafeTensorsError.Layout)]
    public void A_hostile_header_is_named(string header, SafeTensorsError error)
    {
        File.WriteAllBytes(Name(), [.. BitConverter.GetBytes((ulong)header.Length), .. Encoding.UTF8.GetBytes(header), .. new byte[8]]);
        Refused(error);
    }

    [Fact]
    public void A_header_of_more_values_than_any_checkpoint_is_refused_before_they_cost_memory()
    {
        var ones = string.Join(',', Enumerable.Repeat('1', SafeTensorsFile.MostHeaderValues));
        var header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[" + ones + "],\"data_offsets\":[0,8]}}";
        File.WriteAllBytes(Name(), [.. BitConverter.GetBytes((ulong)header.Length), .. Encoding.UTF8.GetBytes(header), .. new byte[8]]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(SafeTensorsError.HeaderNotJson);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2L * header.Length);
    }

    [Fact]
    public void A_truncated_checkpoint_is_named_at_any_length()
    {
        SafeTensors.Write(Name("whole"), [("a", torch.ones(10)), ("b", torch.ones(3))], new Dictionary<string, string> { ["step"] = "1" });
        var whole = File.ReadAllBytes(Name("whole"));
        for (var length = 0; length < whole.Length; length += 3)
        {
            File.WriteAllBytes(Name(), whole[..length]);
            Refused(SafeTensorsError.Truncated);
        }
    }

    [Fact]
    public void A_missing_tensor_and_a_missing_entry_are_named()
    {
        SafeTensors.Write(Name(), [("a", torch.ones(2))]);
        using var file = SafeTensors.Open(Name());
        Assert.Equal(SafeTensorsError.Missing, Assert.Throws<SafeTensorsException>(() => file.Read("b")).Error);
        Assert.Equal(SafeTensorsError.Missing, Assert.Throws<SafeTensorsException>(() => file.RequireMetadata("spec")).Error);
    }

    [Fact]
    public void A_file_that_shrinks_while_open_gives_an_error_and_no_crash()
    {
        SafeTensors.Write(Name(), [("a", torch.ones(1000))]);
        using var file = SafeTensors.Open(Name());
        using (var other = new FileStream(Name(), FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) other.SetLength(500);
        Assert.Equal(SafeTensorsError.Truncated, Assert.Throws<SafeTensorsException>(() => file.Read("a")).Error);
    }

    [Fact]
    public void A_full_disk_keeps_the_old_file_and_leaves_nothing_behind()
    {
        SafeTensors.Write(Name(), [("a", torch.ones(2))]);
        var before = File.ReadAllBytes(Name());
        // /dev/full answers every write with "No space left on device".
        var full = Assert.Throws<IOException>(() => SafeTensors.Write(Name(), [("a", torch.zeros(100_000))], null, temporary =>
        {
            File.WriteAllText(temporary, "half a file");
            return new FileStream("/dev/full", FileMode.Open, FileAccess.Write);
        }));
        Assert.Contains("No space left", full.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(Name()));
        Assert.Single(folder.EnumerateFiles());
    }

    [Fact]
    public void Two_tensors_of_one_name_are_refused()
    {
        Assert.Throws<ArgumentException>(() => SafeTensors.Write(Name(), [("a", torch.ones(2)), ("a", torch.ones(2))]));
        Assert.Empty(folder.EnumerateFiles());
    }

    private void Refused(SafeTensorsError error) =>
        Assert.Equal(error, Assert.Throws<SafeTensorsException>(() => SafeTensors.Open(Name()).Dispose()).Error);
}
