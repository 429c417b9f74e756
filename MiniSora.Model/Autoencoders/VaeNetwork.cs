using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders;

/// <summary>
/// The convolutional VAE's network: encoder and decoder of width D (a multiple of 16), c latent channels, 4× smaller in space and 2× in time.
/// Half of the reduction is a fold of 2×2 pixels into channels at the input, the other a learned fold of 2 frames × 2×2 cells.
/// </summary>
internal sealed class VaeNetwork : nn.Module
{
    private const long Folded = 12;  // 2×2 pixels × 3 colours
    private readonly CausalConvolution enc_in;
    private readonly ResidualBlock enc_res;
    private readonly CausalConvolution enc_down;
    private readonly ModuleList<ResidualBlock> enc_mid;
    private readonly FrameNorm enc_norm;
    private readonly CausalConvolution enc_out;
    private readonly CausalConvolution dec_in;
    private readonly ModuleList<ResidualBlock> dec_mid;
    private readonly CausalConvolution dec_up;
    private readonly ResidualBlock dec_res;
    private readonly FrameNorm dec_norm;
    private readonly CausalConvolution dec_out;

    internal VaeNetwork(long width, long latentChannels) : base(nameof(VaeNetwork))
    {
        enc_in = new CausalConvolution(Folded, width, 3, 3);
        enc_res = new ResidualBlock(width);
        enc_down = new CausalConvolution(8 * width, 2 * width, 1, 1);
        enc_mid = new ModuleList<ResidualBlock>(new ResidualBlock(2 * width), new ResidualBlock(2 * width));
        enc_norm = new FrameNorm(2 * width);
        enc_out = new CausalConvolution(2 * width, 2 * latentChannels, 1, 1);
        dec_in = new CausalConvolution(latentChannels, 2 * width, 1, 1);
        dec_mid = new ModuleList<ResidualBlock>(new ResidualBlock(2 * width), new ResidualBlock(2 * width));
        dec_up = new CausalConvolution(2 * width, 8 * width, 1, 1);
        dec_res = new ResidualBlock(width);
        dec_norm = new FrameNorm(width);
        dec_out = new CausalConvolution(width, Folded, 3, 3);
        RegisterComponents();
    }

    /// <summary>Draws all weights from <paramref name="seed"/>: normal with variance 1 / fan-in, and the variance head small.</summary>
    internal void Initialise(ulong seed)
    {
        using var noGrad = no_grad();
        foreach (var (i, (name, parameter)) in named_parameters().Index())
        {
            using var scope = NewDisposeScope();
            // Last of a residual branch: zero, so that the block begins as the identity.
            if (!name.EndsWith("weight", StringComparison.Ordinal) || parameter.dim() == 1 || name.Contains("conv2", StringComparison.Ordinal)) continue;
            using var generator = new Generator(SplitMix64.For(seed, Lane.VaeWeights, (ulong)i).Next());
            var fanIn = parameter.NumberOfElements / parameter.shape[0];
            parameter.copy_(randn(parameter.shape, generator: generator) / Math.Sqrt(fanIn));
        }

        // Log variances begin at −6: noise must not drown the first steps.
        using var heads = NewDisposeScope();
        var bias = named_parameters().Single(item => item.name == "enc_out.bias").parameter;
        bias.narrow(0, bias.shape[0] / 2, bias.shape[0] / 2).fill_(-6);
    }

    /// <summary>[B, T, 3, H, W] to mean and log variance, both [B, c, F, h, w]. With a <paramref name="cache"/> the clips continue those of the last call.</summary>
    internal (Tensor Mean, Tensor LogVariance) Encode(Tensor clips, CausalCache? cache = null)
    {
        using var scope = NewDisposeScope();
        var (b, t, h, w) = (clips.shape[0], clips.shape[1], clips.shape[3], clips.shape[4]);
        // [B, T, 3, H, W] -> [B, 12, T, H/2, W/2]
        var x = clips.reshape(b, t, 3, h / 2, 2, w / 2, 2).permute(0, 2, 4, 6, 1, 3, 5).reshape(b, Folded, t, h / 2, w / 2);
        x = enc_res.Forward(enc_in.Forward(x, cache), cache);
        var d = x.shape[1];
        // [B, D, T, H/2, W/2] -> [B, 8D, F, h, w]
        x = x.reshape(b, d, t / 2, 2, h / 4, 2, w / 4, 2).permute(0, 1, 3, 5, 7, 2, 4, 6).reshape(b, 8 * d, t / 2, h / 4, w / 4);
        x = enc_down.Forward(x, cache);
        foreach (var block in enc_mid) x = block.Forward(x, cache);
        var halves = enc_out.Forward(nn.functional.silu(enc_norm.call(x)), cache).chunk(2, 1);
        return (halves[0].MoveToOuterDisposeScope(), halves[1].clamp(-30, 20).MoveToOuterDisposeScope());
    }

    /// <summary>[B, c, F, h, w] to [B, T, 3, H, W]. With a <paramref name="cache"/> the latents continue those of the last call.</summary>
    internal Tensor Decode(Tensor latents, CausalCache? cache = null)
    {
        using var scope = NewDisposeScope();
        var (b, f, h, w) = (latents.shape[0], latents.shape[2], latents.shape[3], latents.shape[4]);
        var x = dec_in.Forward(latents, cache);
        foreach (var block in dec_mid) x = block.Forward(x, cache);
        x = dec_up.Forward(x, cache);
        var d = x.shape[1] / 8;
        // [B, 8D, F, h, w] -> [B, D, T, H/2, W/2]
        x = x.reshape(b, d, 2, 2, 2, f, h, w).permute(0, 1, 5, 2, 6, 3, 7, 4).reshape(b, d, 2 * f, 2 * h, 2 * w);
        x = dec_out.Forward(nn.functional.silu(dec_norm.call(dec_res.Forward(x, cache))), cache);
        // [B, 12, T, H/2, W/2] -> [B, T, 3, H, W]
        return x.reshape(b, 3, 2, 2, 2 * f, 2 * h, 2 * w).permute(0, 4, 1, 5, 2, 6, 3).reshape(b, 2 * f, 3, 4 * h, 4 * w).MoveToOuterDisposeScope();
    }
}
