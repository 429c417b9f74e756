using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Tests.Backbones;
using MiniSora.Model.Weights.KeyMaps;
using TorchSharp;

namespace MiniSora.Model.Tests.Weights.KeyMaps;

public sealed class DiffusersDiTTests : TorchTests
{
    private static readonly DiTOptions Tiny = new() { InputSize = 6, PatchSize = 2, HiddenSize = 8, Depth = 2, NumHeads = 2, NumClasses = 3 };

    [Fact]
    public void The_keys_are_those_of_diffusers()
    {
        var diffusers = DiffusersDiT.FromPublished(Published());
        Assert.Equal(
            ReferenceNetwork.Golden("Weights", "KeyMaps", "diffusers-dit-keys.txt"),
            ReferenceNetwork.Lines(diffusers.Select(item => (item.Key, item.Value.shape))));
        Assert.True(DiffusersDiT.Matches(diffusers.Keys));
        Assert.False(DiffusersDiT.Matches(Published().Keys));
    }

    [Fact]
    public void There_and_back_every_number_is_the_same()
    {
        var published = Published();
        var back = DiffusersDiT.ToPublished(DiffusersDiT.FromPublished(published), Tiny.InputSize);
        Assert.Equal(published.Keys.Order(StringComparer.Ordinal), back.Keys.Order(StringComparer.Ordinal));
        Assert.All(published, item => Assert.True(SameBits(item.Value, back[item.Key]), item.Key));
    }

    [Fact]
    public void Queries_are_the_first_third()
    {
        var published = Published();
        var diffusers = DiffusersDiT.FromPublished(published);
        Assert.True(SameBits(published["blocks.1.attn.qkv.weight"].narrow(0, 0, 8), diffusers["transformer_blocks.1.attn1.to_q.weight"]));
        Assert.True(SameBits(published["blocks.1.attn.qkv.bias"].narrow(0, 16, 8), diffusers["transformer_blocks.1.attn1.to_v.bias"]));
    }

    [Fact]
    public void A_missing_and_an_unknown_entry_are_both_named()
    {
        var diffusers = DiffusersDiT.FromPublished(Published());
        diffusers.Remove("proj_out_1.bias");
        diffusers["lora.weight"] = torch.zeros(1);
        var error = Assert.Throws<StateDictException>(() => DiffusersDiT.ToPublished(diffusers, Tiny.InputSize));
        Assert.Equal(["proj_out_1.bias"], error.Missing);
        Assert.Equal(["lora.weight"], error.Unexpected);
    }

    [Fact]
    public void Embedders_that_differ_between_blocks_are_refused()
    {
        var diffusers = DiffusersDiT.FromPublished(Published());
        diffusers["transformer_blocks.1.norm1.emb.timestep_embedder.linear_1.bias"].add_(1);
        Assert.Throws<StateDictException>(() => DiffusersDiT.ToPublished(diffusers, Tiny.InputSize));
    }

    private static Dictionary<string, torch.Tensor> Published()
    {
        var layout = new DiT(Tiny).Layout;
        return layout.Named(ReferenceNetwork.Trained(layout)).ToDictionary(item => item.Name, item => item.View);
    }
}
