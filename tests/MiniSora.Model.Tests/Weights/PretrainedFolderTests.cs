using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Model.Tests.Weights;

public sealed class PretrainedFolderTests : TorchTests
{
    [Fact]
    public void Shards_are_found_by_the_index_and_a_single_file_comes_first()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], """{"size": 7}""");
        SafeTensors.Write(folder["one.safetensors"], [("a", torch.ones(2))]);
        File.WriteAllText(folder["model.safetensors.index.json"], """{"weight_map": {"a": "one.safetensors"}}""");
        using (var files = new PretrainedFolder(folder.Path, "model"))
        {
            Assert.Equal(7, files.Config.GetProperty("size").GetInt32());
            Assert.Equal([1f, 1f], files.Read("a").data<float>().ToArray());
        }

        SafeTensors.Write(folder["model.safetensors"], [("b", torch.ones(1))]);
        using var single = new PretrainedFolder(folder.Path, "model");
        Assert.Equal(["b"], single.Names);
    }

    [Theory]
    [InlineData("""{"weight_map": {"a": "../one.safetensors"}}""")]
    [InlineData("""{"weight_map": {"a": "absent.safetensors"}}""")]
    [InlineData("""{"other": 1}""")]
    [InlineData("no json")]
    public void An_index_that_leads_astray_is_refused(string index)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], "{}");
        File.WriteAllText(folder["model.safetensors.index.json"], index);
        Assert.Throws<PretrainedException>(() => new PretrainedFolder(folder.Path, "model"));
    }
}
