using MiniSora.Model.Autoencoders.Kl;
using MiniSora.Model.Cascade;
using MiniSora.Model.Native;
using MiniSora.Model.Tests.Autoencoders.Kl;
using MiniSora.Model.Tests.Text.T5;
using MiniSora.Model.Text.T5;
using MiniSora.Model.Weights;
using MiniSora.Model.Weights.Import;
using TorchSharp;

namespace MiniSora.Model.Tests.Weights.Import;

public sealed class FolderImportTests : TorchTests, IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder source = new();

    void IDisposable.Dispose()
    {
        folder.Dispose();
        source.Dispose();
        Dispose();
    }

    [Fact]
    public void All_three_namings_of_an_autoencoder_become_the_same_codec()
    {
        using var codec = TinyKl.Write(source, TinyKl.Image);
        var clips = TinyKl.Noise(1, 2, 3, 8, 8);
        var wanted = codec.Decode(codec.Encode(clips));
        var state = codec.StateDict().Where(item => item.Key != KlCodec.ConfigKey).ToDictionary(item => item.Key, item => item.Value);
        foreach (var (name, rename) in new (string, Func<string, torch.Tensor, (string, torch.Tensor)>)[]
        {
            ("current", (key, value) => (key, value)),
            ("older", (key, value) => (Older(key), value)),
            ("original", (key, value) => ("first_stage_model." + Original(key), key.Contains(".to_", StringComparison.Ordinal) && value.dim() == 2 ? value.unsqueeze(-1).unsqueeze(-1) : value)),
        })
        {
            var file = source[name];
            SafeTensors.Write(file, state.Select(item => rename(item.Key, item.Value)));
            FolderImport.Run(WeightsUse.Kl, file, null, source["config.json"], folder[name]);
            using var imported = KlCodec.Open(folder[name], Placement.Cpu);
            Assert.True(SameBits(wanted, imported.Decode(imported.Encode(clips))), name);
            Assert.Equal(new WeightsDescription(WeightsUse.Kl, 2, 4), WeightsShelf.Describe(folder[name]));
        }
    }

    [Fact]
    public void Shapes_tell_the_published_configuration_of_four_channels()
    {
        // The Stable Diffusion autoencoder at full size, by names and shapes alone.
        var options = new KlOptions { Widths = [128, 256, 512, 512], DownAttention = [false, false, false, false], UpAttention = [false, false, false, false], LayersPerBlock = 2 };
        var layout = new KlNetwork(options).Layout;
        Assert.Equal(83_653_863, layout.ParameterCount);
        var shapes = layout.Specs.ToDictionary(spec => spec.Name, spec => (IReadOnlyList<long>)spec.Shape);
        using var json = System.Text.Json.JsonDocument.Parse(KlShape.Config(shapes, 0.18215));
        var found = KlOptions.FromConfig(json.RootElement);
        Assert.Equal(options.Widths, found.Widths);
        ShapeCheck.Require("KL", new KlNetwork(found).Layout, shapes);
        shapes["decoder.conv_in.weight"] = [512, 16, 3, 3];
        Assert.Equal("import_config", Assert.Throws<ImportException>(() => KlShape.Config(shapes, 0.18215)).Code);
    }

    [Fact]
    public void A_stage_a_becomes_a_codec_of_pictures()
    {
        var options = new StageAOptions(2, 2, 16, 4, 8);
        var network = new StageA(options);
        Assert.Equal(options, StageAShape.Of(network.Layout.Specs.ToDictionary(spec => spec.Name, spec => (IReadOnlyList<long>)spec.Shape)));
        var published = new StageA(new StageAOptions()).Layout;
        Assert.Equal(new StageAOptions(), StageAShape.Of(published.Specs.ToDictionary(spec => spec.Name, spec => (IReadOnlyList<long>)spec.Shape)));

        var flat = network.Layout.Initialise(2);
        SafeTensors.Write(source["a"], [.. network.Layout.Named(flat), ("down_blocks.3.1.num_batches_tracked", torch.tensor(7L))]);
        FolderImport.Run(WeightsUse.StageA, source["a"], null, null, folder["a"]);
        using var codec = StageACodec.Open(folder["a"], Placement.Cpu);
        Assert.Equal(new WeightsDescription(WeightsUse.StageA, 4, 4), WeightsShelf.Describe(folder["a"]));
        var clips = TinyKl.Noise(1, 3, 3, 16, 8);
        var latents = codec.Encode(clips);
        Assert.Equal([1, 3, 4, 4, 2], latents.shape);
        using var views = new Model.Layers.ParameterViews(network.Layout, flat, torch.ScalarType.Float32);
        Assert.InRange(LargestDifference(network.Encode(views, ((clips + 1) / 2).flatten(0, 1)), latents.flatten(0, 1)), 0, 1e-5);
        Assert.InRange(LargestDifference(codec.Decode(latents), codec.Decode(latents, new Model.Autoencoders.DecodingPlan { Frames = 2 })), 0, 1e-5);
        using var again = StageACodec.FromStateDict(codec.StateDict(), Placement.Cpu);
        Assert.True(SameBits(latents, again.Encode(clips)));
    }

    [Fact]
    public void A_t5_comes_with_its_tokenizer_and_without_its_decoder()
    {
        using var original = TinyT5.Write(source, embedding: "encoder.embed_tokens.weight");
        var report = FolderImport.Run(WeightsUse.T5, source["model.safetensors"], null, null, folder["t5"]);
        Assert.Contains(report.Skipped, skipped => skipped.Name == "decoder.final_layer_norm.weight");
        using var imported = T5TextModel.Open(folder["t5"], Placement.Cpu);
        Assert.Equal(original.Hash, imported.Hash);
        Assert.Equal(new WeightsDescription(WeightsUse.T5, 0, 12), WeightsShelf.Describe(folder["t5"]));
        File.Delete(source["spiece.model"]);
        Assert.Equal("import_config", Assert.Throws<ImportException>(() => FolderImport.Run(WeightsUse.T5, source["model.safetensors"], null, null, folder["none"])).Code);
        Assert.False(Directory.Exists(folder["none"]));
    }

    [Theory]
    [InlineData("sd-vae", true)]
    [InlineData("../weights", false)]
    [InlineData(".hidden", false)]
    [InlineData("a/b", false)]
    [InlineData("", false)]
    [InlineData("name\n", false)]
    public void A_name_leads_nowhere_else(string name, bool fine) => Assert.Equal(fine, WeightsShelf.IsName(name));

    private static string Older(string key) => !key.Contains(".attentions.", StringComparison.Ordinal) ? key
        : key.Replace(".to_q.", ".query.", StringComparison.Ordinal).Replace(".to_k.", ".key.", StringComparison.Ordinal).Replace(".to_v.", ".value.", StringComparison.Ordinal).Replace(".to_out.0.", ".proj_attn.", StringComparison.Ordinal);

    /// <summary>As the latent-diffusion code calls the two-level network.</summary>
    private static string Original(string key)
    {
        foreach (var (ours, theirs) in new[]
        {
            ("encoder.down_blocks.", "encoder.down."), ("decoder.up_blocks.0.", "decoder.up.1."), ("decoder.up_blocks.1.", "decoder.up.0."), ("mid_block.resnets.0.", "mid.block_1."),
            ("mid_block.resnets.1.", "mid.block_2."), ("mid_block.attentions.0.", "mid.attn_1."), (".resnets.", ".block."), ("conv_shortcut", "nin_shortcut"),
            ("downsamplers.0.conv", "downsample.conv"), ("upsamplers.0.conv", "upsample.conv"), ("conv_norm_out", "norm_out"), ("group_norm", "norm"),
            (".to_q.", ".q."), (".to_k.", ".k."), (".to_v.", ".v."), (".to_out.0.", ".proj_out."),
        })
            key = key.Replace(ours, theirs, StringComparison.Ordinal);
        return key;
    }
}
