using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders.Kl;

/// <summary>
/// The autoencoder of latent diffusion (Rombach et al. 2022, appendix D.1) as diffusers lays it out: <c>encoder</c>, <c>quant_conv</c>, <c>post_quant_conv</c>,
/// <c>decoder</c>. Pictures are [N, 3, H, W] in [−1, 1], latents [N, c, h, w] before scaling.
/// </summary>
internal sealed class KlNetwork
{
    private readonly KlEncoder encoder;
    private readonly PictureConvolution? quant;
    private readonly PictureConvolution? postQuant;
    private readonly KlDecoder? decoder;
    private readonly TemporalDecoder? temporal;

    public KlNetwork(KlOptions options, AttentionNames names = AttentionNames.Current)
    {
        if (options.DownAttention.Count != options.Widths.Count || options.UpAttention.Count != options.Widths.Count)
            throw new ArgumentException($"block types must be as many as widths ({options.Widths.Count}), were {options.DownAttention.Count} and {options.UpAttention.Count}", nameof(options));
        Options = options;
        encoder = new KlEncoder(Layout, "encoder", options, names);
        if (options.Decoder == KlDecoderKind.Temporal)
            temporal = new TemporalDecoder(Layout, "decoder", options, names);
        else
            decoder = new KlDecoder(Layout, "decoder", options, names);
        if (options.QuantConvolution)
            quant = new PictureConvolution(Layout, "quant_conv", 2 * options.LatentChannels, 2 * options.LatentChannels, 1);
        if (options.PostQuantConvolution)
            postQuant = new PictureConvolution(Layout, "post_quant_conv", options.LatentChannels, options.LatentChannels, 1);
    }

    /// <summary>What it was built with.</summary>
    public KlOptions Options { get; }

    /// <summary>Its parameters.</summary>
    public ParameterLayout Layout { get; } = new();

    /// <summary>[N, 3, H, W] to means and log variances [N, 2c, h, w], not clamped; see <see cref="GaussianPosterior.From"/>.</summary>
    public Tensor Moments(ParameterViews w, Tensor pictures, Action<string, Tensor>? trace = null)
    {
        using var scope = NewDisposeScope();
        var x = encoder.Forward(w, pictures, trace);
        return (quant?.Forward(w, x) ?? x).MoveToOuterDisposeScope();
    }

    /// <summary>[N, c, h, w] to [N, 3, H, W]. A temporal decoder takes N = B·T, clips of <paramref name="frames"/> frames one after another; the other ignores it.</summary>
    public Tensor Decode(ParameterViews w, Tensor latents, long frames = 1, Action<string, Tensor>? trace = null)
    {
        using var scope = NewDisposeScope();
        var z = postQuant?.Forward(w, latents) ?? latents;
        return (decoder?.Forward(w, z, trace) ?? temporal!.Forward(w, z, frames, trace)).MoveToOuterDisposeScope();
    }
}
