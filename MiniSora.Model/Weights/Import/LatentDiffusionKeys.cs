using System.Text.RegularExpressions;

namespace MiniSora.Model.Weights.Import;

/// <summary>
/// Names of an autoencoder in files of the original latent-diffusion code (CompVis, <c>vae-ft-mse-840000</c>) as diffusers calls them: levels of the decoder are
/// counted the other way round, blocks are called resnets.
/// </summary>
internal static partial class LatentDiffusionKeys
{
    private static readonly string[] Prefixes = ["first_stage_model.", "model.first_stage_model."];

    private static readonly (string Theirs, string Ours)[] Parts =
    [
        (".nin_shortcut.", ".conv_shortcut."), (".downsample.conv.", ".downsamplers.0.conv."), (".upsample.conv.", ".upsamplers.0.conv."),
        (".mid.block_1.", ".mid_block.resnets.0."), (".mid.block_2.", ".mid_block.resnets.1."), (".mid.attn_1.", ".mid_block.attentions.0."), (".norm_out.", ".conv_norm_out."),
    ];

    private static readonly (string Theirs, string Ours)[] Attention =
        [(".norm.", ".group_norm."), (".q.", ".to_q."), (".k.", ".to_k."), (".v.", ".to_v."), (".proj_out.", ".to_out.0.")];

    /// <summary>Whether names, behind a prefix perhaps, are of this layout.</summary>
    public static bool Matches(IEnumerable<string> keys) => keys.Any(key => key.EndsWith("encoder.mid.block_1.norm1.weight", StringComparison.Ordinal));

    /// <summary>Names in the file by diffusers' names; what belongs to the loss or to other networks of the file is left out.</summary>
    public static IReadOnlyDictionary<string, string> ToDiffusers(IReadOnlyCollection<string> keys)
    {
        var prefix = Prefixes.FirstOrDefault(prefix => keys.Any(key => key.StartsWith(prefix + "encoder.", StringComparison.Ordinal))) ?? "";
        var own = keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Select(key => key[prefix.Length..])
            .Where(key => key.Split('.')[0] is "encoder" or "decoder" or "quant_conv" or "post_quant_conv").ToList();
        var levels = own.Select(key => UpLevel().Match(key)).Where(match => match.Success).Select(match => int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).DefaultIfEmpty(-1).Max();
        return own.ToDictionary(key => Renamed(key, levels), key => prefix + key);
    }

    private static string Renamed(string key, int lastLevel)
    {
        foreach (var (theirs, ours) in Parts)
            key = key.Replace(theirs, ours, StringComparison.Ordinal);
        key = DownLevel().Replace(key, match => $"encoder.down_blocks.{match.Groups[1].Value}.");
        key = UpLevel().Replace(key, match => $"decoder.up_blocks.{lastLevel - int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)}.");
        key = key.Replace(".block.", ".resnets.", StringComparison.Ordinal).Replace(".attn.", ".attentions.", StringComparison.Ordinal);
        if (!key.Contains(".attentions.", StringComparison.Ordinal))
            return key;
        foreach (var (theirs, ours) in Attention)
            key = key.Replace(theirs, ours, StringComparison.Ordinal);
        return key;
    }

    [GeneratedRegex(@"^encoder\.down\.(\d{1,3})\.")]
    private static partial Regex DownLevel();

    [GeneratedRegex(@"^decoder\.up\.(\d{1,3})\.")]
    private static partial Regex UpLevel();
}
