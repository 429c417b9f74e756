using MiniSora.Model.Native;
using MiniSora.Model.Text.T5;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Model.Tests.Text.T5;

public sealed class T5TextModelTests : TorchTests
{
    [Fact]
    public void Padding_and_neighbours_do_not_change_a_texts_features()
    {
        using var folder = new TemporaryFolder();
        using var model = TinyT5.Write(folder);
        var alone = model.Encode(["a red ball"], 4);
        var padded = model.Encode(["a red balls a red", "a red ball"], 9);
        Assert.Equal([2, 9, 12], padded.Tokens.shape);
        Assert.InRange(LargestDifference(alone.Tokens[0], padded.Tokens[1].narrow(0, 0, 4)), 0, 1e-5);
        Assert.Equal([1, 1, 1, 1, 0, 0, 0, 0, 0], padded.Mask[1].data<float>().ToArray());
    }

    [Fact]
    public void Shards_and_the_embeddings_other_name_give_the_same_features()
    {
        using var folder = new TemporaryFolder();
        using var single = TinyT5.Write(folder);
        using var shards = new TemporaryFolder();
        using var sharded = TinyT5.Write(shards, sharded: true, embedding: "encoder.embed_tokens.weight");
        Assert.True(SameBits(single.Encode(["a ball"], 6).Tokens, sharded.Encode(["a ball"], 6).Tokens));
        Assert.Equal(single.Hash, sharded.Hash);
    }

    [Fact]
    public void Other_weights_have_another_hash()
    {
        using var folder = new TemporaryFolder();
        using var a = TinyT5.Write(folder);
        using var other = new TemporaryFolder();
        using var b = TinyT5.Write(other, seed: 4);
        Assert.NotEqual(a.Hash, b.Hash);
    }

    [Fact]
    public void A_folder_says_what_it_lacks()
    {
        using var folder = new TemporaryFolder();
        using (TinyT5.Write(folder)) { }
        File.Delete(folder["model.safetensors"]);
        Assert.Contains("model.safetensors", Assert.Throws<PretrainedException>(() => T5TextModel.Open(folder.Path, Placement.Cpu)).Message, StringComparison.Ordinal);
        SafeTensors.Write(folder["model.safetensors"], [("shared.weight", torch.zeros(16, 12))]);
        Assert.Contains("encoder.block.1.layer.1.DenseReluDense.wo.weight", Assert.Throws<PretrainedException>(() => T5TextModel.Open(folder.Path, Placement.Cpu)).Message, StringComparison.Ordinal);
        File.Delete(folder["spiece.model"]);
        Assert.Contains("spiece.model", Assert.Throws<PretrainedException>(() => T5TextModel.Open(folder.Path, Placement.Cpu)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_tensor_leaks()
    {
        using var folder = new TemporaryFolder();
        using var model = TinyT5.Write(folder);
        using (model.Encode(["a"], 4)) { }
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 5; i++)
        {
            using var features = model.Encode(["a red ball"], 4);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
