using System.Text.Json;
using MiniSora.Model.Autoencoders.Kl;

namespace MiniSora.Model.Tests.Autoencoders.Kl;

public sealed class KlNetworkTests : TorchTests
{
    private static KlOptions Options(string config)
    {
        using var json = JsonDocument.Parse(config);
        return KlOptions.FromConfig(json.RootElement);
    }

    [Fact]
    public void The_temporal_decoders_keys_are_those_of_the_published_layout()
    {
        var options = Options("""{"_class_name": "AutoencoderKLTemporalDecoder", "block_out_channels": [32, 32], "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"], "layers_per_block": 2}""");
        var golden = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Autoencoders", "Kl", "temporal.keys.txt"));
        Assert.Equal(golden, new KlNetwork(options).Layout.Specs.Select(spec => $"{spec.Name} {string.Join("x", spec.Shape)}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Levels_with_attention_have_one_block_behind_each_residual_block()
    {
        var options = Options("""{"block_out_channels": [8, 8], "norm_num_groups": 4, "down_block_types": ["DownEncoderBlock2D", "AttnDownEncoderBlock2D"], "up_block_types": ["AttnUpDecoderBlock2D", "UpDecoderBlock2D"]}""");
        var keys = new KlNetwork(options).Layout.Specs.Select(spec => spec.Name).Where(name => name.EndsWith("group_norm.weight", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        Assert.Equal(
            [
                "decoder.mid_block.attentions.0.group_norm.weight", "decoder.up_blocks.0.attentions.0.group_norm.weight", "decoder.up_blocks.0.attentions.1.group_norm.weight",
                "encoder.down_blocks.1.attentions.0.group_norm.weight", "encoder.mid_block.attentions.0.group_norm.weight",
            ], keys);
    }

    [Fact]
    public void A_block_type_that_is_not_built_here_is_refused_by_its_name()
    {
        var refused = Assert.Throws<NotSupportedException>(() => Options("""{"block_out_channels": [8], "down_block_types": ["CrossAttnDownBlock2D"]}"""));
        Assert.Contains("CrossAttnDownBlock2D", refused.Message, StringComparison.Ordinal);
    }
}
