using System.Globalization;
using System.Text.Json;

namespace MiniSora.Model.Weights.Import;

/// <summary>The configuration of a KL autoencoder as far as the shapes of its tensors tell it: single files come without one.</summary>
internal static class KlShape
{
    private const int Groups = 32;

    /// <summary>A <c>config.json</c>. Throws <see cref="ImportException"/> where shapes do not tell enough: other than 4 latent channels have scalings of their own.</summary>
    public static string Config(IReadOnlyDictionary<string, IReadOnlyList<long>> shapes, double scaling)
    {
        long Size(string name, int dimension) => shapes.TryGetValue(name, out var shape) && shape.Count > dimension
            ? shape[dimension]
            : throw new ImportException("import_keys", $"This is no KL autoencoder: it has no \"{name}\".", ("kind", "KL autoencoder"), ("detail", name));

        bool Any(string part) => shapes.Keys.Any(key => key.Contains(part, StringComparison.Ordinal));
        var levels = Count(shapes.Keys, "encoder.down_blocks.");
        var widths = Enumerable.Range(0, levels).Select(level => Size($"encoder.down_blocks.{level}.resnets.0.conv1.weight", 0)).ToList();
        var latent = Size("decoder.conv_in.weight", 1);
        if (latent != 4)
            throw new ImportException("import_config", $"An autoencoder of {latent} latent channels needs its config.json: the shapes do not tell the scaling of its latents.", ("detail", "config.json"));
        return JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["_class_name"] = "AutoencoderKL",
            ["in_channels"] = Size("encoder.conv_in.weight", 1),
            ["out_channels"] = Size("decoder.conv_out.weight", 0),
            ["block_out_channels"] = widths,
            ["down_block_types"] = Enumerable.Range(0, levels).Select(level => Any($"encoder.down_blocks.{level}.attentions.") ? "AttnDownEncoderBlock2D" : "DownEncoderBlock2D").ToList(),
            ["up_block_types"] = Enumerable.Range(0, levels).Select(level => Any($"decoder.up_blocks.{level}.attentions.") ? "AttnUpDecoderBlock2D" : "UpDecoderBlock2D").ToList(),
            ["layers_per_block"] = Count(shapes.Keys, "encoder.down_blocks.0.resnets."),
            ["latent_channels"] = latent,
            ["norm_num_groups"] = widths.All(width => width % Groups == 0) ? Groups : throw new ImportException("import_config", "The widths are no multiples of 32: a config.json must say how many groups the norms have.", ("detail", "norm_num_groups")),
            ["use_quant_conv"] = shapes.ContainsKey("quant_conv.weight"),
            ["use_post_quant_conv"] = shapes.ContainsKey("post_quant_conv.weight"),
            ["mid_block_add_attention"] = Any("encoder.mid_block.attentions."),
            ["scaling_factor"] = scaling,
        });
    }

    private static int Count(IEnumerable<string> keys, string prefix) => keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal))
        .Select(key => int.TryParse(key[prefix.Length..].Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index + 1 : 0).DefaultIfEmpty(0).Max();
}
