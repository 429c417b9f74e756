using System.Text.Json;

namespace MiniSora.Model.Autoencoders.Kl;

/// <summary>Nonlinearity inside the residual blocks; before the last convolution it is SiLU always, as in the original.</summary>
internal enum KlActivation
{
    /// <summary>x · sigmoid(x), also called swish.</summary>
    Silu,

    /// <summary>x · tanh(softplus x).</summary>
    Mish,

    /// <summary>The exact Gaussian error linear unit.</summary>
    Gelu,

    /// <summary>max(x, 0).</summary>
    Relu,
}

/// <summary>How the projections of an attention block are called in a state dict.</summary>
internal enum AttentionNames
{
    /// <summary><c>to_q</c>, <c>to_k</c>, <c>to_v</c>, <c>to_out.0</c>.</summary>
    Current,

    /// <summary><c>query</c>, <c>key</c>, <c>value</c>, <c>proj_attn</c>: files of older diffusers, as the published Stable Diffusion autoencoders are.</summary>
    Older,
}

/// <summary>What decodes.</summary>
internal enum KlDecoderKind
{
    /// <summary>Every frame by itself: diffusers' AutoencoderKL.</summary>
    Image,

    /// <summary>Frames of a clip together: diffusers' AutoencoderKLTemporalDecoder (Blattmann et al. 2023, Stable Video Diffusion). No 1×1 convolution before the decoder, 32 groups.</summary>
    Temporal,
}

/// <summary>The constructor arguments of diffusers' AutoencoderKL and AutoencoderKLTemporalDecoder, with their defaults.</summary>
internal sealed record KlOptions
{
    /// <summary>Colours in.</summary>
    public long InChannels { get; init; } = 3;

    /// <summary>Colours out.</summary>
    public long OutChannels { get; init; } = 3;

    /// <summary>Width of each level, finest first; each level but the last halves the sides.</summary>
    public IReadOnlyList<long> Widths { get; init; } = [64];

    /// <summary>Whether the encoder's level of this index has attention behind each residual block (<c>AttnDownEncoderBlock2D</c>).</summary>
    public IReadOnlyList<bool> DownAttention { get; init; } = [false];

    /// <summary>The same for the decoder's levels, coarsest first (<c>AttnUpDecoderBlock2D</c>).</summary>
    public IReadOnlyList<bool> UpAttention { get; init; } = [false];

    /// <summary>Residual blocks of each level of the encoder; the decoder has one more.</summary>
    public int LayersPerBlock { get; init; } = 1;

    /// <summary>Nonlinearity.</summary>
    public KlActivation Activation { get; init; } = KlActivation.Silu;

    /// <summary>c.</summary>
    public long LatentChannels { get; init; } = 4;

    /// <summary>Groups of every group norm.</summary>
    public long Groups { get; init; } = 32;

    /// <summary>1×1 convolution behind the encoder.</summary>
    public bool QuantConvolution { get; init; } = true;

    /// <summary>1×1 convolution before the decoder.</summary>
    public bool PostQuantConvolution { get; init; } = true;

    /// <summary>Attention in the middle of encoder and decoder.</summary>
    public bool MidAttention { get; init; } = true;

    /// <summary>Latents for a diffusion model are (z − <see cref="Shift"/>) · this.</summary>
    public double Scaling { get; init; } = 0.18215;

    /// <summary>See <see cref="Scaling"/>.</summary>
    public double Shift { get; init; }

    /// <summary>What decodes.</summary>
    public KlDecoderKind Decoder { get; init; } = KlDecoderKind.Image;

    /// <summary>Pixels per latent cell along height and width.</summary>
    public int Downsample => 1 << (Widths.Count - 1);

    /// <summary>
    /// From a <c>config.json</c> of diffusers. <paramref name="decoder"/>: which class it is for; null lets <c>_class_name</c> decide.
    /// Throws <see cref="NotSupportedException"/> for a block type or nonlinearity that is not built here.
    /// </summary>
    public static KlOptions FromConfig(JsonElement config, KlDecoderKind? decoder = null)
    {
        var standard = new KlOptions();
        var kind = decoder ?? (Text("_class_name") == "AutoencoderKLTemporalDecoder" ? KlDecoderKind.Temporal : KlDecoderKind.Image);
        var widths = Property("block_out_channels") is { } list ? [.. list.EnumerateArray().Select(item => item.GetInt64())] : standard.Widths;
        var temporal = kind == KlDecoderKind.Temporal;
        return new KlOptions
        {
            InChannels = Number("in_channels", standard.InChannels),
            OutChannels = Number("out_channels", standard.OutChannels),
            Widths = widths,
            DownAttention = Blocks("down_block_types", "DownEncoderBlock2D", "AttnDownEncoderBlock2D"),
            UpAttention = temporal ? [.. widths.Select(_ => false)] : Blocks("up_block_types", "UpDecoderBlock2D", "AttnUpDecoderBlock2D"),
            LayersPerBlock = (int)Number("layers_per_block", standard.LayersPerBlock),
            Activation = temporal ? KlActivation.Silu : ActivationOf(Text("act_fn") ?? "silu"),
            LatentChannels = Number("latent_channels", standard.LatentChannels),
            Groups = temporal ? standard.Groups : Number("norm_num_groups", standard.Groups),
            QuantConvolution = temporal || Flag("use_quant_conv"),
            PostQuantConvolution = !temporal && Flag("use_post_quant_conv"),
            MidAttention = temporal || Flag("mid_block_add_attention"),
            Scaling = Property("scaling_factor")?.GetDouble() ?? standard.Scaling,
            Shift = Property("shift_factor")?.GetDouble() ?? 0,
            Decoder = kind,
        };

        JsonElement? Property(string name) =>
            config.ValueKind == JsonValueKind.Object && config.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
        string? Text(string name) => Property(name)?.GetString();
        long Number(string name, long otherwise) => Property(name)?.GetInt64() ?? otherwise;
        bool Flag(string name) => Property(name)?.GetBoolean() ?? true;

        IReadOnlyList<bool> Blocks(string name, string plain, string attending) => Property(name) is { } types
            ? [.. types.EnumerateArray().Select(item => item.GetString()).Select(type => type == attending || (type == plain ? false : throw new NotSupportedException($"{name} has a {type}; known are {plain} and {attending}")))]
            : [.. widths.Select(_ => false)];
    }

    private static KlActivation ActivationOf(string name) => name switch
    {
        "silu" or "swish" => KlActivation.Silu,
        "mish" => KlActivation.Mish,
        "gelu" => KlActivation.Gelu,
        "relu" => KlActivation.Relu,
        _ => throw new NotSupportedException($"act_fn is {name}; known are silu, swish, mish, gelu, relu"),
    };
}
