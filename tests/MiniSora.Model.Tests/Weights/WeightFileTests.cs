using System.Text;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Model.Tests.Weights;

public sealed class WeightFileTests : TorchTests, IDisposable
{
    private readonly TemporaryFolder folder = new();

    void IDisposable.Dispose()
    {
        folder.Dispose();
        Dispose();
    }

    [Fact]
    public void The_content_decides_and_not_the_name()
    {
        SafeTensors.Write(folder["a.pt"], [("module.x", torch.ones(2)), ("module.y", torch.zeros(1))], new Dictionary<string, string> { ["by"] = "us" });
        using var file = WeightFile.Open(folder["a.pt"]);
        Assert.Equal(WeightFormat.SafeTensors, file.Format);
        Assert.Equal("us", file.Metadata["by"]);
        Assert.Equal(2, file.Read("x").sum().item<float>());

        File.WriteAllBytes(folder["a.safetensors"], ArchiveBytes.Checkpoint(PickleBytes.With(_ => { })));
        using var other = WeightFile.Open(folder["a.safetensors"]);
        Assert.Equal(WeightFormat.Torch, other.Format);
    }

    [Fact]
    public void A_wrappers_prefix_is_taken_off_only_when_every_name_has_it()
    {
        SafeTensors.Write(folder["a"], [("_orig_mod.module.x", torch.ones(2))]);
        using (var file = WeightFile.Open(folder["a"])) Assert.Equal(["x"], file.Entries.Keys);
        SafeTensors.Write(folder["b"], [("module.x", torch.ones(2)), ("y", torch.ones(2))]);
        using (var file = WeightFile.Open(folder["b"])) Assert.Equal(["module.x", "y"], file.Entries.Keys.Order());
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello, world: this is no file of weights")]
    [InlineData("\u0080\u0001")]
    public void A_file_of_no_known_format_is_named(string content)
    {
        File.WriteAllBytes(folder["a"], Encoding.Latin1.GetBytes(content));
        Assert.Equal("weights_format", Assert.Throws<WeightSetException>(() => WeightFile.Open(folder["a"])).Code);
    }

    [Fact]
    public void A_tensor_that_is_not_there_is_named()
    {
        SafeTensors.Write(folder["a"], [("x", torch.ones(2))]);
        using var file = WeightFile.Open(folder["a"]);
        Assert.Equal(WeightSetError.Missing, Assert.Throws<WeightSetException>(() => file.Read("y")).Error);
    }

    [Fact]
    public void Shards_of_both_formats_are_read_through_their_index()
    {
        SafeTensors.Write(folder["1.safetensors"], [("module.x", torch.ones(2)), ("module.left", torch.ones(1))]);
        File.WriteAllBytes(folder["2.bin"], ArchiveBytes.Checkpoint(PickleBytes.With(_ => { })));
        File.WriteAllText(folder["model.index.json"], """{"metadata":{"total_size":24},"weight_map":{"module.x":"1.safetensors","w":"2.bin"}}""");
        using var file = WeightFile.Open(folder["model.index.json"]);
        Assert.Equal(WeightFormat.Sharded, file.Format);
        Assert.Equal(["module.x", "w"], file.Entries.Keys.Order());
        Assert.Equal(2, file.Read("module.x").sum().item<float>());
        Assert.Equal(6, file.Read("w").sum().item<float>());
        Assert.Equal([new SkippedValue("module.left", "in 1.safetensors, not in the index")], file.Skipped);
    }

    [Theory]
    [InlineData("""{}""", WeightSetError.Index)]
    [InlineData("""{"weight_map":3}""", WeightSetError.Index)]
    [InlineData("""{"weight_map":{"x":3}}""", WeightSetError.Index)]
    [InlineData("""{"weight_map":{"x":"a","x":"a"}}""", WeightSetError.Index)]
    [InlineData("""{"weight_map":{"x":""", WeightSetError.Index)]
    [InlineData("""{"weight_map":{"x":"../a.safetensors"}}""", WeightSetError.Shard)]
    [InlineData("""{"weight_map":{"x":"/etc/passwd"}}""", WeightSetError.Shard)]
    [InlineData("""{"weight_map":{"x":"C:\\a"}}""", WeightSetError.Shard)]
    [InlineData("""{"weight_map":{"x":""}}""", WeightSetError.Shard)]
    [InlineData("""{"weight_map":{"x":"none.safetensors"}}""", WeightSetError.Shard)]
    [InlineData("""{"weight_map":{"x":"model.index.json"}}""", WeightSetError.Shard)]
    [InlineData("""{"weight_map":{"y":"a.safetensors"}}""", WeightSetError.Missing)]
    public void An_index_that_lies_is_named(string index, WeightSetError error)
    {
        SafeTensors.Write(folder["a.safetensors"], [("x", torch.ones(2))]);
        File.WriteAllText(folder["model.index.json"], index);
        Assert.Equal(error, Assert.Throws<WeightSetException>(() => WeightFile.Open(folder["model.index.json"])).Error);
    }
}
